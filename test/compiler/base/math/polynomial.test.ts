/** Three orders of one polynomial: the same numbers where nothing rounds, and chains as long as they say. */
import { expect, test } from "vitest";
import { evaluateExpr } from "../../../../compiler/base/math/evaluate.js";
import { isPrimitive, parameter, type ScalarExpr } from "../../../../compiler/base/math/expr.js";
import { estrin, horner, pairs } from "../../../../compiler/base/math/polynomial.js";

const x = parameter("f64", "x");
const schemes = { horner, pairs, estrin };
const names = Object.keys(schemes) as (keyof typeof schemes)[];

/** Operations one after the other. */
const depth = (e: ScalarExpr): number => (isPrimitive(e) ? 1 + Math.max(...e.operands.map(depth)) : 0);

test.each(names)("%s is the polynomial", (name) => {
  for (const coefficients of [
    [1, 2],
    [3, 0, 2],
    [1, -2, 3, -4],
    [1, 2, 3, 4, 5, 6, 7],
  ]) {
    for (const at of [-3, 0, 0.5, 2]) {
      const wanted = coefficients.reduce((sum, c, i) => sum + c * at ** i, 0);
      expect(evaluateExpr(schemes[name](x, coefficients), new Map([[x, at]]))).toBe(wanted);
    }
  }
});

test("chains", () => {
  const coefficients = [1, 2, 3, 4, 5, 6, 7, 8];
  expect(names.map((name) => depth(schemes[name](x, coefficients)))).toEqual([14, 8, 6]);
});

test.each(names)("%s needs two coefficients", (name) => {
  expect(() => schemes[name](x, [1])).toThrow("a polynomial needs at least two coefficients");
});
