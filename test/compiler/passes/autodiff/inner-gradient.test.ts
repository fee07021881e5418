/** Derivatives inside of a cell, against formulas and against themselves written out. */
import { describe, expect, it } from "vitest";
import { evaluate, lower, tryLower } from "../../program/support.js";

const x = [0.5, -1.25];
const W = [0.3, -0.7, 1.1, 0.2];

function valuesOf(
  items: string,
  given: Record<string, readonly number[]> = {},
  warnings: readonly string[] = [],
): Record<string, number[]> {
  const text = `fn cube(v: [n]): real { return sum(v * v * v) } fn slope(v: [n]): [n] { e = cube(v) return gradient(e, by = v) }
    cell A(H) { input x: [H] param W: [H, H] ${items} }`;
  const { cell, codes } = tryLower(text, { H: 2 }, {});
  expect(codes).toEqual(warnings);
  const results = evaluate(cell!.step, { x, W, ...given });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...data]]));
}

function expectClose(actual: readonly number[] | undefined, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual![i]).toBeCloseTo(value, 12);
}

describe("gradient", () => {
  it("of a polynomial, by an input", () => {
    expectClose(
      valuesOf("output y = gradient(cube(x), by = x)")["y"],
      x.map((v) => 3 * v * v),
    );
  });

  it("by a param, of each example", () => {
    const { y } = valuesOf("e = sum(square(W @ x)) / 2 output y = gradient(e, by = W)");
    const product = [0.3 * 0.5 + 0.7 * 1.25, 1.1 * 0.5 - 0.2 * 1.25];
    expectClose(
      y,
      product.flatMap((v) => x.map((w) => v * w)),
    );
  });

  it("counts everything between, and nothing that does not pass through", () => {
    // a = x * x counts as independent of x; b passes through it.
    const { y, z } = valuesOf(
      "a = x * x b = 3 * a e = sum(a * b * x) output y = gradient(e, by = a) output z = gradient(e, by = x)",
    );
    expectClose(
      y,
      x.map((v) => 6 * v * v * v),
    );
    expectClose(
      z,
      x.map((v) => 15 * v ** 4),
    );
  });

  it("is zero where nothing passes through, and one by itself", () => {
    const { y, z } = valuesOf("s = sum(W[0]) output y = gradient(s, by = x) output z = gradient(s, by = s)", {}, [
      "gradient-without-influence",
    ]);
    expect(y).toEqual([0, 0]);
    expect(z).toEqual([1]);
  });

  it("of a gradient", () => {
    const { y } = valuesOf("g = gradient(cube(x), by = x) output y = gradient(sum(g), by = x)");
    expectClose(
      y,
      x.map((v) => 6 * v),
    );
  });

  it("in a function that is called for each value of an index", () => {
    const { y } = valuesOf("output y[n < 2] = slope((n + 1) * x)");
    expectClose(
      y,
      [1, 2].flatMap((n) => x.map((v) => 3 * (n * v) ** 2)),
    );
  });

  it("follows declared derivatives, and stops where derivatives stop", () => {
    const { y, z } = valuesOf(
      "fn odd(v: [n]): [n] { return round(v) derivative(dv) = 7 * dv } output y = gradient(sum(odd(x)), by = x) output z = gradient(sum(stop_gradient(x) * x), by = x)",
    );
    expect(y).toEqual([7, 7]);
    expectClose(z, x);
  });

  it("by a param that a declared derivative takes, which all examples share", () => {
    const { y } = valuesOf(
      "fn odd(v: [n], w: [n]): [n] { return v * w derivative(dv, dw) = 3 * w * dv + 5 * v * dw } output y = gradient(sum(odd(x, W[0])), by = W)",
    );
    expectClose(y, [...x.map((v) => 5 * v), 0, 0]);
  });

  it("by the next value of a state, and by a param of a used cell", () => {
    const text = `cell L(H) { input x: [H] param w: [H] output y = w * w * x }
      cell A(H) { input x: [H] state s: [H] use l = L(H) s' = s + l(x) e = sum(s' * s') output y = gradient(e, by = s') output z = gradient(e, by = l.w) }`;
    const { y, z } = evaluate(lower(text, { H: 2 }).step, { x, s: [1, 2], "l.w": [2, 3] });
    const next = [1 + 4 * 0.5, 2 - 9 * 1.25];
    expectClose(
      [...y!.data],
      next.map((v) => 2 * v),
    );
    expectClose([...z!.data], [2 * next[0]! * 2 * 2 * 0.5, 2 * next[1]! * 2 * 3 * -1.25]);
  });
});
