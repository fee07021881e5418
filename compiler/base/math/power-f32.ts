/**
 * x^y in f32 with C99's special cases: `2^(y·log2|x|)` with the logarithm and the product in f64, whose fewer bits are spared: the fit of
 * `log2(m)/s`, s = (m - 1)/(m + 1), is to 2^-38, and the rest of the exponential is f32.
 */
import type { ScalarExpr } from "./expr.js";
import {
  abs,
  add,
  and,
  constant,
  copysign,
  demote,
  div,
  eq,
  exact,
  exponent,
  floor,
  label,
  lt,
  max,
  min,
} from "./expr.js";
import { mul, ne, not, or, pow2, promote, select, sub } from "./expr.js";
import { estrin, pairs } from "./polynomial.js";

const log2Coefficients = [
  2.885390081790081, 0.9617966733491687, 0.5770835834502582, 0.4116728154263924, 0.3407282311370999,
];
/** 2^r = 1 + r·P(r) for |r| up to 1/2, a minimax fit (2^-27). */
const exp2Coefficients = [
  0.6931471824645996, 0.24022647738456726, 0.05550359934568405, 0.009618505835533142, 0.0013390806270763278,
  0.00015341053949669003,
];
const largest = (2 - 2 ** -23) * 2 ** 127;
const magic = 1.5 * 2 ** 52 + 1023;

/** log2(x) of a positive float32, which is normal as float64, to about 2^-38. */
function log2(x: ScalarExpr): ScalarExpr {
  const k = label("k", exponent(mul(x, Math.SQRT2)));
  const m = label("m", mul(x, pow2(sub(sub(magic, k), magic))));
  const s = label("s", div(sub(m, 1), add(m, 1)));
  return add(mul(s, estrin(label("z", mul(s, s)), log2Coefficients, "z")), k);
}

/** 2^q in float32, with overflow and underflow. */
function exp2(q: ScalarExpr): ScalarExpr {
  const limited = label("q", min(max(q, -151), 129));
  const z = label("n", add(limited, magic));
  const n = sub(z, magic);
  const r = label("r", demote(sub(limited, n)));
  const p = add(mul(r, pairs(r, exp2Coefficients, "r")), 1);
  return demote(mul(promote(label("p", p)), pow2(n)));
}

const f32 = (value: number): ScalarExpr => constant("f32", value);

export function powF32(x: ScalarExpr, y: ScalarExpr): ScalarExpr {
  const size = label("size", abs(x));
  const infinite = eq(size, Infinity);
  // Where x is 0 or infinite, so is the logarithm: an infinite y with the sign of a finite logarithm gives the result.
  const factor = add(select(or(eq(size, 0), infinite), f32(Infinity), f32(0)), 1);
  const logarithm = log2(label("base", promote(min(size, largest))));
  const power = exp2(mul(label("exponent", promote(mul(y, factor))), logarithm));
  const positive = label("positive", select(or(eq(size, 1), eq(y, 0)), 1, power));
  const half = label("half", exact(mul(y, 0.5)));
  const integral = label("integral", eq(floor(y), y));
  const odd = and(integral, ne(floor(half), half));
  const undefinedHere = and(lt(x, 0), not(or(integral, infinite)));
  return select(undefinedHere, NaN, copysign(positive, select(odd, x, 0)));
}
