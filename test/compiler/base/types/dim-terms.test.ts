/** Sums of terms have one form, whatever they are written as. */
import { expect, it, test } from "vitest";
import {
  type DimTerm,
  greatestCommonDivisor,
  multiplyTerms,
  normalize,
  termKey,
} from "../../../../compiler/base/types/dim-terms.js";

const term = (numerator: number, powers: DimTerm["powers"] = [], denominator = 1): DimTerm => ({
  numerator,
  denominator,
  powers,
});

test.each<[string, readonly DimTerm[], string]>([
  ["nothing", [], ""],
  ["a zero", [term(0, [["H", 1]])], ""],
  ["a number", [term(4)], "4/1:"],
  ["a symbol", [term(1, [["H", 1]])], "1/1:H"],
  ["a fraction", [term(2, [["H", 1]], -4)], "-1/2:H"],
  ["a symbol below", [term(3, [["H", -1]])], "3/1:H^-1"],
  ["symbols in another order", [term(1, [["T", 1], ["H", 2]])], "1/1:H^2*T"],
  ["like terms", [term(1, [["H", 1]]), term(1, [["H", 1]], 2)], "3/2:H"],
  ["terms that cancel", [term(1, [["H", 1]]), term(-1, [["H", 1]]), term(5)], "5/1:"],
  ["terms in another order", [term(1, [["T", 1]]), term(2), term(1, [["H", 1]])], "2/1:+1/1:H+1/1:T"],
])("%s", (_, terms, key) => {
  const made = normalize(terms);
  expect(made.key).toBe(key);
  expect(normalize(made.terms)).toEqual(made);
  // One of them beside a zero goes the long way round.
  expect(normalize([...terms, term(0)])).toEqual(made);
}); // prettier-ignore

it("multiplies powers, of which those that cancel are left out", () => {
  const product = multiplyTerms(term(2, [["H", 1], ["T", -1]]), term(3, [["T", 1], ["H", 1]], 4)); // prettier-ignore
  expect([termKey(product), product.numerator, product.denominator]).toEqual(["H^2", 6, 4]);
});

it("ends with what is no number", () => {
  expect([greatestCommonDivisor(12, 18), greatestCommonDivisor(0, 0), greatestCommonDivisor(3, NaN)]).toEqual([
    6, 1, 3,
  ]);
});
