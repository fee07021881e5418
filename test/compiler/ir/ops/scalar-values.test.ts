/** Scalar operations where they are easily wrong: at ties, zeros, infinities and far out. */
import { expect, test } from "vitest";
import type { ScalarOp } from "../../../../compiler/ir/ops/scalar-ops.js";
import { scalarValues } from "../../../../compiler/ir/ops/scalar-values.js";

test.each<[ScalarOp, readonly number[], number]>([
  ["round", [0.5], 0],
  ["round", [1.5], 2],
  ["round", [-2.5], -2],
  ["pow", [1, NaN], 1],
  ["pow", [-1, Infinity], 1],
  ["pow", [NaN, 0], 1],
  ["sigmoid", [-800], 0],
  ["sigmoid", [800], 1],
  ["softplus", [800], 800],
  ["softplus", [-800], 0],
  ["strong_mul", [0, Infinity], 0],
  ["strong_mul", [0, NaN], 0],
  ["mul", [0, Infinity], NaN],
  ["strong_div", [0, 0], 0],
  ["div", [0, 0], NaN],
  ["select", [1, 2, NaN], 2],
  ["select", [0, NaN, 3], 3],
  ["clamp", [5, 0, 1], 1],
  ["eq", [NaN, NaN], 0],
  ["ne", [NaN, NaN], 1],
  ["and", [2, 3], 1],
  ["or", [0, 0], 0],
  ["max", [NaN, 1], NaN],
])("%s of %j is %d", (op, operands, value) => {
  expect(scalarValues[op](...operands)).toBe(value);
});

test("sigmoid is symmetric to the last bits", () => {
  for (const x of [0.3, 2, 17]) expect(scalarValues.sigmoid(x) + scalarValues.sigmoid(-x)).toBeCloseTo(1, 15);
});
