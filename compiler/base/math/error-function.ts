/**
 * erf in f64. Up to |x| = 1 `x + x·P(x²)`, beyond `1 - exp(-Q(|x|))` with Q a fit of -log(erfc) whose error weighs as
 * erfc itself; both own minimax fits (2^-55 and 2^-56). At 5.95 the result has reached 1.
 */
import type { ScalarExpr } from "./expr.js";
import { abs, add, copysign, label, le, lt, min, mul, neg, select, sub } from "./expr.js";
import { expInRange, oneMinusExp } from "./exponential.js";
import { estrin, horner, pairs } from "./polynomial.js";

const inner = [
  0.12837916709551256, -0.3761263890318334, 0.11283791670936541, -0.026866170641869812, 0.005223977595841008,
  -0.0008548325435633656, 0.00012055278854976846, -1.4924431294380086e-5, 1.6443694844808787e-6, -1.618026663632843e-7,
  1.3599588065157325e-8, -7.573991120951842e-10,
];
const outer = [
  1.5967784473987698e-7, 1.1283775179160733, 0.6366276566924362, 0.1027495281003289, -0.019082481941746793,
  -0.0002744119674439501, 0.0017624586883344892, -0.0006356472035874125, 4.110655345582227e-5, 7.237334110753547e-5,
  -4.591044629355691e-5, 1.681944015507859e-5, -4.412404492483401e-6, 8.693598382935855e-7, -1.2888759185260577e-7,
  1.4026873888416355e-8, -1.0608234460300704e-9, 4.987807688704969e-11, -1.098576456541167e-12,
];
const saturated = 5.95;

export function erf(x: ScalarExpr): ScalarExpr {
  const size = label("a", min(abs(x), saturated));
  const near = add(x, mul(x, horner(label("z", mul(x, x)), inner)));
  const tail = label("tail", sub(1, expInRange(label("q", neg(estrin(size, outer, "a"))))));
  return select(le(abs(x), 1), near, select(lt(x, 0), neg(tail), tail));
}

/** -log(erfc(a))/a - 1 up to a = 3.95, a minimax fit (2^-27 in the result). From there on the result is 1. */
const whole = [
  0.12837916612625122, 0.6366195678710938, 0.10277630388736725, -0.019147822633385658, -0.00016950469580478966,
  0.0016756778350099921, -0.0006373650976456702, 0.00011886213178513572, -9.386573765368666e-6,
];
const saturatedF32 = 3.95;

/** The same for f32 as `1 - exp(-Q)` throughout, which has no part where a digit is lost. */
export function erfF32(x: ScalarExpr): ScalarExpr {
  const a = label("a", min(abs(x), saturatedF32));
  return copysign(oneMinusExp(label("v", add(a, mul(a, pairs(a, whole, "a"))))), x);
}
