/**
 * x^y in f64 with C99's special cases. |x|^y is `exp(y · log|x|)`, where the logarithm and the product are sums of two float64 (to
 * about 2^-63).
 */
import type { ScalarExpr } from "./expr.js";
import {
  abs,
  add,
  and,
  copysign,
  div,
  eq,
  f64,
  floor,
  label,
  lt,
  max,
  min,
  mul,
  ne,
  neg,
  not,
  or,
  select,
  sub,
} from "./expr.js";
import type { DoubleDouble } from "./double-double.js";
import { fastTwoSum, twoProduct, twoSum } from "./double-double.js";
import { exp } from "./exponential.js";
import { splitPositive } from "./logarithm.js";
import { estrin } from "./polynomial.js";

/** log(m) = 2s·(1 + s²/3 + s⁴·Q(s²)), s = (m - 1)/(m + 1); own minimax fit of Q, 2^-73 in the result. */
const seriesCoefficients = [
  0.1999999999999999, 0.14285714285721934, 0.11111111108889306, 0.09090909422867634, 0.07692279145273337,
  0.06668135189761484, 0.05837826007701812, 0.05991444680645748,
];
const third = [0.3333333333333333, 1.850371707708594e-17] as const;
/** ln 2; the high part has 42 bits, so `k * high` is exact. */
const ln2 = [0.6931471805598903, 5.497923018708371e-14] as const;
/** No |y| above this changes anything: the nearest x to 1 already overflows or underflows. */
const largestExponent = 2 ** 70;

/** (m - 1)/(m + 1). */
function quotient(m: ScalarExpr): DoubleDouble {
  const numerator = label("f", sub(m, 1));
  const denominator = twoSum(m, f64(1));
  const high = label("s", div(numerator, denominator.high));
  const product = twoProduct(high, denominator.high);
  const rest = sub(sub(sub(numerator, product.high), product.low), mul(high, denominator.low));
  return { high, low: label("sLow", div(rest, denominator.high)) };
}

/** log x for positive finite x, to about 2^-63 of it. */
function logTwice(x: ScalarExpr): DoubleDouble {
  const { k, m } = splitPositive(x);
  const s = quotient(m);
  const square = twoProduct(s.high, s.high);
  const z = square.high;
  const zLow = label("zLow", add(square.low, mul(mul(s.high, 2), s.low)));
  const cubic = twoProduct(z, f64(third[0]));
  const cubicLow = add(cubic.low, add(mul(z, third[1]), mul(zLow, third[0])));
  const tail = mul(mul(z, z), estrin(z, seriesCoefficients, "z"));
  const sum = fastTwoSum(f64(1), cubic.high);
  const sumLow = label("seriesLow", add(sum.low, add(cubicLow, tail)));
  const doubled = label("doubled", mul(s.high, 2));
  const product = twoProduct(doubled, sum.high);
  const productLow = add(product.low, add(mul(doubled, sumLow), mul(mul(s.low, 2), sum.high)));
  const total = twoSum(mul(k, ln2[0]), product.high);
  const totalLow = label("logLow", add(total.low, add(productLow, mul(k, ln2[1]))));
  const result = fastTwoSum(total.high, totalLow);
  return { high: label("log", result.high), low: label("logLow", result.low) };
}

/** x^y for x > 0, finite. */
function powerTwice(x: ScalarExpr, y: ScalarExpr): ScalarExpr {
  const l = logTwice(x);
  const product = twoProduct(y, l.high);
  return exp(product.high, label("low", add(product.low, mul(y, l.low))));
}

/** Special cases around the magnitude for positive finite x and |y| <= 2^70. */
export function pow(x: ScalarExpr, y: ScalarExpr): ScalarExpr {
  const size = label("size", abs(x));
  const general = powerTwice(size, label("clamped", min(max(y, -largestExponent), largestExponent)));
  const atZero = select(lt(y, 0), Infinity, f64(0));
  const atInfinity = select(lt(y, 0), f64(0), Infinity);
  const positive = label("positive", select(eq(size, 0), atZero, select(eq(size, Infinity), atInfinity, general)));
  const half = label("halfY", mul(y, 0.5));
  const integral = label("integral", eq(floor(y), y));
  const odd = and(integral, ne(floor(half), half));
  const negative = lt(copysign(1, x), 0);
  const signed = select(and(negative, odd), neg(positive), positive);
  const undefinedHere = and(and(lt(x, 0), lt(-Infinity, x)), not(integral));
  const isNaN = or(or(ne(x, x), ne(y, y)), undefinedHere);
  const result = select(isNaN, f64(NaN), signed);
  return select(or(eq(x, 1), eq(y, 0)), f64(1), result);
}
