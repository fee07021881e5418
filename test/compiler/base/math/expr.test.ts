import { describe, expect, it } from "vitest";
import { evaluateExpr } from "../../../../compiler/base/math/evaluate.js";
import type { FloatType, ScalarExpr } from "../../../../compiler/base/math/expr.js";
import {
  abs,
  add,
  constant,
  copysign,
  countUses,
  demote,
  exponent,
  f64,
  label,
  lt,
  mantissa,
  max,
  min,
  mul,
  nearest,
  neg,
  parameter,
  pow2,
  primitive,
  promote,
  scalarFunction,
  select,
  shareEqual,
  sub,
} from "../../../../compiler/base/math/expr.js";
import { horner, estrin } from "../../../../compiler/base/math/polynomial.js";
import { printScalarExpr } from "../../../../compiler/base/math/print-js.js";

const x = parameter("f64", "x");
const y = parameter("f64", "y");

function valueOf(expr: ScalarExpr, ...[a = 0, b = 0]: number[]): number {
  return evaluateExpr(expr, new Map<ScalarExpr, number>([[x, a], [y, b]])); // prettier-ignore
}

describe("the builder", () => {
  it("gives numbers the type of the other operand and rounds f32 constants", () => {
    const single = parameter("f32", "v");
    expect(add(single, 0.1)).toMatchObject({ type: "f32", operands: [single, { value: Math.fround(0.1) }] });
    expect(add(0.1, x)).toMatchObject({ type: "f64", operands: [{ value: 0.1 }, x] });
  });

  it("refuses operands of the wrong type or number", () => {
    expect(() => add(x, parameter("f32", "v"))).toThrow(/operand 1 is f32, expected f64/);
    expect(() => add(1, 2)).toThrow(/at least one operand/);
    expect(() => promote(x)).toThrow(/expected f32/);
    expect(() => select(x, x, x)).toThrow(/expected bool/);
    expect(() => primitive("add", x)).toThrow(/takes 2 operands/);
  });

  it("types comparisons as truth values and conversions as their target", () => {
    expect(lt(x, 1).type).toBe("bool");
    expect(demote(x).type).toBe("f32");
    expect(promote(demote(x)).type).toBe("f64");
    expect(select(lt(x, 1), x, 0).type).toBe("f64");
  });
});

describe("sharing", () => {
  it("makes equal nodes one", () => {
    const twice = shareEqual(add(mul(x, x), label("again", mul(x, x))));
    expect([...countUses(twice).values()].sort()).toEqual([1, 2, 2]);
  });

  it("keeps zeros of different sign and constants of different type apart", () => {
    const zeros = shareEqual(add(add(x, 0), add(x, -0)));
    expect([...countUses(zeros).keys()].filter((e) => e.op === "constant")).toHaveLength(2);
    const mixed = shareEqual(add(promote(constant("f32", 1)), f64(1)));
    expect([...countUses(mixed).keys()].filter((e) => e.op === "constant")).toHaveLength(2);
  });
});

describe("primitives", () => {
  it("min and max keep a NaN of the first operand, ignore one of the second, and prefer the first of equals", () => {
    expect(valueOf(min(x, y), NaN, 1)).toBeNaN();
    expect(valueOf(max(x, y), NaN, 1)).toBeNaN();
    expect(valueOf(min(x, y), 1, NaN)).toBe(1);
    expect(valueOf(max(x, y), 1, NaN)).toBe(1);
    expect(valueOf(min(x, y), 0, -0)).toBe(0);
    expect(valueOf(max(x, y), -0, 0)).toBe(-0);
  });

  it("nearest rounds ties to even and keeps the sign of zero", () => {
    const rounded = [0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, -0.3, 2 ** 52 + 1, -0].map((v) =>
      valueOf(nearest(x), v),
    );
    expect(rounded).toEqual([0, 2, 2, -0, -2, 0, -0, 2 ** 52 + 1, -0]);
  });

  it("pow2 gives every power of two, zero one below the normal ones and infinity one above", () => {
    for (let n = -1022; n <= 1023; n++) expect(valueOf(pow2(x), n)).toBe(2 ** n);
    expect(valueOf(pow2(x), -1023)).toBe(0);
    expect(valueOf(pow2(x), 1024)).toBe(Infinity);
    const single = parameter("f32", "v");
    const at = (n: number): number => evaluateExpr(pow2(single), new Map([[single, n]]));
    expect([-127, -126, 0, 127, 128].map(at)).toEqual([0, 2 ** -126, 1, 2 ** 127, Infinity]);
  });

  it("exponent and mantissa take a normal number apart", () => {
    for (const v of [1, 1.5, 2, 0.75, Math.PI, 2 ** -1022, Number.MAX_VALUE, 1 - 2 ** -53]) {
      expect(valueOf(mantissa(x), v)).toBeGreaterThanOrEqual(1);
      expect(valueOf(mantissa(x), v)).toBeLessThan(2);
      expect(valueOf(mantissa(x), v) * 2 ** valueOf(exponent(x), v)).toBe(v);
    }
  });

  it("f32 operations round to float32", () => {
    const single = parameter("f32", "v");
    expect(evaluateExpr(add(single, 1), new Map([[single, 2 ** -25]]))).toBe(1);
    expect(evaluateExpr(demote(x), new Map([[x, 0.1]]))).toBe(Math.fround(0.1));
  });
});

describe("polynomials", () => {
  const coefficients = [1, 2, 3, 4, 5, 6, 7];
  it.each(["f32", "f64"] as FloatType[])("horner and estrin evaluate the same polynomial (%s)", (type) => {
    const p = parameter(type, "p");
    const at2 = (e: ScalarExpr): number => evaluateExpr(e, new Map([[p, 2]]));
    const expected = coefficients.reduce((sum, c, i) => sum + c * 2 ** i, 0);
    expect([at2(horner(p, coefficients)), at2(estrin(p, coefficients))]).toEqual([expected, expected]);
  });
});

describe("printing an expression", () => {
  it("parenthesises only where the tree needs it", () => {
    const text = (e: ScalarExpr): string => printScalarExpr(e).value;
    expect(text(sub(x, sub(y, 1)))).toBe("x - (y - 1)");
    expect(text(sub(sub(x, y), 1))).toBe("x - y - 1");
    expect(text(add(mul(x, y), -2))).toBe("x * y - 2");
    expect(text(mul(add(x, y), -2))).toBe("(x + y) * -2");
    expect(text(neg(neg(x)))).toBe("-(-x)");
    expect(text(sub(x, neg(y)))).toBe("x - -y");
    expect(text(neg(mul(x, y)))).toBe("-(x * y)");
  });

  it("names what is used twice and never reuses a name", () => {
    const s = label("y", mul(x, x));
    const printed = printScalarExpr(add(s, mul(s, y)), new Map(), ["$y"]);
    expect(printed).toEqual({ statements: ["const $y_2 = x * x;"], value: "$y_2 + $y_2 * y" });
  });

  it("substitutes names for parameters", () => {
    const f = scalarFunction("f", "f64", ["a"], (a) => max(abs(a!), 1));
    const printed = printScalarExpr(f.body, new Map<ScalarExpr, string>([[f.params[0]!, "row[i]"]]));
    expect(printed).toEqual({ statements: ["const $t = Math.abs(row[i]);"], value: "$t < 1 ? 1 : $t" });
  });

  it("flips the sign where the second operand is odd", () => {
    const flipped = primitive("flipWhereOdd", x, y);
    for (const n of [0, 1, -1, 2, -2, -3, 2 ** 51 - 1]) expect(valueOf(flipped, 1.5, n)).toBe(n % 2 === 0 ? 1.5 : -1.5);
    expect(printScalarExpr(flipped).value).toBe("(y & 1) !== 0 ? -x : x");
  });

  it("prints copysign and neg of literals", () => {
    expect(printScalarExpr(copysign(1, x)).value).toBe("x < 0 || (x === 0 && 1 / x < 0) ? -Math.abs(1) : Math.abs(1)");
    expect(printScalarExpr(neg(f64(-1))).value).toBe("-(-1)");
  });
});
