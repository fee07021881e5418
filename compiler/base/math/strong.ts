/**
 * Products and quotients of derivatives in which a zero stays (a *strong* zero): where a branch was not taken, what it would have
 * been multiplied with may be infinite or NaN. Functions for targets without a way to mask a number.
 */
import { div, eq, type FloatType, mul, type ScalarExpr, type ScalarFunction, scalarFunction, select } from "./expr.js";

type StrongName = "strong_mul" | "strong_div";

function strong(name: StrongName, combine: (v: ScalarExpr, x: ScalarExpr) => ScalarExpr) {
  const of = (type: FloatType): ScalarFunction =>
    scalarFunction(name, type, ["v", "x"], (v, x) =>
      select(eq(v as ScalarExpr, 0), 0, combine(v as ScalarExpr, x as ScalarExpr)),
    );
  return { f32: of("f32"), f64: of("f64") };
}

/** 0 where `v` is 0, whatever `x` is. */
export const strongFunctions: Readonly<Record<StrongName, Readonly<Record<FloatType, ScalarFunction>>>> = {
  strong_mul: strong("strong_mul", mul),
  strong_div: strong("strong_div", div),
};
