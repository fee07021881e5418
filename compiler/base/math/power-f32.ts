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
import { le, mantissa, mul, ne, not, or, pow2, promote, rarely, select, sub } from "./expr.js";
import { pairs } from "./polynomial.js";

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
  return add(logarithmOf(label("f", sub(m, 1))), k);
}

/** log2(1 + f), 1 + f near 1. */
function logarithmOf(f: ScalarExpr): ScalarExpr {
  const s = label("s", div(f, add(f, 2)));
  return mul(s, pairs(label("z", mul(s, s)), log2Coefficients, "z"));
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

/** log2(x) of a positive normal float32; k and m of `x = 2^k·m` in float32, where they are exact. */
function log2Normal(x: ScalarExpr): ScalarExpr {
  const base = label("m", mantissa(x));
  const high = label("upper", lt(Math.SQRT2, base));
  const f = promote(exact(sub(select(high, exact(mul(base, 0.5)), base), 1)));
  const k = promote(exact(add(exponent(x), select(high, f32(1), f32(0)))));
  return add(logarithmOf(label("f", f)), k);
}

/** x^y; what is not a normal positive x with a finite y is rare, and has a way of its own. */
export function powF32(x: ScalarExpr, y: ScalarExpr): ScalarExpr {
  const usual = exp2(mul(promote(y), log2Normal(x)));
  const finite = eq(add(exact(sub(x, x)), sub(y, y)), 0);
  return rarely(not(and(le(2 ** -126, x), finite)), powOfAny(x, y), usual);
}

function powOfAny(x: ScalarExpr, y: ScalarExpr): ScalarExpr {
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
