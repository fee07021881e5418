/** Sums and products of two float64 with their rounding errors, without fused multiply-add (Knuth, Dekker, Veltkamp). */
import type { ScalarExpr } from "./expr.js";
import { add, f64, label, mul, sub } from "./expr.js";

/** The unevaluated sum `high + low`. */
export interface DoubleDouble {
  readonly high: ScalarExpr;
  readonly low: ScalarExpr;
}

/** x + y exactly. */
export function twoSum(x: ScalarExpr, y: ScalarExpr): DoubleDouble {
  const high = label("sum", add(x, y));
  const part = label("part", sub(high, x));
  return { high, low: add(sub(x, sub(high, part)), sub(y, part)) };
}

/** x + y exactly, for |x| >= |y| or x = 0. */
export function fastTwoSum(x: ScalarExpr, y: ScalarExpr): DoubleDouble {
  const high = label("sum", add(x, y));
  return { high, low: sub(y, sub(high, x)) };
}

/** x in two halves of 26 bits; |x| below 2^996. */
function split(x: ScalarExpr): DoubleDouble {
  if (x.op === "constant") {
    const upper = x.value * 134217729 - (x.value * 134217729 - x.value);
    return { high: f64(upper), low: f64(x.value - upper) };
  }
  const spread = label("spread", mul(x, 134217729));
  const high = label("upper", sub(spread, sub(spread, x)));
  return { high, low: label("lower", sub(x, high)) };
}

/** x·y exactly; both and the product well inside the range. */
export function twoProduct(x: ScalarExpr, y: ScalarExpr): DoubleDouble {
  const high = label("product", mul(x, y));
  const a = split(x);
  const b = split(y);
  const crossed = add(mul(a.high, b.low), mul(a.low, b.high));
  return { high, low: add(add(sub(mul(a.high, b.high), high), crossed), mul(a.low, b.low)) };
}
