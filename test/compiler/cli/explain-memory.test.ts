/** `recell explain --memory`: segments of a long sequence, and what they cost. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, test } from "vitest";
import { readMemory } from "../../../compiler/cli/explain-memory.js";
import { cell } from "../../../compiler/index.js";
import { openSegments } from "../../../runtime/index.js";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "cells.cell");
const source = `
cell Leaky(H) { input x: [H] state h: [H] param W: [H, H] ~ zeros h' = tanh(W @ (h + x)) output y = h' }
network Ahead(; T) { input x: [T] param a: [] ~ zeros output y = a * reverse(x) }
`;
writeFileSync(file, source);
const explain = (...more: string[]) => recell("explain", file, ...more);
const leaky = (...more: string[]) => explain("--cell", "Leaky", "-d", "H=8", ...more);

test("the plan is that of openSegments", async () => {
  const { code, out } = await leaky("--memory", "1MB", "--steps", "50000", "--batch", "2", "--json");
  const { segment, count, bytes, factor, whole } = JSON.parse(out) as Record<string, number>;
  const module = await cell(source, { cell: "Leaky", dimensions: { H: 8 }, segments: true });
  const long = openSegments(module, { batch: 2, steps: 50_000, maxBytes: 1e6 });
  expect([code, segment, count, bytes]).toEqual([0, long.segment, long.count, long.bytes]);
  expect(whole).toBe(openSegments(module, { batch: 2, steps: 50_000 }).bytes);
  // Forwards one product, backwards two.
  expect(factor).toBeGreaterThan(1.2);
  expect(factor).toBeLessThan(1.4);
});

test("gradients by params alone take less", async () => {
  const bytes = async (...more: string[]): Promise<number> => (JSON.parse((await leaky("--memory", "1GB", "--steps", "10000", "--json", ...more)).out) as { whole: number }).whole; // prettier-ignore
  expect(await bytes("--gradient", "params")).toBeLessThan(await bytes());
});

test("what fits as a whole is not cut", async () => {
  const { out } = await leaky("--memory", "1GB", "--steps", "1000");
  expect(out).toMatch(/^Leaky, the gradient of 1,000 steps in 1GB\n[^]*one segment, of all steps\n[^]*nothing is computed twice\n$/u);
}); // prettier-ignore

it.each<[string[], number, RegExp]>([
  [["--memory", "1kB"], 1, /^recell: .*cells\.cell: segments of \d+ steps take the least, \d+ bytes, more than the 1000 that there may be\n$/u],
  [["--memory", "lots"], 2, /--memory is a number of bytes such as 64MB or 1\.5GiB, got "lots"/u],
  [["--steps", "3"], 2, /--steps goes with --memory/u],
  [["--memory", "1MB", "--after", "kernels"], 2, /--memory does not go with --after; give one of them/u],
  [["--memory", "1MB", "--latex"], 2, /--memory does not go with --latex; give one of them/u],
  [["--memory", "1MB", "--segments"], 2, /--memory is always of segments: leave out --segments/u],
  [["--segments", "--no-gradient"], 2, /--segments are of the gradient: leave out --no-gradient/u],
  [["--segments", "--latex"], 2, /--latex writes one step, which has no segments; leave out --segments/u],
  [["--memory", "1MB", "--no-gradient"], 2, /--memory is of the gradient: leave out --no-gradient/u],
])("%j", async (options, code, message) => {
  const result = await leaky(...options);
  expect([result.code, result.error]).toEqual([code, expect.stringMatching(message)]);
}); // prettier-ignore

test("what cannot be cut is told", async () => {
  const { code, error } = await explain("--cell", "Ahead", "--memory", "1MB");
  expect(code).toBe(1);
  expect(error).toContain("error[no-segments]: the gradient cannot be computed in segments: `y` goes from the last element to the first");
}); // prettier-ignore

test.each([
  ["64MB", 64e6],
  ["1.5GiB", 1.5 * 2 ** 30],
  ["100", 100],
  ["3 kB", 3000],
])("%s", (text, bytes) => {
  expect(readMemory(text)).toBe(bytes);
});
