/** Derivatives of the linear algebra of std/linear against formulas of small matrices: gradient, direction, second derivatives. */
import { describe, it } from "vitest";
import { expectAtPoints, kinds, type PointRow } from "../../../support/point-derivatives.js";

const imports = 'import { solve, det, log_det, solve_lower, solve_upper, cholesky, expm } from "std/linear"';

const rows: readonly (readonly [string, PointRow])[] = [
  [
    "solve, exchanging rows: 2 / x",
    {
      expression: "solve([[0, x], [p, 1]], [2, 0])[1]",
      at: { x: 2, p: 3 },
      value: 1,
      gradient: -1 / 2,
      second: 1 / 2,
      mixed: 0,
    },
  ],
  [
    "solve of a matrix, exchanging rows: 2 / x + (p - 2 / x) / p",
    {
      expression:
        "sum(solve([[0, x], [p, 1]], [[2, 2], [0, p]]), axis = 1)[1] / 2 + solve([[0, x], [p, 1]], [[2, 2], [0, p]])[0, 1]",
      at: { x: 2, p: 4 },
      value: 7 / 4,
      gradient: -3 / 8,
      second: 3 / 8,
      mixed: -1 / 32,
    },
  ],
  [
    "solve_lower of a matrix: (3 - x / p) / x and (1 - x) / x",
    {
      expression: "sum(solve_lower([[p, p], [x, x]], [[1, p], [3, 1]])[1])",
      at: { x: 2, p: 1 },
      value: 0,
      gradient: -1,
      second: 1,
      mixed: 0,
    },
  ],
  [
    "solve_upper of a matrix: (3 - x / p) / x and (1 - x) / x",
    {
      expression: "sum(solve_upper([[x, x], [p, p]], [[3, 1], [1, p]])[0])",
      at: { x: 2, p: 1 },
      value: 0,
      gradient: -1,
      second: 1,
      mixed: 0,
    },
  ],
  [
    "det: 2 p - x³",
    { expression: "det([[p, x * x], [x, 2]])", at: { x: 2, p: 3 }, value: -2, gradient: -12, second: -12 },
  ],
  [
    "log_det: log |p - x²|",
    {
      expression: "log_det([[p, x], [x, 1]])",
      at: { x: 2, p: 6 },
      value: Math.LN2,
      gradient: -2,
      second: -5,
      mixed: 1,
    },
  ],
  [
    "solve_lower, which does not read above the diagonal: (3 - x / p) / x",
    {
      expression: "solve_lower([[p, p], [x, x]], [1, 3])[1]",
      at: { x: 2, p: 1 },
      value: 1 / 2,
      gradient: -3 / 4,
      second: 3 / 4,
      mixed: 0,
    },
  ],
  [
    "solve_upper, which does not read below it: (3 - x / p) / x",
    {
      expression: "solve_upper([[x, x], [p, p]], [3, 1])[0]",
      at: { x: 2, p: 1 },
      value: 1 / 2,
      gradient: -3 / 4,
      second: 3 / 4,
      mixed: 0,
    },
  ],
  [
    "cholesky: √(p - x²)",
    {
      expression: "cholesky([[1, x], [x, p]])[1, 1]",
      at: { x: 3, p: 13 },
      value: 2,
      gradient: -3 / 2,
      second: -13 / 8,
      mixed: 3 / 16,
    },
  ],
];

// The targets compute the same bits, which others hold: so each row is compiled for one.
describe.each(kinds.map((kind, i) => [i, kind] as const))("%i", (part, kind) => {
  const own = rows.filter((_, i) => i % 2 === part);
  it.each(own)(`on ${kind.target} in ${kind.dtype}: %s`, async (_what, row) => {
    await expectAtPoints([row], kind, "x", imports);
  });
});

it("expm of a turn by x is made of its sine and cosine", async () => {
  const [sine, cosine] = [Math.sin(0.7), Math.cos(0.7)];
  const row = {
    expression: "expm([[0, -x], [x, 0]])[1, 0]",
    at: { x: 0.7 },
    value: sine,
    gradient: cosine,
    second: -sine,
  };
  await expectAtPoints([row], kinds[1], "x", imports);
});
