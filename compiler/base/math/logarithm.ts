/**
 * log, log1p and softplus in f64. `x = 2^k·(1 + f)` with 1 + f in [sqrt(1/2), sqrt(2)) and, with s = f/(2 + f),
 * `log(1 + f) = 2s + s·R(s²)`; R is an own minimax fit (2^-58). The sum `f - (f²/2 - s·(f²/2 + R))` puts the leading
 * part first, so only the small correction is rounded twice.
 */
import type { ScalarExpr } from "./expr.js";
import { abs, add, div, eq, exponent, f64, label, lt, mantissa, max, mul, neg, select, sub } from "./expr.js";
import { exp } from "./exponential.js";
import { horner } from "./polynomial.js";

const logCoefficients = [
  0.6666666666666735, 0.3999999999940937, 0.28571428743681315, 0.22222198429548629, 0.18183572327900932,
  0.1531383268154024, 0.14798256344510274,
];
/** ln 2 in two parts; the high one has 32 bits, so `k * ln2High` is exact. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

const smallestNormal = 2 ** -1022;
const two54 = 2 ** 54;

/** k and m with x = 2^k·m and m in [sqrt(1/2), sqrt(2)), for every positive finite x, subnormal or not. */
export function splitPositive(x: ScalarExpr): { k: ScalarExpr; m: ScalarExpr } {
  const subnormal = lt(x, smallestNormal);
  const { k, m } = splitNormal(label("w", select(subnormal, mul(x, two54), x)));
  return { k: label("k", sub(k, select(subnormal, f64(54), f64(0)))), m };
}

function splitNormal(x: ScalarExpr): { k: ScalarExpr; m: ScalarExpr } {
  const m = label("m", mantissa(x));
  const high = label("upper", lt(Math.SQRT2, m));
  return {
    k: label("k", add(exponent(x), select(high, f64(1), f64(0)))),
    m: label("m", select(high, mul(m, 0.5), m)),
  };
}

/** k·ln 2 + log(1 + f) + more, for a `more` that is small where the rest is not. */
function logReduced(k: ScalarExpr, f: ScalarExpr, more?: ScalarExpr): ScalarExpr {
  const s = label("s", div(f, add(f, 2)));
  const z = label("z", mul(s, s));
  const remainder = mul(z, label("p", horner(z, logCoefficients)));
  const halfSquare = label("q", mul(mul(f, 0.5), f));
  const low = more === undefined ? mul(k, ln2Low) : add(mul(k, ln2Low), more);
  const correction = sub(halfSquare, add(mul(s, add(halfSquare, remainder)), low));
  return sub(mul(k, ln2High), sub(correction, f));
}

/** Infinities, NaN, zero and negative arguments of a logarithm around the value for positive finite ones. */
function withPoles(x: ScalarExpr, argument: ScalarExpr, value: ScalarExpr): ScalarExpr {
  const negative = select(eq(argument, 0), f64(-Infinity), f64(NaN));
  return select(lt(argument, Infinity), select(lt(0, argument), value, negative), x);
}

/** The natural logarithm: -inf at ±0, NaN below. */
export function log(x: ScalarExpr): ScalarExpr {
  const { k, m } = splitPositive(x);
  return withPoles(x, x, logReduced(k, label("f", sub(m, 1))));
}

/** log(1 + x) for x > -1, finite, with u = 1 + x rounded: log(u) + (what u has lost)/u. */
function log1pFinite(x: ScalarExpr, u: ScalarExpr): ScalarExpr {
  const { k, m } = splitNormal(u);
  const lost = select(lt(1, abs(x)), sub(1, sub(u, x)), sub(x, sub(u, 1)));
  return logReduced(k, label("f", sub(m, 1)), div(lost, u));
}

/** log(1 + x): -inf at -1, NaN below, the sign of zero kept. */
export function log1p(x: ScalarExpr): ScalarExpr {
  const u = label("u", add(x, 1));
  return select(eq(x, 0), x, withPoles(x, u, log1pFinite(x, u)));
}

/** log(1 + exp(x)) as `max(x, 0) + log1p(exp(-|x|))`. */
export function softplus(x: ScalarExpr): ScalarExpr {
  const e = label("e", exp(neg(abs(x))));
  return add(max(x, 0), log1pFinite(e, label("u", add(e, 1))));
}
