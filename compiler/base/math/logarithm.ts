/**
 * log, log1p and softplus. `x = 2^k·(1 + f)` with 1 + f near 1 and, with s = f/(2 + f),
 * `log(1 + f) = 2s + s·R(s²)`; R is an own minimax fit (2^-28 for f32, 2^-58 for f64). The sum `f - (f²/2 - s·(f²/2 + R))`
 * puts the leading part first, so only the small correction is rounded twice.
 */
import type { FloatType, ScalarExpr } from "./expr.js";
import { abs, add, constant, div, eq, exact, exponent, label, lt, mantissa, max, mul, neg } from "./expr.js";
import { pow2, select, sub } from "./expr.js";
import { exp } from "./exponential.js";
import { horner } from "./polynomial.js";

interface LogarithmPrecision {
  /** R(z)/z for z up to 0.0295, up to 1/25, and up to 1/9. */
  readonly log: readonly number[];
  readonly log1p: readonly number[];
  readonly softplus: readonly number[];
  /** ln 2 in two parts; the high one has so few bits that `k * ln2High` is exact. */
  readonly ln2High: number;
  readonly ln2Low: number;
  readonly smallestNormal: number;
  /** More than the bits of a mantissa. */
  readonly lift: number;
}

const precisions: Record<FloatType, LogarithmPrecision> = {
  f32: {
    log: [0.6666677594184875, 0.3997756838798523, 0.29867276549339294],
    log1p: [0.666669487953186, 0.39957690238952637, 0.303574800491333],
    softplus: [0.6666667461395264, 0.39998945593833923, 0.2861534357070923, 0.21442082524299622, 0.24252687394618988],
    ln2High: 0.693145751953125,
    ln2Low: 1.42860677e-6,
    smallestNormal: 2 ** -126,
    lift: 25,
  },
  f64: {
    log: [
      0.6666666666666735, 0.3999999999940937, 0.28571428743681315, 0.22222198429548629, 0.18183572327900932,
      0.1531383268154024, 0.14798256344510274,
    ],
    log1p: [
      0.666666666666666, 0.4000000000005604, 0.28571428555983386, 0.22222224278858607, 0.18181666931186596,
      0.1539107751780268, 0.13174176959710238, 0.1383913786798485,
    ],
    softplus: [
      0.6666666666666631, 0.40000000000157393, 0.285714285478332, 0.22222223971085628, 0.1818174387521243,
      0.1538656101948937, 0.13300958740143634, 0.1210620705403994, 0.08339559607234852, 0.1701960497210838,
    ],
    ln2High: 0.6931471803691238,
    ln2Low: 1.9082149292705877e-10,
    smallestNormal: 2 ** -1022,
    lift: 54,
  },
};

function precisionOf(x: ScalarExpr): LogarithmPrecision {
  return precisions[x.type === "f32" ? "f32" : "f64"];
}

const like = (x: ScalarExpr, value: number): ScalarExpr => constant(x.type === "f32" ? "f32" : "f64", value);

/** k and m with x = 2^k·m and m in [sqrt(1/2), sqrt(2)), for every positive finite x, subnormal or not. */
export function splitPositive(x: ScalarExpr): { k: ScalarExpr; m: ScalarExpr } {
  const { smallestNormal, lift } = precisionOf(x);
  const subnormal = lt(x, smallestNormal);
  const w = label("w", select(subnormal, exact(mul(x, 2 ** lift)), x));
  const m = label("m", mantissa(w));
  const high = label("upper", lt(Math.SQRT2, m));
  const up = select(high, like(x, 1), like(x, 0));
  const lifted = select(subnormal, like(x, lift), like(x, 0));
  return {
    k: label("k", exact(sub(exact(add(exponent(w), up)), lifted))),
    m: label("m", select(high, exact(mul(m, 0.5)), m)),
  };
}

/** k·ln 2 + log(1 + f). */
function logReduced(k: ScalarExpr, f: ScalarExpr, coefficients: readonly number[]): ScalarExpr {
  const c = precisionOf(f);
  const s = label("s", div(f, add(f, 2)));
  const z = label("z", mul(s, s));
  const remainder = mul(z, label("p", horner(z, coefficients)));
  const halfSquare = label("q", mul(mul(f, 0.5), f));
  const correction = sub(halfSquare, add(mul(s, add(halfSquare, remainder)), mul(k, c.ln2Low)));
  return sub(exact(mul(k, c.ln2High)), sub(correction, f));
}

/** Infinities, NaN, zero and negative arguments of a logarithm around the value for positive finite ones. */
function withPoles(x: ScalarExpr, argument: ScalarExpr, value: ScalarExpr): ScalarExpr {
  const atZero = select(eq(argument, 0), -Infinity, value);
  return select(lt(argument, Infinity), select(lt(argument, 0), NaN, atZero), x);
}

/** The natural logarithm: -inf at ±0, NaN below. */
export function log(x: ScalarExpr): ScalarExpr {
  const { k, m } = splitPositive(x);
  return withPoles(x, x, logReduced(k, label("f", exact(sub(m, 1))), precisionOf(x).log));
}

/**
 * log(1 + x): -inf at -1, NaN below, the sign of zero kept. The rounded 1 + x serves only to find k; f is `x·2^-k + (2^-k - 1)`,
 * which for 1 + f in [3/4, 3/2) is exact where it matters. 2^(1 - j) is a normal number for every u, and its quarter exact.
 */
export function log1p(x: ScalarExpr): ScalarExpr {
  const u = label("u", add(x, 1));
  const j = label("j", exponent(mul(u, 2 / 3)));
  const power = label("power", exact(mul(pow2(exact(sub(1, j))), 0.25)));
  const f = label("f", add(exact(mul(x, power)), sub(power, 1)));
  return select(eq(x, 0), x, withPoles(x, u, logReduced(exact(add(j, 1)), f, precisionOf(x).log1p)));
}

/** log(1 + exp(x)) as `max(x, 0) + log(1 + e)` with e = exp(-|x|), up to 1: `e - s·(e - R)`, s = e/(2 + e), needs no k. */
export function softplus(x: ScalarExpr): ScalarExpr {
  const { softplus: coefficients } = precisionOf(x);
  const e = label("e", exp(neg(abs(x))));
  const s = label("s", div(e, add(e, 2)));
  const z = label("z", mul(s, s));
  const logarithm = sub(e, mul(s, sub(e, mul(z, label("p", horner(z, coefficients))))));
  return add(max(x, 0), logarithm);
}
