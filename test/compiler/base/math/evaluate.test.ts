/** The primitives at the numbers at which processors and languages differ. */
import { expect, test } from "vitest";
import { evaluateExpr, evaluateFunction } from "../../../../compiler/base/math/evaluate.js";
import { f64, parameter, primitive, type PrimitiveOp, scalarFunction } from "../../../../compiler/base/math/expr.js";

test.each<[PrimitiveOp, readonly number[], number]>([
  ["nearest", [2.5], 2],
  ["nearest", [3.5], 4],
  ["nearest", [-0.4], -0],
  ["nearest", [2 ** 52 + 1], 2 ** 52 + 1],
  ["floor", [-0.5], -1],
  ["min", [NaN, 1], NaN],
  ["min", [1, NaN], 1],
  ["max", [1, NaN], 1],
  ["min", [0, -0], 0],
  ["copysign", [3, -0], -3],
  ["copysign", [-3, 0], 3],
  ["pow2", [-1023], 0],
  ["pow2", [1024], Infinity],
  ["pow2", [10], 1024],
  ["flipWhereOdd", [5, 3], -5],
  ["flipWhereOdd", [5, 4], 5],
  ["exponent", [12], 3],
  ["mantissa", [12], 1.5],
])("%s of %j is %d", (op, operands, value) => {
  expect(evaluateExpr(primitive(op, ...operands.map(f64)), new Map())).toBe(value);
});

test("a function of float32 rounds what it is given and what it gives", () => {
  const double = scalarFunction("double", "f32", ["x"], (x) => primitive("add", x!, x!));
  expect(evaluateFunction(double, 0.1)).toBe(2 * Math.fround(0.1));
  expect(() => evaluateFunction(double)).toThrow("double takes 1 arguments");
});

test("what is used twice is computed once, and needs a value", () => {
  const x = parameter("f64", "x");
  const square = primitive("mul", x, x);
  expect(evaluateExpr(primitive("add", square, square), new Map([[x, 3]]))).toBe(18);
  expect(() => evaluateExpr(square, new Map())).toThrow("a parameter has no value");
});
