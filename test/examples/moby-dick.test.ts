/** The writing example at a small size, on a page of this project. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { numbersOf, plain, textOf } from "../../examples/moby-dick/data.js";
import { runJob } from "../../examples/moby-dick/job.js";
import { ngramBits } from "../../examples/moby-dick/n-gram.js";

it("learns which letters follow which", async () => {
  const page = plain(readFileSync(join(import.meta.dirname, "../../spec/networks.md"), "utf8"));
  const out = mkdtempSync(join(tmpdir(), "recell-letters-"));
  try {
    const said: string[] = [];
    const [learned, heldOut] = [page.slice(0, 12_000), page.slice(12_000, 15_000)];
    const result = await runJob({ learned, heldOut, dimensions: { E: 16, H: 32 }, epochs: 8, learningRate: 0.02, seed: 1, out, say: (line) => said.push(line) }); // prettier-ignore
    const letters = ngramBits(learned, heldOut, 1, 96).reduce((a, b) => a + b) / heldOut.length;
    expect(result.network).toBeLessThan(0.9 * letters);
    expect(result.both).toBeLessThan(result.network);
    expect(result.same).toBe(true);
    expect(said.join("\n")).toContain("Bits by letter");
    expect(readFileSync(join(out, "surprise.svg"), "utf8")).toMatch(/^(?![^]*(?:NaN|undefined))<svg /u);
  } finally {
    rmSync(out, { recursive: true });
  }
});

it("counts as Kneser and Ney do", () => {
  // Of `b`, `a`, `c` after whatever: b once (after a), a once (after b), c once (after a): all discounted by 1, so all is left to 1/4 each.
  const [, b] = ngramBits("abababac", "ab", 2, 4).map((bits) => 2 ** -bits);
  // After `a`: b three times, c once, and the discount is 1 / (1 + 2 * 0) = 1, half of what was seen is given away: 2/4 + 2/4 * 1/4.
  expect(b).toBeCloseTo(0.625, 12);
  // What was never seen is one of 96.
  for (const bits of ngramBits("abcabcabc", "xyz", 3, 96)) expect(bits).toBeCloseTo(Math.log2(96), 12);
});

it("has a number for every letter", () => {
  expect(plain("“Call me—\r\nIshmael.”\n\n\nSome  years\u00b6")).toBe('"Call me-- Ishmael."\nSome years\n');
  expect(textOf(numbersOf(" aZ~\n"))).toBe(" aZ~\n");
});
