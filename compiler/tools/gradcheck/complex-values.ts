/**
 * The scalar operations on complex numbers, for the complex step: one row for each, from the complex form of the function
 * and not from its derivative, so that the two cannot share a mistake.
 *
 * Imaginary parts are infinitesimal: a comparison looks at the real parts and, where these are equal, at the imaginary
 * ones. `x + iv` then stands for the numbers just beside x in the direction v, on which abs, max and comparisons are
 * decided as they are there. `decide` is asked each time the direction would decide, and may leave the tie as it is.
 */
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";
import { scalarValues } from "../../ir/ops/scalar-values.js";

export interface Complex {
  readonly re: number;
  readonly im: number;
}

/**
 * Called where the real parts tie and the imaginary ones do not: the point is at a kink or a jump. Of how far the imaginary part is
 * beyond the tie it gives that, to decide as just beside the point, or 0, to decide as at the point itself.
 */
export type Decide = (beyond: number) => number;

type ComplexFunction = (decide: Decide, x: Complex, y: Complex, z: Complex) => Complex;

const real = (re: number): Complex => ({ re, im: 0 });
const truth = (holds: boolean): Complex => real(holds ? 1 : 0);
const notANumber: Complex = { re: NaN, im: NaN };

const negated = ({ re, im }: Complex): Complex => ({ re: -re, im: -im });
const plus = (x: Complex, y: Complex): Complex => ({ re: x.re + y.re, im: x.im + y.im });
const minus = (x: Complex, y: Complex): Complex => ({ re: x.re - y.re, im: x.im - y.im });
const times = (x: Complex, y: Complex): Complex => ({
  re: x.re * y.re - x.im * y.im,
  im: x.re * y.im + x.im * y.re,
});
const isZero = (x: Complex): boolean => x.re === 0 && x.im === 0;

/** Smith's method: nothing overflows that the quotient does not. */
function over(x: Complex, y: Complex): Complex {
  if (y.im === 0) return { re: x.re / y.re, im: x.im / y.re };
  if (y.re === 0) return { re: x.re / y.re, im: NaN };
  const ratio = y.im / y.re;
  const size = y.re + y.im * ratio;
  return { re: (x.re + x.im * ratio) / size, im: (x.im - x.re * ratio) / size };
}

/** Negative where x is below y, 0 where they are equal or the tie is left as it is, NaN where one is. */
export function order(decide: Decide, x: Complex, y: Complex): number {
  if (x.re !== y.re) return x.re - y.re;
  return x.im === y.im ? 0 : decide(x.im - y.im);
}

function exp({ re, im }: Complex): Complex {
  const size = Math.exp(re);
  return { re: size * Math.cos(im), im: im === 0 ? 0 : size * Math.sin(im) };
}

function expm1({ re, im }: Complex): Complex {
  const half = Math.sin(im / 2);
  return { re: Math.expm1(re) * Math.cos(im) - 2 * half * half, im: im === 0 ? 0 : Math.exp(re) * Math.sin(im) };
}

function log({ re, im }: Complex): Complex {
  if (!(re > 0)) return re === 0 ? { re: -Infinity, im: NaN } : notANumber;
  return { re: Math.log(Math.hypot(re, im)), im: Math.atan2(im, re) };
}

function log1p({ re, im }: Complex): Complex {
  if (!(re > -1)) return re === -1 ? { re: -Infinity, im: NaN } : notANumber;
  return { re: Math.log1p(re), im: Math.atan2(im, 1 + re) };
}

/** By the half-plane on which the exponential does not overflow. */
function sigmoid(x: Complex): Complex {
  if (x.re >= 0) return over(real(1), plus(real(1), exp(negated(x))));
  const e = exp(x);
  return over(e, plus(real(1), e));
}

/** `-e / (2 + e)` with `e = exp(-2x) - 1`, which keeps what small x have. */
function tanh(x: Complex): Complex {
  if (x.re < 0) return negated(tanh(negated(x)));
  const e = expm1({ re: -2 * x.re, im: -2 * x.im });
  return over(negated(e), plus(real(2), e));
}

function softplus(x: Complex): Complex {
  return x.re > 0 ? plus(x, log1p(exp(negated(x)))) : log1p(exp(x));
}

function sqrt({ re, im }: Complex, decide: Decide): Complex {
  if (re > 0) {
    const angle = Math.atan2(im, re) / 2;
    const size = Math.sqrt(Math.hypot(re, im));
    return { re: size * Math.cos(angle), im: size * Math.sin(angle) };
  }
  if (re !== 0) return notANumber;
  if (im === 0) return real(re);
  // Right of 0 the slope is infinite, left of it there is nothing.
  return decide(im) < 0 ? notANumber : { re: 0, im: Infinity };
}

function pow(x: Complex, y: Complex, decide: Decide): Complex {
  if (x.re > 0) {
    const size = x.re ** y.re;
    const angle = y.im * Math.log(x.re) + y.re * Math.atan2(x.im, x.re);
    return { re: size * Math.cos(angle), im: angle === 0 ? 0 : size * Math.sin(angle) };
  }
  const isWhole = Number.isInteger(y.re) && y.im === 0;
  if (x.re < 0) {
    if (!isWhole) return notANumber;
    const size = pow(negated(x), y, decide);
    return y.re % 2 === 0 ? size : negated(size);
  }
  const value = scalarValues.pow(x.re, y.re);
  if (x.im === 0 || (isWhole && (y.re === 0 || y.re > 1))) return real(value);
  if (isWhole && y.re === 1) return x;
  if (decide(x.im) < 0) return notANumber;
  return { re: value, im: y.re > 1 ? 0 : Infinity };
}

/** Half the difference of the logarithms of 1 + ix and 1 - ix, along i. */
function atan({ re, im }: Complex): Complex {
  const angle = (Math.atan2(re, 1 - im) + Math.atan2(re, 1 + im)) / 2;
  const size = (4 * im) / (re * re + (1 - im) * (1 - im));
  return { re: angle, im: Math.log1p(size) / 4 };
}

/** Series for small arguments, continued fraction of erfc for large ones. */
function erf(x: Complex): Complex {
  if (x.re < 0) return negated(erf(negated(x)));
  const gauss = exp(negated(times(x, x)));
  if (x.re < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 200; n++) {
      const factor = times(x, x);
      term = times(term, { re: (2 * factor.re) / (2 * n + 1), im: (2 * factor.im) / (2 * n + 1) });
      sum = plus(sum, term);
      if (Math.abs(term.re) <= 1e-18 * Math.abs(sum.re) && Math.abs(term.im) <= 1e-18 * Math.abs(sum.im)) break;
    }
    return times(times(real(2 / Math.sqrt(Math.PI)), gauss), sum);
  }
  let fraction: Complex = real(0);
  for (let n = 60; n >= 1; n--) fraction = over(real(n / 2), plus(x, fraction));
  return minus(real(1), over(gauss, times(real(Math.sqrt(Math.PI)), plus(x, fraction))));
}

/** The whole number that holds just beside x: at a whole x, the direction says on which side that is. */
function floor({ re, im }: Complex, decide: Decide): Complex {
  const below = Math.floor(re);
  if (below !== re || im === 0) return real(below);
  return real(decide(im) < 0 ? below - 1 : below);
}

function round({ re, im }: Complex, decide: Decide): Complex {
  const below = Math.floor(re);
  const side = re - below !== 0.5 || im === 0 ? 0 : decide(im);
  return real(side === 0 ? scalarValues.round(re) : side < 0 ? below : below + 1);
}

/** Where the tie is left as it is, half of each, as derivatives have it. */
const halves = (x: Complex, y: Complex): Complex => ({ re: x.re, im: (x.im + y.im) / 2 });

function lesser(decide: Decide, x: Complex, y: Complex): Complex {
  if (Number.isNaN(x.re) || Number.isNaN(y.re)) return notANumber;
  const beyond = order(decide, x, y);
  return beyond === 0 ? halves(x, y) : beyond < 0 ? x : y;
}

const greater = (decide: Decide, x: Complex, y: Complex): Complex =>
  negated(lesser((beyond) => -decide(-beyond), negated(x), negated(y)));

/** At a tie with a bound the number itself. */
function clamp(decide: Decide, x: Complex, low: Complex, high: Complex): Complex {
  if ([x, low, high].some(({ re }) => Number.isNaN(re))) return notANumber;
  const above = order(decide, x, low) >= 0 ? x : low;
  return order(decide, above, high) <= 0 ? above : high;
}

export const complexValues: Readonly<Record<ScalarOp, ComplexFunction>> = {
  neg: (_, x) => negated(x),
  abs: (decide, x) => (order(decide, x, real(0)) < 0 ? negated(x) : x),
  sign: (decide, x) => real(Math.sign(order(decide, x, real(0)))),
  floor: (decide, x) => floor(x, decide),
  round: (decide, x) => round(x, decide),
  sqrt: (decide, x) => sqrt(x, decide),
  exp: (_, x) => exp(x),
  expm1: (_, x) => expm1(x),
  log: (_, x) => log(x),
  log1p: (_, x) => log1p(x),
  sin: (_, { re, im }) => ({ re: Math.sin(re) * Math.cosh(im), im: Math.cos(re) * Math.sinh(im) }),
  cos: (_, { re, im }) => ({ re: Math.cos(re) * Math.cosh(im), im: -Math.sin(re) * Math.sinh(im) }),
  tanh: (_, x) => tanh(x),
  sigmoid: (_, x) => sigmoid(x),
  softplus: (_, x) => softplus(x),
  erf: (_, x) => erf(x),
  atan: (_, x) => atan(x),
  // Declared to have no derivative, so the change ends here.
  stop_gradient: (_, x) => real(x.re),
  not: (_, x) => truth(x.re === 0),
  add: (_, x, y) => plus(x, y),
  sub: (_, x, y) => minus(x, y),
  mul: (_, x, y) => times(x, y),
  div: (_, x, y) => over(x, y),
  pow: (decide, x, y) => pow(x, y, decide),
  min: lesser,
  max: greater,
  lt: (decide, x, y) => truth(order(decide, x, y) < 0),
  le: (decide, x, y) => truth(order(decide, x, y) <= 0),
  eq: (decide, x, y) => truth(order(decide, x, y) === 0),
  ne: (decide, x, y) => truth(order(decide, x, y) !== 0),
  and: (_, x, y) => truth(x.re !== 0 && y.re !== 0),
  or: (_, x, y) => truth(x.re !== 0 || y.re !== 0),
  strong_mul: (_, v, d) => (isZero(v) ? v : times(v, d)),
  strong_div: (_, v, x) => (isZero(v) ? v : over(v, x)),
  clamp,
  select: (_, condition, whenTrue, whenFalse) => (condition.re !== 0 ? whenTrue : whenFalse),
};
