/**
 * The derivative of a function of one variable from its values, with an error bar: central differences with steps that are
 * halved again and again, extrapolated to step 0.
 *
 * For steps h_i = h_0 / 2^i the central differences D_i = (f(h_i) - f(-h_i)) / 2h_i have errors in even powers of h. Neville's
 * scheme removes one power with each further row (L. F. Richardson 1911; C. J. F. Ridders, "Accurate computation of F'(x) and
 * F'(x)F''(x)", Advances in Engineering Software 4, 1982). Every entry of the table has an error bar, the sum of
 *
 * - truncation: how far it is from the two entries it was made of;
 * - rounding: the noise of f, which is measured, over the step, and a few units in the last place of the entry;
 * - the sides: half of what is left of their difference.
 *
 * The entry with the smallest bar is the answer, so each function gets the step that suits it.
 *
 * The difference of the sides is S_i = (f(h_i) - 2 f(0) + f(-h_i)) / h_i. It goes to 0 with h where f is smooth and to the jump of
 * the derivative where it is not, and is extrapolated in the same way. Without it a kink would pass by luck: the central
 * difference of |x| is 0 at 0, without any error.
 */
import { ExtrapolationTable, type Estimate } from "./extrapolation-table.js";
import { measureNoise } from "./measure-noise.js";

export interface Difference {
  /** The best estimate of f'(0); at a kink the mean of both sides. */
  readonly value: number;
  /** How far `value` may be from the derivative. Infinite where there is none. */
  readonly error: number;
  /**
   * - `smooth`: the two sides agree;
   * - `kink`: the one-sided derivatives differ, at every step that can be resolved;
   * - `jump`: f itself is different on the two sides;
   * - `edge`: f is not finite at 0, or on one side of it.
   */
  readonly kind: "smooth" | "kink" | "jump" | "edge";
  /** One-sided derivatives: at a kink two numbers, where f is smooth both `value`, else NaN. */
  readonly left: number;
  readonly right: number;
  /** The smallest step that `value` is made of. */
  readonly step: number;
  /** How often f was computed. */
  readonly evaluations: number;
  /** Standard deviation of the rounding error of one value of f, as given or measured. */
  readonly noise: number;
}

export interface DifferenceSteps {
  /** The first and largest step; 1/16 unless told, right for arguments of about 1. */
  readonly step?: number;
  /** Unit of the rounding of arguments and values: 2^-53 unless told, 2^-24 for functions computed in float32. */
  readonly precision?: number;
  /** Standard deviation of the rounding error of one value of f, where it is known; measured unless told. */
  readonly noise?: number;
  /** No further steps once the bar is as small as this, and no kink where the sides differ by less. 0 unless told. */
  readonly goal?: number;
}

/** Steps down to 2^-23 of the first one. */
const rows = 24;

/**
 * Differentiates `f` at 0.
 *
 * @param f A function of a displacement: `(t) => loss(x + t * direction)`. Values that are not finite are steps that went
 *   too far.
 * @example
 *     differentiate((t) => Math.sin(1 + t)); // { value: 0.5403…, error: about 1e-14, kind: "smooth", … }
 *     differentiate((t) => Math.abs(t)); // { value: 0, kind: "kink", left: -1, right: 1, … }
 */
export function differentiate(f: (t: number) => number, options: DifferenceSteps = {}): Difference {
  const { step: first = 1 / 16, precision = 2 ** -53, goal = 0 } = options;
  let evaluations = 0;
  const at = (t: number): number => {
    evaluations++;
    return f(t);
  };
  const unknown = { value: NaN, error: Infinity, left: NaN, right: NaN, step: 0, noise: NaN };
  const center = at(0);
  if (!Number.isFinite(center)) return { ...unknown, kind: "edge", evaluations };

  const noise = options.noise ?? measureNoise(at, precision);
  const nowhere = { ...unknown, noise };
  // In errors of D even powers of the step, in S odd ones; the factors are three deviations of what goes into them.
  const slopes = new ExtrapolationTable(2, 6 * noise);
  const sides = new ExtrapolationTable(1, 32 * noise);
  let best: Estimate | undefined;
  let kink: { readonly slope: Estimate; readonly sides: Estimate } | undefined;
  for (let row = 0; row < rows; row++) {
    const step = first * 2 ** -row;
    const [above, below] = [at(step), at(-step)];
    if (!Number.isFinite(above) || !Number.isFinite(below)) {
      slopes.clear();
      sides.clear();
      continue;
    }
    const slope = slopes.add(step, (above - below) / (2 * step));
    const side = sides.add(step, (above - 2 * center + below) / step);
    if (slope === undefined || side === undefined) continue;
    if (Math.abs(side.value) > 3 * side.error + 2 * goal) {
      kink = { slope, sides: side };
      continue;
    }
    const error = slope.error + Math.abs(side.value) / 2 + 2 ** -50 * Math.abs(slope.value);
    // Steps that are lost in noise do not take back a kink that larger ones saw.
    if (kink !== undefined && error > Math.abs(kink.sides.value) / 4) continue;
    if (best === undefined || error < best.error) best = { ...slope, error };
    // Good enough, or as good as it gets: halving the step again would double the part of rounding.
    const attainable = Math.max((6 * noise) / step, 2 ** -49 * Math.abs(best.value));
    if (best.error <= Math.max(goal, attainable)) break;
  }

  if (slopes.doubles && (kink === undefined || sides.doubles)) return { ...nowhere, kind: "jump", evaluations };
  if (best !== undefined) return { ...best, kind: "smooth", left: best.value, right: best.value, evaluations, noise };
  if (kink === undefined) return { ...nowhere, kind: "edge", evaluations };
  const { value, step } = kink.slope;
  const half = kink.sides.value / 2;
  const error = kink.slope.error + kink.sides.error / 2;
  return { value, error, kind: "kink", left: value - half, right: value + half, step, evaluations, noise };
}
