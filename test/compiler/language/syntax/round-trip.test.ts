import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printSourceFile } from "../../../../compiler/language/syntax/print-ast.js";
import { arbitrarySourceFile } from "../../../support/arbitrary-ast.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { parseClean, withoutPlaces } from "../../../support/syntax.js";

describe("printing random trees", () => {
  test("parsing what was printed gives the same tree, and printing that the same text", () => {
    fc.assert(
      fc.property(arbitrarySourceFile, (tree) => {
        const text = printSourceFile(tree);
        const again = parseClean(text);
        expect(withoutPlaces(again)).toEqual(withoutPlaces(tree));
        expect(printSourceFile(again)).toBe(text);
      }),
      fuzzParameters(1500),
    );
  });

  test("a printed tree has no line breaks where parsing could end an item", () => {
    fc.assert(
      fc.property(arbitrarySourceFile, (tree) => {
        for (const line of printSourceFile(tree).split("\n")) expect(line).toBe(line.trimEnd());
      }),
      fuzzParameters(200),
    );
  });
});
