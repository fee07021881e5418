/** Commands that take networks, and those that say that they take cells. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-networks-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "both.cell");
writeFileSync(
  file,
  'import { Bidirectional } from "std/network"\nimport { SimpleRNN } from "std/simple-rnn"\nnetwork Both = Bidirectional(SimpleRNN)\n',
);
const sizes = ["-d", "I=2", "-d", "H=3"];

test("bench has no steps to count", async () => {
  const steps = await recell("bench", file, ...sizes, "--steps", "5");
  expect([steps.code, steps.error]).toEqual([2, expect.stringContaining("calls of Both have no --steps; --dim gives")]);
});

test("explain shows loops, and no step of a cell", async () => {
  expect((await recell("explain", file)).out).toMatch(/before the loop, all steps at once\n +products +2,/u);
  expect((await recell("explain", file, "--after", "lower")).out).toMatch(/^func forward\(/u);
  for (const option of ["--latex", "--equations"]) {
    const none = await recell("explain", file, option);
    expect([none.code, none.error]).toEqual([
      2,
      expect.stringContaining("writes the step of a cell, and Both is no cell"),
    ]);
  }
});

test("diagnose says that it takes cells", async () => {
  const none = await recell("diagnose", file, ...sizes);
  expect([none.code, none.error]).toEqual([2, expect.stringContaining("from step to step, and Both is no cell")]);
});

test("check says of each network whether it streams", async () => {
  const streams = join(folder, "streams.cell");
  writeFileSync(
    streams,
    `import { Bidirectional } from "std/network"
import { SimpleRNN } from "std/simple-rnn"
network Ahead(H; T) { input x: [T, H] use c = SimpleRNN(H, H) output y = c(before(x, 0)) }
network Both(H; T) { input x: [T, H] use c = Bidirectional(SimpleRNN, H, H) z = c(x) output y = 2 * z }
network Alone(H; T) { input x: [T, H] loss = sum(x, axis = [0, 1]) }
network Parts(H; T) { input x: [T, H] y = after(x, 0) z = y + 1 entry all = z entry last = z given y }
`,
  );
  const { code, out } = await recell("check", "--streams", streams);
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => line.replace(/ \(.*(?:network|streams)\.cell:\d+:\d+\)$/u, " (there)"))).toEqual(
    [
      "Ahead streams along T",
      "Both does not stream along T: `y`, made of `z`, which goes from the last element to the first (there)",
      "Alone: sizes, or outputs, are missing that would tell whether it streams",
      "Parts: sizes, or outputs, are missing that would tell whether it streams",
      "Parts.all does not stream along T: `z`, made of `y`, which looks an element ahead (there)",
      "Parts.last streams along T",
      "",
    ],
  );
  const json = JSON.parse((await recell("check", "--streams", "--json", streams)).out) as Record<string, unknown>[];
  expect(json[0]).toEqual({ file: streams, network: "Ahead", stream: "T" });
  expect(json[1]).toMatchObject({ network: "Both", obstacle: { output: "y", axis: "T", path: ["z"] } });
});

test("explain shows entries with names beside the whole", async () => {
  const parts = join(folder, "parts.cell");
  writeFileSync(
    parts,
    "network Parts(H; T) { input x: [T, H] y = after(x, 0) output z = before(y, 0) + 1 entry last = z given y }\n",
  );
  expect((await recell("explain", parts)).out).toMatch(/^forward\n[^]*\nlast\$forward\n/mu);
  const { out } = await recell("explain", parts, "--after", "stream-states");
  expect(out).toMatch(
    /^func forward\([^]*^func "last\$forward"\(%initial\.z: real\[1, H\], %input\.y: real\[T, H\]\)/mu,
  );
  const steps = await recell("explain", parts, "-d", "H=2", "--after", "memory");
  expect(steps.out).toMatch(/^kernel "last\$step" of one T/mu);
});
