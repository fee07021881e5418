/** Every cell of `std/` and of the examples, but those of papers and the networks, which have tests of their own, passes the gradient check at two random sizes, those of the examples at one, more when fuzzing, in float64 and in float32. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check, checkGradients } from "../../compiler/index.js";
import { isFuzzing } from "../support/fuzz.js";
import { publishedCells } from "../support/published-cells.js";

const root = join(import.meta.dirname, "../..");

const files = ["compiler/language/std", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".cell") && !/^(gallery|networks)/u.test(name))
    .filter((name) => !Object.hasOwn(publishedCells, name.replace(/\.cell$/u, "")))
    .map((name) => join(folder, name)),
);

const cells = files.flatMap((file) => {
  const text = readFileSync(join(root, file), "utf8");
  return check(text, { file }).cells.map(({ name }) => ({ file, name, text }));
});

const often = (file: string): number => (file.startsWith("examples") ? 1 : 2);

describe("of every cell", () => {
  it.each(cells)("$name of $file", async ({ file, name, text }) => {
    const report = await checkGradients(text, {
      file,
      cell: name,
      seed: 1,
      runs: isFuzzing ? 10 : often(file),
      coordinates: 1,
    });
    const failed = report.tensors.flatMap(({ name: tensor, methods }) =>
      methods.filter(({ passed }) => !passed).map(({ precision, method }) => `${tensor}: ${precision} ${method}`),
    );
    expect([failed, report.fault]).toEqual([[], undefined]);
    expect(report.passed).toBe(true);
  });

  it("there are as many as there should be", () => {
    expect(files.length).toBeGreaterThanOrEqual(19);
    expect(cells.length).toBeGreaterThanOrEqual(33);
  });
});
