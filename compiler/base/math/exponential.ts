/**
 * exp, expm1, sigmoid and tanh. All reduce `x = n·ln 2 + r` with |r| <= ln(2)/2 and use `exp(r) = 1 + r + r²·q(r)`, with q
 * an own minimax fit: degree 4 for f32 (exp 3.1e-9), degree 10 for f64 (2^-60). Gates of small cells wait for these chains
 * of operations, so polynomials go by halves and what can be computed beside the chain is.
 */
import type { FloatType, ScalarExpr } from "./expr.js";
import { add, div, eq, exact, floor, label, max, min, mul, neg, pow2, select, sub } from "./expr.js";
import { estrin, pairs } from "./polynomial.js";

interface ExponentialPrecision {
  readonly log2e: number;
  /**
   * Adding and subtracting 1.5·2^p rounds to the nearest integer (p explicit mantissa bits). With the bias of the exponent
   * on top, the lowest bits of the sum are the exponent field of 2^n.
   */
  readonly magic: number;
  /** ln 2 in two parts above zero; the high one has so few bits that `n * ln2High` is exact. */
  readonly ln2High: number;
  readonly ln2Low: number;
  /** q for relative error of exp, and of expm1. */
  readonly exp: readonly number[];
  readonly expm1: readonly number[];
  readonly polynomial: (x: ScalarExpr, coefficients: readonly number[], name?: string) => ScalarExpr;
  /** From where exp overflows, and below which it is zero. */
  readonly overflow: number;
  readonly underflow: number;
  /** Below this expm1 is -1. */
  readonly minusOne: number;
  /** Above this (half the argument of its exponential) tanh is 1. */
  readonly saturated: number;
  /** An argument whose exponential is far below one unit of 1, and is not subnormal. */
  readonly negligible: number;
}

const f64Coefficients = [
  0.5, 0.16666666666666674, 0.04166666666666669, 0.008333333333322786, 0.0013888888888869083, 0.00019841269883464973,
  2.4801587356979702e-5, 2.755724668418392e-6, 2.755724532046254e-7, 2.5108231965517772e-8, 2.0923763032999202e-9,
];

const precisions: Record<FloatType, ExponentialPrecision> = {
  f32: {
    log2e: Math.LOG2E,
    magic: 12582912 + 127,
    ln2High: 0.693145751953125,
    ln2Low: 1.42860677e-6,
    exp: [0.4999999403953552, 0.1666652113199234, 0.04166826605796814, 0.008368677459657192, 0.0013820730382576585],
    expm1: [0.4999999701976776, 0.1666654646396637, 0.04166743531823158, 0.00836626160889864, 0.0013870657421648502],
    polynomial: pairs,
    overflow: 89,
    underflow: -104,
    minusOne: -20,
    saturated: 30,
    negligible: 87,
  },
  f64: {
    log2e: Math.LOG2E,
    magic: 6755399441055744 + 1023,
    ln2High: 0.6931471803691238,
    ln2Low: 1.9082149292705877e-10,
    exp: f64Coefficients,
    expm1: f64Coefficients,
    polynomial: estrin,
    overflow: 710,
    underflow: -746,
    minusOne: -40,
    saturated: 40,
    negligible: 708,
  },
};

function precisionOf(x: ScalarExpr): ExponentialPrecision {
  return precisions[x.type === "f32" ? "f32" : "f64"];
}

function clamp(x: ScalarExpr, low: number, high: number): ScalarExpr {
  return min(max(x, low), high);
}

/** `x·factor + magic`, |x·factor| below 2^22 in f32 and 2^51 in f64: the nearest integer, in the lowest bits. */
function rounded(x: ScalarExpr, factor: number): ScalarExpr {
  return label("z", add(mul(x, factor), precisionOf(x).magic));
}

/** The integer in `z`. */
function integerIn(z: ScalarExpr): ScalarExpr {
  return label("n", exact(sub(z, precisionOf(z).magic)));
}

interface ReducedArgument {
  readonly n: ScalarExpr;
  /** x - n·(high part of ln 2), exact because n·ln2High is and both are multiples of the unit of x or a larger one. */
  readonly high: ScalarExpr;
  /** n·(low part of ln 2); r = high - low. */
  readonly low: ScalarExpr;
}

function reduce(x: ScalarExpr): ReducedArgument {
  const c = precisionOf(x);
  const n = integerIn(rounded(x, c.log2e));
  return { n, high: exact(sub(x, exact(mul(n, c.ln2High)))), low: mul(n, c.ln2Low) };
}

/** q(r) and r². */
function remainder(r: ScalarExpr, coefficients: readonly number[]): ScalarExpr {
  return mul(label("r2", mul(r, r)), label("q", precisionOf(r).polynomial(r, coefficients, "r")));
}

/** exp(r), r small. */
function expReduced(r: ScalarExpr): ScalarExpr {
  return add(add(r, remainder(r, precisionOf(r).exp)), 1);
}

/** `p · 2^n` in two steps, so that neither factor leaves the range; the last product is the only one that may round. */
function scale(p: ScalarExpr, n: ScalarExpr): ScalarExpr {
  const half = label("h", floor(exact(mul(n, 0.5))));
  return mul(exact(mul(p, pow2(half))), pow2(exact(sub(n, half))));
}

/** exp(x + low), where low is a correction below one unit of x; overflows to infinity, underflows through subnormals. */
export function exp(x: ScalarExpr, low?: ScalarExpr): ScalarExpr {
  const c = precisionOf(x);
  const v = label("v", clamp(x, c.underflow, c.overflow));
  const reduced = reduce(v);
  const rest = low === undefined ? reduced.low : sub(reduced.low, select(eq(v, x), low, 0));
  return scale(expReduced(label("r", sub(reduced.high, rest))), reduced.n);
}

/** exp(x) of an x known to be in the range where `2^n` is one normal factor. */
export function expInRange(x: ScalarExpr): ScalarExpr {
  const { n, high, low } = reduce(x);
  return exact(mul(expReduced(label("r", sub(high, low))), pow2(n)));
}

/**
 * exp(x) - 1 as `((2^h - 2^(h-n)) + r·2^h + (r²·q(r) + c)·2^h)·2^(n-h)` with h = floor(n/2) and c what rounding took from
 * r: no factor overflows before the result does, and the parts that cancel are exact.
 */
export function expm1(x: ScalarExpr): ScalarExpr {
  const c = precisionOf(x);
  const { n, high, low } = reduce(label("v", clamp(x, c.minusOne, c.overflow)));
  const r = label("r", sub(high, low));
  const lost = sub(sub(high, r), low);
  const half = label("h", floor(exact(mul(n, 0.5))));
  const rest = label("k", exact(sub(n, half)));
  const scaled = label("s", pow2(half));
  const whole = add(sub(scaled, pow2(neg(rest))), exact(mul(r, scaled)));
  const part = exact(mul(add(remainder(r, c.expm1), lost), scaled));
  return select(eq(x, 0), x, mul(add(whole, part), pow2(rest)));
}

/**
 * `1/(1 + exp(-x))`. Where exp(-x) overflows the result is zero: the least positive result is near 2^-1024 (2^-128 in
 * f32). The reduction works with s = -r, so that nothing is negated: exp(-s) = 1 - s + s²·q(-s).
 */
export function sigmoid(x: ScalarExpr): ScalarExpr {
  const c = precisionOf(x);
  const v = label("v", clamp(x, -c.overflow, c.negligible));
  const n = integerIn(rounded(v, -c.log2e));
  const s = label("s", add(exact(add(v, exact(mul(n, c.ln2High)))), mul(n, c.ln2Low)));
  const flipped = c.exp.map((a, i) => (i % 2 === 0 ? a : -a));
  const p = sub(mul(label("s2", mul(s, s)), label("q", c.polynomial(s, flipped, "s"))), s);
  return div(1, add(exact(mul(add(p, 1), pow2(n))), 1));
}

/**
 * `t/(2 - t)` with t = 1 - exp(-2x) as `p·2^-n - (2^-n - 1)`, p = r - r²·q(-r). Every step keeps the sign of a zero: it
 * subtracts, and what it subtracts from -0 is +0.
 */
export function tanh(x: ScalarExpr): ScalarExpr {
  const c = precisionOf(x);
  const t = oneMinusExp(label("v", clamp(add(x, x), -c.saturated, c.saturated)));
  return div(t, sub(2, t));
}

/** 1 - exp(-v) of a v within the range of tanh. */
export function oneMinusExp(v: ScalarExpr): ScalarExpr {
  const c = precisionOf(v);
  const z = rounded(v, -c.log2e);
  const n = label("n", exact(sub(c.magic, z)));
  const r = label("r", sub(exact(sub(v, exact(mul(n, c.ln2High)))), mul(n, c.ln2Low)));
  const flipped = c.expm1.map((a, i) => (i % 2 === 0 ? a : -a));
  const p = sub(r, mul(label("r2", mul(r, r)), label("q", c.polynomial(r, flipped, "r"))));
  const power = label("s", pow2(exact(sub(z, c.magic))));
  return label("t", sub(exact(mul(p, power)), sub(power, 1)));
}
