/** The layout of loops is read through `ir/graph/scan.ts`: nothing else counts places of what they carry. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sourceFiles } from "../support/source-imports.js";

const root = join(import.meta.dirname, "../..");
/** A comparison with the count, of a scan or by itself, a part of a list up to it or from it on, a sum with it. */
const counting =
  /(?:(?<!=)[<>]=?|===) *(?:[\w.]*\.)?carried\b(?!\.)|\.(?:slice|indexOf)\([^)]*\bcarried\b(?!\.)|\bcarried *(?:[-+](?!=)|[<>]|===)|\bcarried\.length *[-+]/u;
/** What counts them, and where a gradient is what is carried. */
const others = ["compiler/ir/graph/scan.ts", "compiler/tools/diagnose/main-way.ts"];

it("no file counts what a loop carries", () => {
  const lines = sourceFiles(["compiler"])
    .filter((path) => path.endsWith(".ts") && !others.includes(path))
    .flatMap((path) =>
      readFileSync(join(root, path), "utf8")
        .split("\n")
        .map((line) => ({ path, line })),
    );
  const found = lines.filter(({ line }) => counting.test(line)).map(({ path, line }) => `${path}: ${line.trim()}`);
  expect(found).toEqual([]);
});

it("what counts is seen", () => {
  const some = [
    "i < scan.carried ? a : b",
    "operands.slice(0, operation.carried)",
    "at(results, carried.length + i)",
    "for (let i = 0; i < carried; i++)",
    "outputs.indexOf(id, carried)",
    "at(results, carried + i)",
  ];
  expect(some.filter((line) => !counting.test(line))).toEqual([]);
});
