/**
 * The compiler's own elementwise functions, one body per precision. Every target prints these bodies, so all targets give the same
 * bits; `describe.ts` has their error bounds, which are tested.
 */
import { atan } from "./arctangent.js";
import { erf, erfF32 } from "./error-function.js";
import { exp, expm1, sigmoid, tanh } from "./exponential.js";
import type { ScalarExpr, ScalarFunction } from "./expr.js";
import { constant, lt, max, min, scalarFunction, select, throughF64 } from "./expr.js";
import { log, log1p, softplus } from "./logarithm.js";
import { powF32 } from "./power-f32.js";
import { pow } from "./power.js";
import { cos, cosF32, sin, sinF32 } from "./trigonometric.js";

/** The functions in the order of the table of `spec/numerics.md`. */
export const mathNames = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "sin",
  "cos",
  "tanh",
  "sigmoid",
  "softplus",
  "erf",
  "atan",
  "pow",
  "sign",
  "clamp",
] as const;

export type MathName = (typeof mathNames)[number];

const named: ReadonlySet<string> = new Set(mathNames);

export const isMathName = (name: string): name is MathName => named.has(name);

interface MathFunction {
  readonly arity: number;
  readonly f32: ScalarFunction;
  readonly f64: ScalarFunction;
}

type FunctionRule = (...params: ScalarExpr[]) => ScalarExpr;

function define(
  name: MathName,
  params: readonly string[],
  rules: { readonly f32: FunctionRule; readonly f64: FunctionRule },
): MathFunction {
  return {
    arity: params.length,
    f32: scalarFunction(name, "f32", params, rules.f32),
    f64: scalarFunction(name, "f64", params, rules.f64),
  };
}

/** The f32 version computes the f64 one and rounds once. */
const rounded = (rule: FunctionRule): { f32: FunctionRule; f64: FunctionRule } => ({
  f32: throughF64(rule),
  f64: rule,
});
const both = (rule: FunctionRule): { f32: FunctionRule; f64: FunctionRule } => ({ f32: rule, f64: rule });

function sign(x: ScalarExpr): ScalarExpr {
  const one = constant(x.type === "f32" ? "f32" : "f64", 1);
  return select(lt(0, x), one, select(lt(x, 0), -1, x));
}

export const mathFunctions: Readonly<Record<MathName, MathFunction>> = {
  exp: define(
    "exp",
    ["x"],
    both((x) => exp(x!)),
  ),
  expm1: define("expm1", ["x"], both(expm1 as FunctionRule)),
  log: define("log", ["x"], both(log as FunctionRule)),
  log1p: define("log1p", ["x"], both(log1p as FunctionRule)),
  sin: define("sin", ["x"], { f32: sinF32 as FunctionRule, f64: sin as FunctionRule }),
  cos: define("cos", ["x"], { f32: cosF32 as FunctionRule, f64: cos as FunctionRule }),
  tanh: define("tanh", ["x"], both(tanh as FunctionRule)),
  sigmoid: define("sigmoid", ["x"], both(sigmoid as FunctionRule)),
  softplus: define("softplus", ["x"], both(softplus as FunctionRule)),
  erf: define("erf", ["x"], { f32: erfF32 as FunctionRule, f64: erf as FunctionRule }),
  atan: define("atan", ["x"], rounded(atan as FunctionRule)),
  pow: define("pow", ["x", "y"], { f32: powF32 as FunctionRule, f64: pow as FunctionRule }),
  sign: define("sign", ["x"], both(sign as FunctionRule)),
  clamp: define("clamp", ["x", "low", "high"], both(((x, low, high) => min(max(x!, low!), high!)) as FunctionRule)),
};
