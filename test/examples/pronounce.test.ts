/** The pronunciation example at a small size, on a language with a few rules. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { distance, readWords } from "../../examples/pronounce/data.js";
import { runJob } from "../../examples/pronounce/job.js";
import { createRandom } from "../../runtime/index.js";

it("learns rules that a letter alone does not tell", async () => {
  const random = createRandom(1);
  const syllables: Readonly<Record<string, string>> = { ta: "T AA1", ti: "T IH0", cha: "CH AA1", ca: "K AA1", she: "SH EH2", se: "S EH0", hi: "HH IH1" }; // prettier-ignore
  const dictionary: Record<string, string> = {};
  for (let i = 0; i < 900; i++) {
    const parts = Array.from({ length: 1 + random.integer(4) }, () => Object.keys(syllables)[random.integer(7)]!);
    dictionary[parts.join("")] = parts.map((part) => syllables[part]!).join(" ");
  }
  const out = mkdtempSync(join(tmpdir(), "recell-pronounce-"));
  try {
    const said: string[] = [];
    const words = readWords(dictionary, 1);
    const result = await runJob({ ...words, heldOut: 60, beamed: 12, dimensions: { E: 8, H: 24, A: 8 }, batch: 16, updates: 300, seed: 1, out, say: (line) => said.push(line) }); // prettier-ignore
    expect(result.greedy.errors).toBeLessThan(0.1);
    expect(result.alone.errors).toBeGreaterThan(0.15);
    expect(result.beamFew.errors).toBeLessThan(0.15);
    expect(result.same).toBe(true);
    expect(said.join("\n")).toContain("phonemes wrong");
    expect(readFileSync(join(out, "attention.svg"), "utf8")).toMatch(/^(?![^]*(?:NaN|undefined))<svg /u);
  } finally {
    rmSync(out, { recursive: true });
  }
});

it("reads several ways to say a word, without stress", () => {
  const { words, phonemes } = readWords({ read: "R EH1 D", "read(2)": "R IY1 D # past", "a.": "EY1", x: "EH1 K S" }, 1);
  expect(words.map(({ text, said }) => [text, said.map((way) => way.map((k) => phonemes[k]).join(" "))])).toEqual([["read", ["R EH D", "R IY D"]]]); // prettier-ignore
  expect([distance([1, 2, 3], [1, 3]), distance([], [1, 2]), distance([1, 2], [2, 2, 1])]).toEqual([1, 2, 2]);
});
