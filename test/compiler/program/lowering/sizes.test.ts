/** Cells whose rounds go by a dimension, where nobody has given it a size: every tool takes them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { recell } from "../../../support/command-line.js";

const deep = `cell Deep(H, L, M = 2 * L) {
  input x: [H]
  state h: [H]
  param W: [L, H, H]

  r  = x + h then tanh(W[k] @ r) for k < L
  s  = r then 0.5 * s + x for M
  h' = s

  output y = h'
}
`;

const folder = mkdtempSync(join(tmpdir(), "recell-rounds-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "deep.cell");
writeFileSync(file, deep);

test("they are assumed for rounds alone, by the default where there is one", () => {
  const { cell, openDimensions } = lowerSource(deep, {}, "symbolic");
  expect([...(cell?.dimensions ?? [])].sort()).toEqual([
    ["L", 2],
    ["M", 4],
  ]);
  expect(openDimensions).toEqual(["H", "L", "M"]);
  const given = lowerSource(deep, { dimensions: { L: 3 } }, "symbolic");
  expect([...(given.cell?.dimensions ?? [])].sort()).toEqual([
    ["L", 3],
    ["M", 6],
  ]);
});

test("a run-time size is still refused", () => {
  const text = "cell A(H) { input x: [H] context m: [S, H] r = x then r + m[0] for S output y = r }";
  expect(lowerSource(text, {}, "symbolic").diagnostics.map(({ code }) => code)).toEqual(["run-time-dimension"]);
});

test("`explain` says which it took, `gradcheck` draws them, `diagnose` takes those given", async () => {
  const explained = await recell("explain", file);
  expect([explained.code, explained.error]).toEqual([0, expect.stringContaining("here with L = 2, M = 4")]);
  const given = await recell("explain", file, "-d", "L=1", "-d", "M=1", "--equations");
  expect([given.code, given.error]).toEqual([0, ""]);
  const checked = await recell("gradcheck", file, "--runs", "1", "--dtype", "f64");
  expect([checked.code, checked.out]).toEqual([0, expect.stringContaining("the derivatives agree")]);
  const sizes = ["-d", "H=3", "-d", "L=2", "-d", "M=1"];
  expect((await recell("diagnose", file, ...sizes, "--steps", "8")).code).toBe(0);
});
