/**
 * The compiler's own elementwise functions, one body per precision, with tested error bounds. Every target prints these bodies, so
 * all targets give the same bits; `spec/numerics.md` shows this table.
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

interface ErrorBound {
  /** Units in the last place of the exact result, where that is a normal number. 0.5 is correct rounding. */
  readonly ulp: number;
  /** Absolute error where the exact result is subnormal. */
  readonly subnormal: number;
}

interface MathFunction {
  readonly arity: number;
  readonly f32: ScalarFunction;
  readonly f64: ScalarFunction;
  /** What it computes, and its values at special arguments. */
  readonly doc: string;
  /** Where the bounds hold. */
  readonly range: string;
  readonly bounds: Readonly<Record<"f32" | "f64", ErrorBound>>;
}

type FunctionRule = (...params: ScalarExpr[]) => ScalarExpr;

function define(
  name: MathName,
  params: readonly string[],
  rules: { readonly f32: FunctionRule; readonly f64: FunctionRule },
  about: { readonly doc: string; readonly range?: string; readonly bounds: MathFunction["bounds"] },
): MathFunction {
  return {
    arity: params.length,
    f32: scalarFunction(name, "f32", params, rules.f32),
    f64: scalarFunction(name, "f64", params, rules.f64),
    doc: about.doc,
    range: about.range ?? "all",
    bounds: about.bounds,
  };
}

/** The f32 version computes the f64 one and rounds once. */
const rounded = (rule: FunctionRule): { f32: FunctionRule; f64: FunctionRule } => ({
  f32: throughF64(rule),
  f64: rule,
});
const both = (rule: FunctionRule): { f32: FunctionRule; f64: FunctionRule } => ({ f32: rule, f64: rule });

function bounds(f32: number, f64: number, subnormal: { f32?: number; f64?: number } = {}): MathFunction["bounds"] {
  return {
    f32: { ulp: f32, subnormal: subnormal.f32 ?? 2 ** -149 },
    f64: { ulp: f64, subnormal: subnormal.f64 ?? 2 ** -1074 },
  };
}

function sign(x: ScalarExpr): ScalarExpr {
  const one = constant(x.type === "f32" ? "f32" : "f64", 1);
  return select(lt(0, x), one, select(lt(x, 0), -1, x));
}

export const mathFunctions: Readonly<Record<MathName, MathFunction>> = {
  exp: define(
    "exp",
    ["x"],
    both((x) => exp(x!)),
    {
      doc: "e^x; overflows to inf, underflows through subnormals to 0",
      bounds: bounds(1, 1),
    },
  ),
  expm1: define("expm1", ["x"], both(expm1 as FunctionRule), { doc: "e^x - 1; keeps ±0", bounds: bounds(1.4, 1.4) }),
  log: define("log", ["x"], both(log as FunctionRule), {
    doc: "ln x; -inf at ±0, NaN below",
    bounds: bounds(0.9, 0.9),
  }),
  log1p: define("log1p", ["x"], both(log1p as FunctionRule), {
    doc: "ln(1 + x); keeps ±0, -inf at -1, NaN below",
    bounds: bounds(0.9, 0.9),
  }),
  sin: define(
    "sin",
    ["x"],
    { f32: sinF32 as FunctionRule, f64: sin as FunctionRule },
    {
      doc: "sine; keeps ±0, NaN at ±inf; 0 for finite x beyond ±2^27",
      range: "±2^27",
      bounds: bounds(0.501, 0.9),
    },
  ),
  cos: define(
    "cos",
    ["x"],
    { f32: cosF32 as FunctionRule, f64: cos as FunctionRule },
    {
      doc: "cosine; NaN at ±inf; 1 for finite x beyond ±2^27",
      range: "±2^27",
      bounds: bounds(0.501, 0.9),
    },
  ),
  tanh: define("tanh", ["x"], both(tanh as FunctionRule), {
    doc: "hyperbolic tangent; keeps ±0, ±1 at ±inf, never beyond",
    bounds: bounds(2.7, 2.7),
  }),
  sigmoid: define("sigmoid", ["x"], both(sigmoid as FunctionRule), {
    doc: "1/(1 + e^-x); in [0, 1], 0 where e^-x overflows",
    bounds: bounds(2.5, 2.5, { f32: 2 ** -127, f64: 2 ** -1023 }),
  }),
  softplus: define("softplus", ["x"], both(softplus as FunctionRule), {
    doc: "ln(1 + e^x); 0 at -inf, inf at inf",
    bounds: bounds(1.9, 1.8),
  }),
  erf: define(
    "erf",
    ["x"],
    { f32: erfF32 as FunctionRule, f64: erf as FunctionRule },
    {
      doc: "error function; keeps ±0, ±1 at ±inf, never beyond",
      bounds: bounds(2.1, 1.8),
    },
  ),
  atan: define("atan", ["x"], rounded(atan as FunctionRule), {
    doc: "arctangent; keeps ±0, ±π/2 at ±inf, never beyond",
    bounds: bounds(0.501, 1.8),
  }),
  pow: define(
    "pow",
    ["x", "y"],
    { f32: powF32 as FunctionRule, f64: pow as FunctionRule },
    {
      doc: "x^y with the special cases of C99: x^0 = 1^y = 1 even for NaN, (-1)^±inf = 1, NaN for finite x < 0 and y not integral",
      bounds: bounds(1.4, 1.6),
    },
  ),
  sign: define("sign", ["x"], both(sign as FunctionRule), {
    doc: "-1, x itself if ±0 or NaN, or 1",
    bounds: bounds(0, 0),
  }),
  clamp: define("clamp", ["x", "low", "high"], both(((x, low, high) => min(max(x!, low!), high!)) as FunctionRule), {
    doc: "high < t ? high : t with t = x < low ? low : x; NaN stays, NaN limits are ignored",
    bounds: bounds(0, 0),
  }),
};
