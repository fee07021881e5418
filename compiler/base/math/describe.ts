/** What is known of the functions: special values, and error bounds, which are tested. The table of `spec/numerics.md`, written by hand, says the same. */
import { type MathName, mathFunctions, mathNames } from "./functions.js";

interface ErrorBound {
  /** Units in the last place of the exact result, where that is a normal number. 0.5 is correct rounding. */
  readonly ulp: number;
  /** Absolute error where the exact result is subnormal. */
  readonly subnormal: number;
}

interface MathDescription {
  /** What it computes, and its values at special arguments. */
  readonly doc: string;
  /** Where the bounds hold; everywhere where left out. */
  readonly range?: string;
  readonly bounds: Readonly<Record<"f32" | "f64", ErrorBound>>;
}

function bounds(f32: number, f64: number, subnormal: { f32?: number; f64?: number } = {}): MathDescription["bounds"] {
  return {
    f32: { ulp: f32, subnormal: subnormal.f32 ?? 2 ** -149 },
    f64: { ulp: f64, subnormal: subnormal.f64 ?? 2 ** -1074 },
  };
}

/** Apart from the functions themselves, as no compilation reads it. */
export const mathDescriptions: Readonly<Record<MathName, MathDescription>> = {
  exp: {
    doc: "e^x; overflows to inf, underflows through subnormals to 0",
    bounds: bounds(1, 1),
  },
  expm1: {
    doc: "e^x - 1; keeps ±0",
    bounds: bounds(1.4, 1.4),
  },
  log: {
    doc: "ln x; -inf at ±0, NaN below",
    bounds: bounds(0.9, 0.9),
  },
  log1p: {
    doc: "ln(1 + x); keeps ±0, -inf at -1, NaN below",
    bounds: bounds(0.9, 0.9),
  },
  sin: {
    doc: "sine; keeps ±0, NaN at ±inf; 0 for finite x beyond ±2^27",
    range: "±2^27",
    bounds: bounds(0.501, 0.9),
  },
  cos: {
    doc: "cosine; NaN at ±inf; 1 for finite x beyond ±2^27",
    range: "±2^27",
    bounds: bounds(0.501, 0.9),
  },
  tanh: {
    doc: "hyperbolic tangent; keeps ±0, ±1 at ±inf, never beyond",
    bounds: bounds(2.7, 2.7),
  },
  sigmoid: {
    doc: "1/(1 + e^-x); in [0, 1], 0 where e^-x overflows",
    bounds: bounds(2.5, 2.5, { f32: 2 ** -127, f64: 2 ** -1023 }),
  },
  softplus: {
    doc: "ln(1 + e^x); 0 at -inf, inf at inf",
    bounds: bounds(1.9, 1.8),
  },
  erf: {
    doc: "error function; keeps ±0, ±1 at ±inf, never beyond",
    bounds: bounds(2.1, 1.8),
  },
  atan: {
    doc: "arctangent; keeps ±0, ±π/2 at ±inf, never beyond",
    bounds: bounds(0.501, 1.8),
  },
  pow: {
    doc: "x^y with the special cases of C99: x^0 = 1^y = 1 even for NaN, (-1)^±inf = 1, NaN for finite x < 0 and y not integral",
    bounds: bounds(1.4, 1.6),
  },
  sign: {
    doc: "-1, x itself if ±0 or NaN, or 1",
    bounds: bounds(0, 0),
  },
  clamp: {
    doc: "high < t ? high : t with t = x < low ? low : x; NaN stays, NaN limits are ignored",
    bounds: bounds(0, 0),
  },
};

const powerOfTwo = (x: number): string => (x === 0 ? "0" : `2^${Math.log2(x)}`);

/** A Markdown table row per function, with a heading: bounds in units in the last place, and for subnormal results. */
export function describeMathFunctions(): string {
  const head = ["function", "range", "f32 ulp", "f32 subnormal", "f64 ulp", "f64 subnormal", "what it is"];
  const rows = mathNames.map((name) => {
    const { doc, range = "all", bounds } = mathDescriptions[name];
    return [
      `\`${name}(${mathFunctions[name].f32.params.map((p) => p.name).join(", ")})\``,
      range,
      String(bounds.f32.ulp),
      powerOfTwo(bounds.f32.subnormal),
      String(bounds.f64.ulp),
      powerOfTwo(bounds.f64.subnormal),
      doc,
    ];
  });
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
