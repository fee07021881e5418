/** The layout of loops is read through `ir/graph/scan.ts`: nothing else counts places of what they carry. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sourceFiles } from "../support/source-imports.js";

const root = join(import.meta.dirname, "../..");
/** A comparison with the count, a part of a list up to it, a sum with it. */
const counting =
  /(?:[<>]=?|===) *[\w.]*\.carried\b(?!\.)|\.slice\([^)]*\.carried\b(?!\.)|\.carried *(?:[-+](?!=)|[<>]|===)|\bcarried\.length *[-+]/u;

it("no file counts what a loop carries", () => {
  const lines = sourceFiles(["compiler"])
    .filter((path) => path.endsWith(".ts") && path !== "compiler/ir/graph/scan.ts")
    .flatMap((path) =>
      readFileSync(join(root, path), "utf8")
        .split("\n")
        .map((line) => ({ path, line })),
    );
  const found = lines.filter(({ line }) => counting.test(line)).map(({ path, line }) => `${path}: ${line.trim()}`);
  expect(found).toEqual([]);
});

it("what counts is seen", () => {
  const some = ["i < scan.carried ? a : b", "operands.slice(0, operation.carried)", "at(results, carried.length + i)"];
  expect(some.filter((line) => !counting.test(line))).toEqual([]);
});
