/** Ranges of a gradient check, as the command takes them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-gradcheck-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "narrow.cell");
writeFileSync(file, "cell Narrow { input x: real state h: real = 9 h' = h output y = log(x - 4) + sqrt(h - 5) }");
const args = ["gradcheck", file, "--seed", "1", "--runs", "1", "--dtype", "f64"];

test("draws within ranges, without which there are no values", async () => {
  const { code, out, error } = await recell(...args);
  expect([code, out]).toEqual([1, ""]);
  expect(error).toMatch(
    /y not finite at any of 10 .*they are not from `(?:log|sqrt)` in y on, .*narrow\.cell:1:\d+\)\n$/u,
  );
  expect(await recell(...args, "--range", "x=4.1:5,h=6:7")).toMatchObject({ code: 0, error: "" });
});

test.each([
  [
    ["--range", "x=2:1"],
    /--range takes NAME=LEAST:MOST, the smaller number first, as in --range x=0\.1:2, or NAME=spd; got "x=2:1"/u,
  ],
  [["--range", "x=1"], /--range takes NAME=LEAST:MOST/u],
  [["--range", "x=0:1", "--range", "x=0:2"], /--range x is given twice/u],
  [["--range", "z=0:1"], /narrow\.cell: a range is given for z, and Narrow has no input, context, param or state/u],
])("%j is wrong use, exit code 2", async (more, message) => {
  const { code, out, error } = await recell(...args, ...more);
  expect([code, out]).toEqual([2, ""]);
  expect(error).toMatch(message);
});
