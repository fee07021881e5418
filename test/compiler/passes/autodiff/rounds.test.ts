/** Derivatives of rounds that end by themselves, and of those that are implicit: gradient, direction, second derivatives. */
import { describe, it } from "vitest";
import { expectAtPoints, kinds, type PointRow } from "../../../support/point-derivatives.js";

// The equation is called `y0`. One cell for each.
const rows: readonly (readonly [string, "x" | "p", PointRow])[] = [
  [
    "rounds after the end, which are not numbers, count for nothing",
    "x",
    { expression: "x then sqrt(y0 - 1) for 5 until y0' <= 1", at: { x: 5, p: 0 }, value: 1, gradient: 1 / 8 },
  ],
  [
    "the solution of u = p u + x, by x",
    "x",
    {
      expression: "100 * x then p * y0 + x for 40 until abs(y0' - y0) < 1e-15 implicit",
      at: { x: 1.5, p: 0.25 },
      value: 2,
      gradient: 4 / 3,
      second: 0,
      mixed: 16 / 9,
    },
  ],
  [
    "the solution of u = p u + x, by p",
    "p",
    {
      expression: "0 then p * y0 + x for 40 until abs(y0' - y0) < 1e-15 implicit",
      at: { x: 1.5, p: 0.25 },
      value: 2,
      gradient: 8 / 3,
      second: 64 / 9,
      mixed: 16 / 9,
    },
  ],
  [
    "a root by Newton's method, wherever it begins",
    "x",
    {
      expression: "3 - x ^ 3 then y0 - (y0 ^ 3 + y0 - x) / (3 * y0 ^ 2 + 1) for 30 until abs(y0' - y0) < 1e-9 implicit",
      at: { x: 2, p: 0 },
      value: 1,
      gradient: 1 / 4,
      second: -6 / 64,
    },
  ],
  [
    "where rounds begin has no part in it",
    "x",
    { expression: "x ^ 2 then y0 for 3 until x < 0 implicit", at: { x: 3, p: 0 }, value: 9, gradient: 0, second: 0 },
  ],
];

describe.each(kinds)("on $target in $dtype", (kind) => {
  it.each(rows)("%s", async (_what, by, row) => {
    await expectAtPoints([row], kind, by);
  });
});
