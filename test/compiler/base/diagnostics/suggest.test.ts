import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { didYouMean, editDistance, suggest } from "../../../../compiler/base/diagnostics/suggest.js";

describe("suggest", () => {
  test.each([
    ["W_x", ["U_x", "W_h", "b"], "U_x"],
    ["sigmod", ["sigmoid", "tanh"], "sigmoid"],
    ["sofmtax", ["softmax", "softplus"], "softmax"],
    ["w_r", ["W_z", "W_r"], "W_r"],
    ["x", ["y", "h"], "y"],
    ["gate", ["output_weights"], undefined],
    ["tanh", [], undefined],
    ["tanh", ["tanh"], undefined],
    ["", ["a"], undefined],
  ])("%s of %j", (name, candidates, expected) => {
    expect(suggest(name, candidates)).toBe(expected);
  });

  test("as a help", () => {
    expect(didYouMean("sigmod", ["sigmoid"])).toBe("did you mean `sigmoid`?");
    expect(didYouMean("sigmod", ["tanh"])).toBe(undefined);
  });

  // Quadratic in the length of a word it would not end.
  test("long words and many names", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `name_${index}`.padEnd(60, "x"));
    expect(suggest("name_".padEnd(60, "x"), many)).toBe("name_0".padEnd(60, "x"));
    expect(suggest("x".repeat(1_000_000), many)).toBe(undefined);
  });
});

describe("edit distance", () => {
  test("known distances", () => {
    expect(editDistance("kitten", "sitting", 9)).toBe(3);
    expect(editDistance("ab", "ba", 9)).toBe(1);
    expect(editDistance("", "abc", 9)).toBe(3);
    expect(editDistance("abc", "xyz", 2)).toBe(2);
  });

  test("is symmetric, and zero for equal names alone", () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (left, right) => {
        const distance = editDistance(left, right, 99);
        expect(distance).toBe(editDistance(right, left, 99));
        expect(distance === 0).toBe(left === right);
        expect(editDistance(left, right, 3)).toBe(Math.min(distance, 3));
      }),
    );
  });
});
