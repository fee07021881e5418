/**
 * erf in f64. Up to |x| = 1 `x + x·P(x²)`, beyond `1 - exp(-Q(|x|))` with Q a fit of -log(erfc) whose error weighs as
 * erfc itself; both own minimax fits (2^-55 and 2^-56). At 5.95 the result has reached 1.
 */
import type { ScalarExpr } from "./expr.js";
import { abs, add, label, le, lt, min, mul, neg, select, sub } from "./expr.js";
import { expInRange } from "./exponential.js";
import { estrin, horner } from "./polynomial.js";

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
