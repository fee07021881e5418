/** Published cells: each is in its canonical form, compiles for both targets and has right derivatives. Networks of other examples are canonical. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { check, checkGradients, format } from "../../compiler/index.js";

const folder = join(import.meta.dirname, "../../examples/gallery");
const files = readdirSync(folder).filter((name) => name.endsWith(".cell"));

/** The cell of a file that is shown: those before it are its parts. */
const cellOf = (text: string): string => [...text.matchAll(/^cell (\w+)/gmu)].pop()?.[1] ?? "";

/** Small, as rounds are written out. */
const sizes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "alif.cell": { I: 1, H: 1 },
  "clockwork.cell": { I: 1, G: 2, K: 1 },
  "conv-lstm.cell": { Y: 2, X: 3, I: 1, F: 2, K: 3 },
  "dnc.cell": { I: 1, H: 1, N: 2, W: 1, O: 1 },
  "equaliser.cell": { B: 2 },
  "exprnn.cell": { I: 1, H: 2 },
  "holt-winters.cell": { M: 2 },
  "hyperlstm.cell": { I: 1, H: 2, K: 1, Z: 1 },
  "kalman.cell": { N: 2, M: 2 },
  "lmu.cell": { I: 1, N: 2, H: 2 },
  "ltc.cell": { I: 2, H: 2, unfolds: 2 },
  "ntm.cell": { I: 2, H: 2, N: 3, M: 2, O: 1 },
  "retnet.cell": { I: 2, N: 2, D: 1 },
  "reverb.cell": { A: 1, B: 2, C: 3, D: 2 },
  "rwkv7.cell": { N: 2, D: 2, L: 1 },
  "scornn.cell": { I: 1, H: 2 },
  "stack-rnn.cell": { I: 1, H: 2, R: 1 },
  "titans.cell": { I: 2, D: 2, F: 2 },
};

it("is listed", () => {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  for (const name of files) expect(readme).toContain(`(${name})`);
});

it.each(files)("%s", async (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  expect(check(text, { file: name }).diagnostics).toEqual([]);
  expect(format(text).text).toBe(text);
  const cell = cellOf(text);
  const dimensions = sizes[name];
  const report = await checkGradients(text, {
    cell,
    seed: 3,
    runs: 1,
    coordinates: 1,
    precisions: ["f64"],
    ...(dimensions && { dimensions }),
  });
  const failed = report.tensors.flatMap(({ name: tensor, methods }) => methods.flatMap((m) => (m.passed ? [] : [`${tensor} ${m.method}`]))); // prettier-ignore
  expect(failed).toEqual([]);
});

it.each(["spam/spam.cell", "pronounce/pronounce.cell", "moby-dick/letters.cell"])("%s", (name) => {
  const text = readFileSync(join(folder, "..", name), "utf8");
  expect(check(text, { file: name }).diagnostics).toEqual([]);
  expect(format(text).text).toBe(text);
});
