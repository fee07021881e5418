/** Values and derivatives at the edges of what functions are defined on, and where they overflow: the table in spec/autodiff.md. */
import { describe, it } from "vitest";
import { expectAtPoints, kinds, type PointRow } from "../../../support/point-derivatives.js";

/** Value, gradient and second derivative. */
type Numbers = readonly [value: number, gradient: number, second: number];

const inf = Infinity;
const nothing: Numbers = [NaN, NaN, NaN];

/** At 0, at 1e4 and -1e4, at inf and -inf. */
const functions: Readonly<Record<string, readonly [Numbers, Numbers, Numbers, Numbers, Numbers]>> = {
  "sqrt(x)": [[0, inf, -inf], [100, 0.005, -2.5e-7], nothing, [inf, 0, 0], nothing],
  "x ^ 0.5": [[0, inf, -inf], [100, 0.005, -2.5e-7], nothing, [inf, 0, 0], nothing],
  "log(x)": [
    [-inf, inf, -inf],
    [Math.log(1e4), 1e-4, -1e-8],
    [NaN, -1e-4, -1e-8],
    [inf, 0, 0],
    [NaN, 0, 0],
  ],
  "log1p(x - 1)": [
    [-inf, inf, -inf],
    [Math.log(1e4), 1e-4, -1e-8],
    [NaN, -1e-4, -1e-8],
    [inf, 0, 0],
    [NaN, 0, 0],
  ],
  "1 / x": [
    [inf, -inf, NaN],
    [1e-4, -1e-8, 2e-12],
    [-1e-4, -1e-8, -2e-12],
    [0, 0, 0],
    [0, 0, 0],
  ],
  "exp(x)": [
    [1, 1, 1],
    [inf, inf, NaN],
    [0, 0, 0],
    [inf, inf, NaN],
    [0, 0, 0],
  ],
  "expm1(x)": [
    [0, 1, 1],
    [inf, inf, NaN],
    [-1, 0, 0],
    [inf, inf, NaN],
    [-1, 0, 0],
  ],
  "square(x)": [
    [0, 0, 2],
    [1e8, 2e4, 2],
    [1e8, -2e4, 2],
    [inf, inf, NaN],
    [inf, -inf, NaN],
  ],
  "tanh(x)": [
    [0, 1, 0],
    [1, 0, 0],
    [-1, 0, 0],
    [1, 0, 0],
    [-1, 0, 0],
  ],
  "sigmoid(x)": [
    [0.5, 0.25, 0],
    [1, 0, 0],
    [0, 0, 0],
    [1, 0, 0],
    [0, 0, 0],
  ],
  "softplus(x)": [
    [Math.LN2, 0.5, 0.25],
    [1e4, 1, 0],
    [0, 0, 0],
    [inf, 1, 0],
    [0, 0, 0],
  ],
  "erf(x)": [
    [0, 2 / Math.sqrt(Math.PI), 0],
    [1, 0, 0],
    [-1, 0, 0],
    [1, 0, 0],
    [-1, 0, 0],
  ],
  "elu(x)": [
    [0, 1, 1],
    [1e4, 1, 0],
    [-1, 0, 0],
    [inf, 1, 0],
    [-1, 0, 0],
  ],
  "relu(x)": [
    [0, 0, 0],
    [1e4, 1, 0],
    [0, 0, 0],
    [inf, 1, 0],
    [0, 0, 0],
  ],
  "gelu(x)": [[0, 0.5, Math.sqrt(2 / Math.PI)], [1e4, 1, 0], [0, 0, 0], [inf, NaN, NaN], nothing],
  "silu(x)": [[0, 0.5, 0.5], [1e4, 1, 0], [0, 0, 0], [inf, NaN, NaN], nothing],
  "abs(x)": [
    [0, 0, 0],
    [1e4, 1, 0],
    [1e4, -1, 0],
    [inf, 1, 0],
    [inf, -1, 0],
  ],
  "sin(1 / x)": [
    nothing,
    [Math.sin(1e-4), -1e-8 * Math.cos(1e-4), 2e-12 * Math.cos(1e-4) - 1e-16 * Math.sin(1e-4)],
    [-Math.sin(1e-4), -1e-8 * Math.cos(1e-4), 1e-16 * Math.sin(1e-4) - 2e-12 * Math.cos(1e-4)],
    [0, 0, 0],
    [0, 0, 0],
  ],
};

/** Without a limit at inf, or with one that the quotient of infinities misses; 1e4 says nothing that others do not. */
const quotients: readonly (readonly [expression: string, x: number, ...Numbers])[] = [
  ["softsign(x)", 0, 0, 1, 0],
  ["softsign(x)", 1, 0.5, 0.25, -0.25],
  ["softsign(x)", inf, ...nothing],
  ["softsign(x)", -inf, ...nothing],
  ["tan(x)", 0, 0, 1, 0],
  ["tan(x)", Math.PI / 4, 1, 2, 4],
  ["tan(x)", inf, ...nothing],
  ["x / (1 + x)", 0, 0, 1, -2],
  ["x / (1 + x)", inf, ...nothing],
];

/** Of `x ^ p`: by x, by p, twice by x, by x and then p, by p and then x, twice by p. */
const powers: readonly (readonly [
  x: number,
  p: number,
  y: number,
  dx: number,
  dp: number,
  xx: number,
  xp: number,
  px: number,
  pp: number,
])[] = [
  [0, 0, 1, 0, 0, 0, inf, 0, 0],
  [0, 1, 0, 1, 0, 0, 1, 0, 0],
  [0, 2, 0, 0, 0, 2, 0, 0, 0],
  [0, 3, 0, 0, 0, 0, 0, 0, 0],
  [0, -1, inf, -inf, 0, inf, inf, 0, 0],
  [0, 0.5, 0, inf, 0, -inf, inf, 0, 0],
  ...[0, 1, 2, 3, -1, 0.5].map((p) => {
    const [log, mixed] = [Math.LN2, 2 ** (p - 1) * (1 + p * Math.LN2)];
    return [
      2,
      p,
      2 ** p,
      p * 2 ** (p - 1),
      2 ** p * log,
      p * (p - 1) * 2 ** (p - 2),
      mixed,
      mixed,
      2 ** p * log * log,
    ] as const;
  }),
  [-2, 0, 1, 0, NaN, 0, -0.5, NaN, NaN],
  [-2, 1, -2, 1, NaN, 0, NaN, NaN, NaN],
  [-2, 2, 4, -4, NaN, 2, NaN, NaN, NaN],
  [-2, 3, -8, 12, NaN, -12, NaN, NaN, NaN],
  [-2, -1, -0.5, -0.25, NaN, -0.25, NaN, NaN, NaN],
  [-2, 0.5, NaN, NaN, NaN, NaN, NaN, NaN, NaN],
];

describe.each(kinds)("on $target in $dtype", (kind) => {
  it("functions have the derivatives that are stated", async () => {
    const points = [0, 1e4, -1e4, inf, -inf];
    const rows = Object.entries(functions).flatMap(([expression, numbers]) =>
      numbers.map(([value, gradient, second], i) => ({
        expression,
        at: { x: points[i] as number },
        value,
        gradient,
        second,
      })),
    );
    const others = quotients.map(([expression, x, value, gradient, second]) => ({
      expression,
      at: { x },
      value,
      gradient,
      second,
    }));
    await expectAtPoints([...rows, ...others], kind);
  });

  it("powers have, by the base and by the exponent", async () => {
    const by = (pick: (row: (typeof powers)[number]) => Omit<PointRow, "expression" | "at" | "value">): PointRow[] =>
      powers.map((row) => ({ expression: "x ^ p", at: { x: row[0], p: row[1] }, value: row[2], ...pick(row) }));
    await expectAtPoints(
      by(([, , , gradient, , second, mixed]) => ({ gradient, second, mixed })),
      kind,
      "x",
    );
    await expectAtPoints(
      by(([, , , , gradient, , , mixed, second]) => ({ gradient, second, mixed })),
      kind,
      "p",
    );
  });
});
