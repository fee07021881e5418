/** What each scalar operation computes, in float64 with the host's functions: the meaning, not the compiled form. */
import type { ScalarOp } from "./scalar-ops.js";

type ScalarEvaluation = (...operands: number[]) => number;

export const scalarValues: Readonly<Record<ScalarOp, ScalarEvaluation>> = {
  neg: (x = NaN) => -x,
  abs: (x = NaN) => Math.abs(x),
  sign: (x = NaN) => Math.sign(x),
  floor: (x = NaN) => Math.floor(x),
  round: (x = NaN) => roundHalfToEven(x),
  sqrt: (x = NaN) => Math.sqrt(x),
  exp: (x = NaN) => Math.exp(x),
  expm1: (x = NaN) => Math.expm1(x),
  log: (x = NaN) => Math.log(x),
  log1p: (x = NaN) => Math.log1p(x),
  sin: (x = NaN) => Math.sin(x),
  cos: (x = NaN) => Math.cos(x),
  tanh: (x = NaN) => Math.tanh(x),
  sigmoid: (x = NaN) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : sigmoidOfNegative(x)),
  softplus: (x = NaN) => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf: (x = NaN) => erf(x),
  atan: (x = NaN) => Math.atan(x),
  stop_gradient: (x = NaN) => x,
  not: (x = NaN) => (x === 0 ? 1 : 0),
  add: (a = NaN, b = NaN) => a + b,
  sub: (a = NaN, b = NaN) => a - b,
  mul: (a = NaN, b = NaN) => a * b,
  div: (a = NaN, b = NaN) => a / b,
  pow: (a = NaN, b = NaN) => power(a, b),
  min: (a = NaN, b = NaN) => Math.min(a, b),
  max: (a = NaN, b = NaN) => Math.max(a, b),
  lt: (a = NaN, b = NaN) => (a < b ? 1 : 0),
  le: (a = NaN, b = NaN) => (a <= b ? 1 : 0),
  eq: (a = NaN, b = NaN) => (a === b ? 1 : 0),
  ne: (a = NaN, b = NaN) => (a !== b ? 1 : 0),
  and: (a = NaN, b = NaN) => (a !== 0 && b !== 0 ? 1 : 0),
  or: (a = NaN, b = NaN) => (a !== 0 || b !== 0 ? 1 : 0),
  strong_mul: (v = NaN, d = NaN) => (v === 0 ? 0 : v * d),
  strong_div: (v = NaN, x = NaN) => (v === 0 ? 0 : v / x),
  clamp: (x = NaN, low = NaN, high = NaN) => Math.min(Math.max(x, low), high),
  select: (condition = NaN, whenTrue = NaN, whenFalse = NaN) => (condition !== 0 ? whenTrue : whenFalse),
};

function sigmoidOfNegative(x: number): number {
  const e = Math.exp(x);
  return e / (1 + e);
}

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** C99: `1^y` and `x^0` are 1 also for NaN, unlike `**`, which gives NaN for `1 ** NaN` and `(±1) ** ±inf`. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a ** b;
}

/** Series for small arguments, continued fraction of erfc (Lentz) for large ones; about 1e-15 relative. */
function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const magnitude = Math.abs(x);
  if (magnitude < 2.5) {
    // erf(x) = 2/sqrt(pi) exp(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, all terms of one sign.
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  if (magnitude > 6) return Math.sign(x);
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (magnitude + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / (Math.sqrt(Math.PI) * (magnitude + fraction)));
}
