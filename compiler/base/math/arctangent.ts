/**
 * atan in f64. Up to tan(π/8) it is `t + t·z·P(z)` of z = t², P an own Chebyshev fit (2^-57); up to tan(3π/8) it is that of
 * `(x - 1)/(x + 1)` beside π/4, and beyond that of `-1/x` beside π/2. The angles are in two parts.
 */
import type { ScalarExpr } from "./expr.js";
import { abs, add, copysign, div, f64, label, lt, mul, select, sub } from "./expr.js";
import { horner } from "./polynomial.js";

const coefficients = [
  -0.3333333333333333, 0.19999999999999993, -0.14285714285711518, 0.11111111110754729, -0.0909090906700999,
  0.07692306736000173, -0.06666642020055166, 0.058819252531928615, -0.052580415542977606, 0.047193950300273096,
  -0.04104436265754583, 0.030635704112957938, -0.01391822929101273,
];
const low = Math.SQRT2 - 1;
const high = Math.SQRT2 + 1;
/** What π/2 and π/4 have beyond float64. */
const halfPiLow = 6.123233995736766e-17;
const quarterPiLow = halfPiLow / 2;

export function atan(x: ScalarExpr): ScalarExpr {
  const a = label("a", abs(x));
  const isLarge = label("large", lt(high, a));
  const isMiddle = label("middle", lt(low, a));
  const above = select(isLarge, f64(-1), select(isMiddle, sub(a, 1), a));
  const below = select(isLarge, a, select(isMiddle, add(a, 1), f64(1)));
  const t = label("t", div(above, below));
  const z = label("z", mul(t, t));
  const angle = select(isLarge, f64(Math.PI / 2), select(isMiddle, f64(Math.PI / 4), f64(0)));
  const rest = select(isLarge, f64(halfPiLow), select(isMiddle, f64(quarterPiLow), f64(0)));
  const small = add(mul(mul(t, z), horner(z, coefficients)), rest);
  return copysign(add(angle, add(small, t)), x);
}
