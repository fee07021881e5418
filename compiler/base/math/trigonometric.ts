/**
 * sin and cos in f64. Cody–Waite: `x = n·π/2 + r` with π/2 in four parts, the first three of 26 bits so that their products
 * with n are exact for |n| <= 2^27; r is kept as a sum of two. The kernels on |r| <= π/4 are own minimax fits (2^-63).
 */
import type { ScalarExpr } from "./expr.js";
import {
  abs,
  add,
  demote,
  eq,
  flipWhereOdd,
  floor,
  label,
  le,
  lt,
  mul,
  neg,
  or,
  promote,
  select,
  sub,
} from "./expr.js";
import type { DoubleDouble } from "./double-double.js";
import { fastTwoSum, twoSum } from "./double-double.js";
import { horner, pairs } from "./polynomial.js";

/** Up to here arguments are reduced; beyond, finite ones count as zero. */
export const trigonometricRange = 2 ** 27;

const halfPi = [1.5707963407039642, -1.3909067675399456e-8, 6.123234262925839e-17, -2.6718907338610155e-24] as const;
const twoOverPi = 2 / Math.PI;
const magic = 6755399441055744;

const sinCoefficients = [
  -0.16666666666666666, 0.008333333333333038, -0.0001984126984095601, 2.7557319069772084e-6, -2.5052069675852526e-8,
  1.6054139856462202e-10, -7.380529352636271e-13,
];
const cosCoefficients = [
  0.0416666666666666, -0.0013888888888874441, 2.4801587289636473e-5, -2.755731438752697e-7, 2.0875727063106193e-9,
  -1.1359802293815525e-11,
];

interface ReducedAngle {
  readonly n: ScalarExpr;
  readonly r: DoubleDouble;
}

function reduce(x: ScalarExpr): ReducedAngle {
  const n = label("n", sub(add(mul(x, twoOverPi), magic), magic));
  const first = label("first", sub(x, mul(n, halfPi[0])));
  const second = twoSum(first, neg(label("part2", mul(n, halfPi[1]))));
  const third = twoSum(second.high, neg(label("part3", mul(n, halfPi[2]))));
  const joined = twoSum(third.high, second.low);
  const rest = label("rest", sub(add(joined.low, third.low), mul(n, halfPi[3])));
  const r = fastTwoSum(joined.high, rest);
  return { n, r: { high: label("r", r.high), low: label("c", r.low) } };
}

function sinKernel({ high: r, low: c }: DoubleDouble, z: ScalarExpr): ScalarExpr {
  const cubic = mul(mul(r, z), horner(z, sinCoefficients));
  return add(r, add(cubic, sub(c, mul(mul(z, 0.5), c))));
}

function cosKernel({ high: r, low: c }: DoubleDouble, z: ScalarExpr): ScalarExpr {
  const half = label("half", mul(z, 0.5));
  const w = label("w", sub(1, half));
  const quartic = sub(mul(mul(z, z), horner(z, cosCoefficients)), mul(r, c));
  return add(w, add(sub(sub(1, w), half), quartic));
}

/** sin(x + quarter·π/2). */
function shiftedSin(x: ScalarExpr, quarter: number): ScalarExpr {
  const { n, r } = reduce(x);
  const z = label("z", mul(r.high, r.high));
  const turned = label("i", quarter === 0 ? n : add(n, quarter));
  const quadrant = label("quadrant", sub(turned, mul(floor(mul(turned, 0.25)), 4)));
  const odd = or(eq(quadrant, 1), eq(quadrant, 3));
  const value = label("value", select(odd, cosKernel(r, z), sinKernel(r, z)));
  return select(lt(1, quadrant), neg(value), value);
}

/** x, or 0 beyond the range, NaN for infinities. */
function inRange(x: ScalarExpr): ScalarExpr {
  return label("a", select(le(abs(x), trigonometricRange), x, sub(x, x)));
}

export function sin(x: ScalarExpr): ScalarExpr {
  const a = inRange(x);
  return select(eq(a, 0), a, shiftedSin(a, 0));
}

export function cos(x: ScalarExpr): ScalarExpr {
  return shiftedSin(inRange(x), 1);
}

/** sin(r)/r for |r| up to π/2 as a polynomial of r², an own minimax fit (2^-35). */
const halfTurnCoefficients = [
  1, -0.16666666626136822, 0.008333331107996176, -0.0001984086813335069, 2.7525380729625813e-6, -2.3888848104192475e-8,
];
/** π in two parts, both above zero, so that -0 stays; the product of the first, of 24 bits, with n is exact. */
const pi = [3.141592502593994, 1.5099579909783765e-7] as const;

/**
 * (-1)^n·sin(r) for f32, in f64, where `x = m·π + r` and m is n, or n - 1/2 for the cosine. One polynomial spans half a turn, so that
 * nothing is chosen but the sign; two parts of π are enough for every float32.
 */
function halfTurns(x: ScalarExpr, shift: 0 | 0.5): ScalarExpr {
  const turns = mul(x, 1 / Math.PI);
  const n = label("n", sub(add(shift === 0 ? turns : add(turns, shift), magic), magic));
  const m = shift === 0 ? n : label("m", sub(n, shift));
  const rest = sub(sub(x, mul(m, pi[0])), mul(m, pi[1]));
  const r = label("r", flipWhereOdd(label("rest", rest), n));
  const z = label("z", mul(r, r));
  return demote(mul(r, pairs(z, halfTurnCoefficients, "z")));
}

export function sinF32(x: ScalarExpr): ScalarExpr {
  return halfTurns(promote(inRange(x)), 0);
}

export function cosF32(x: ScalarExpr): ScalarExpr {
  return halfTurns(promote(inRange(abs(x))), 0.5);
}
