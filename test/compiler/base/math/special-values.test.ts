import { describe, expect, it } from "vitest";
import type { FloatType } from "../../../../compiler/base/math/expr.js";
import type { MathName } from "../../../../compiler/base/math/functions.js";
import { compileMath, formats, neighbours } from "./support.js";

const dtypes: readonly FloatType[] = ["f32", "f64"];

/** Arguments and results that hold in both precisions. */
const table: Record<Exclude<MathName, "pow" | "clamp">, readonly (readonly [number, number])[]> = {
  exp: [[0, 1], [-0, 1], [Infinity, Infinity], [-Infinity, 0], [NaN, NaN], [1e30, Infinity], [-1e30, 0]],
  expm1: [[0, 0], [-0, -0], [Infinity, Infinity], [-Infinity, -1], [NaN, NaN], [-100, -1], [1e30, Infinity]],
  log: [[1, 0], [0, -Infinity], [-0, -Infinity], [-1, NaN], [Infinity, Infinity], [-Infinity, NaN], [NaN, NaN]],
  log1p: [[0, 0], [-0, -0], [-1, -Infinity], [-2, NaN], [Infinity, Infinity], [-Infinity, NaN], [NaN, NaN]],
  sin: [[0, 0], [-0, -0], [Infinity, NaN], [-Infinity, NaN], [NaN, NaN], [1e30, 0], [-1e30, 0]],
  cos: [[0, 1], [-0, 1], [Infinity, NaN], [-Infinity, NaN], [NaN, NaN], [1e30, 1], [-1e30, 1]],
  tanh: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [NaN, NaN], [50, 1], [-50, -1], [-1e30, -1]],
  sigmoid: [[0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0], [NaN, NaN], [1e30, 1], [-1e30, 0]],
  softplus: [[Infinity, Infinity], [-Infinity, 0], [NaN, NaN], [1024, 1024], [-1e30, 0]],
  erf: [[0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [NaN, NaN], [6, 1], [-1e30, -1]],
  atan: [[0, 0], [-0, -0], [Infinity, Math.PI / 2], [-Infinity, -Math.PI / 2], [NaN, NaN], [1, Math.PI / 4], [-1e30, -Math.PI / 2]],
  sign: [[0, 0], [-0, -0], [3, 1], [-3, -1], [Infinity, 1], [-Infinity, -1], [NaN, NaN]],
}; // prettier-ignore

/** C99 F.9.4.4. */
const powers: readonly (readonly [x: number, y: number, result: number])[] = [
  [0, -3, Infinity], [-0, -3, -Infinity], [0, -2, Infinity], [-0, -2, Infinity], [0, -0.5, Infinity],
  [-0, -0.5, Infinity], [0, -Infinity, Infinity], [-0, -Infinity, Infinity], [0, 3, 0], [-0, 3, -0], [0, 2, 0],
  [-0, 2, 0], [-0, 0.5, 0], [-1, Infinity, 1], [-1, -Infinity, 1], [1, Infinity, 1], [1, NaN, 1], [1, -5, 1],
  [NaN, 0, 1], [NaN, -0, 1], [Infinity, 0, 1], [0, 0, 1], [-2, 0.5, NaN], [-2, 1 / 3, NaN], [0.5, -Infinity, Infinity],
  [-0.5, -Infinity, Infinity], [2, -Infinity, 0], [-2, -Infinity, 0], [0.5, Infinity, 0], [2, Infinity, Infinity],
  [-Infinity, -3, -0], [-Infinity, -2, 0], [-Infinity, -0.5, 0], [-Infinity, 3, -Infinity], [-Infinity, 2, Infinity],
  [-Infinity, 0.5, Infinity], [Infinity, -2, 0], [Infinity, 2, Infinity], [NaN, 1, NaN], [2, NaN, NaN], [NaN, NaN, NaN],
  [2, 10, 1024], [-2, 3, -8], [-2, 4, 16], [2, -3, 0.125], [9, 0.5, 3], [3, 5, 243], [-3, 1, -3], [10, 2, 100],
  [2, 1e30, Infinity], [2, -1e30, 0], [-2, 1e30, Infinity], [0.5, 1e30, 0], [1e30, 1e30, Infinity],
]; // prettier-ignore

describe.each(dtypes)("special values (%s)", (dtype) => {
  const math = compileMath(dtype);
  const round = dtype === "f32" ? Math.fround : (x: number): number => x;

  it.each(Object.keys(table) as (keyof typeof table)[])("%s", (name) => {
    const got = table[name].map(([x]) => math[name](round(x)));
    expect(got).toEqual(table[name].map(([, y]) => round(y)));
  });

  it("pow follows C99", () => {
    const wrong = powers.filter(([x, y, result]) => !Object.is(math.pow(round(x), round(y)), result));
    expect(wrong).toEqual([]);
  });

  it("clamp keeps NaN and ignores NaN limits", () => {
    const got = [[5, 0, 1], [-5, 0, 1], [0.5, 0, 1], [NaN, 0, 1], [5, NaN, 1], [-5, 0, NaN]].map((a) => math.clamp(...a)); // prettier-ignore
    expect(got).toEqual([1, 0, 0.5, NaN, 1, 0]);
  });

  it("softplus of 0 is ln 2 but for rounding", () => {
    expect(Math.abs(math.softplus(0) - Math.LN2)).toBeLessThanOrEqual(2 ** -formats[dtype].precision);
  });

  it("odd functions are odd to the bit", () => {
    for (const name of ["sin", "erf", "atan"] as const) {
      for (let i = 1; i < 3000; i++) expect(math[name](round(-i / 97))).toBe(-math[name](round(i / 97)));
    }
  });

  it("functions with slope one at zero return tiny arguments", () => {
    const { smallestNormal, precision } = formats[dtype];
    for (const name of ["expm1", "log1p", "sin", "tanh", "atan"] as const) {
      for (const x of [smallestNormal, smallestNormal * 2 ** (1 - precision), smallestNormal * 1.25, 2 ** -60]) {
        expect([math[name](x), math[name](-x)]).toEqual([x, -x]);
      }
    }
  });

  it("exp overflows and underflows where it must", () => {
    const [last, tiny] = dtype === "f32" ? [88.72283172607422, -103.97207641601562] : [709.782712893384, -745.1332191019411]; // prettier-ignore
    const [before, at, after] = neighbours(last, dtype, 1) as [number, number, number];
    expect(math.exp(before)).toBeLessThan(Infinity);
    expect(math.exp(at)).toBeLessThan(Infinity);
    expect(math.exp(after)).toBe(Infinity);
    const smallest = dtype === "f32" ? 2 ** -149 : 2 ** -1074;
    expect(math.exp(tiny)).toBe(smallest);
    expect(math.exp(neighbours(tiny, dtype, 1)[0]!)).toBe(0);
  });

  it("sin and cos reduce arguments up to 2^27 and no further", () => {
    const [, last, beyond] = neighbours(2 ** 27, dtype, 1) as [number, number, number];
    for (const x of [last, -last]) {
      expect(Math.abs(math.sin(x) - Math.sin(x))).toBeLessThan(2 ** -22);
      expect(Math.abs(math.cos(x) - Math.cos(x))).toBeLessThan(2 ** -22);
    }
    expect([beyond, -beyond].map((x) => math.sin(x) + 0)).toEqual([0, 0]);
    expect([beyond, -beyond].map((x) => math.cos(x))).toEqual([1, 1]);
  });

  it("sigmoid ends in 0 just below its least positive result", () => {
    const least = dtype === "f32" ? -128 : -1024;
    let [positive, zero] = [-1, -2000];
    for (let i = 0; i < 100; i++) {
      const middle = round((positive + zero) / 2);
      if (math.sigmoid(middle) > 0) positive = middle;
      else zero = middle;
    }
    expect(Math.abs(Math.log2(math.sigmoid(positive)) - least)).toBeLessThan(1);
    expect(math.sigmoid(zero)).toBe(0);
  });

  it("pow treats exponents beyond 2^70 as 2^70", () => {
    const [below, , above] = neighbours(1, dtype, 1) as [number, number, number];
    const bases = [below, 1, above, -below, -1, -above, 0.5, -2];
    for (const sign of [1, -1]) {
      const at = (exponent: number): number[] => bases.map((x) => math.pow(x, sign * exponent));
      for (const exponent of [2 ** 71, 2 ** 100, 2 ** 127]) expect(at(exponent)).toEqual(at(2 ** 70));
    }
  });
});
