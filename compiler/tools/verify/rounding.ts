/**
 * How far the module's own derivatives may be off by rounding, without the equations: the same derivatives are computed at calls
 * whose values differ in their last bits, so that everything inside rounds differently. What moves then is what rounding
 * leaves open (random rounding: J. Vignes, "A stochastic arithmetic for reliable scientific computation", Math. Comput. Simul. 35,
 * 1993). It is wide where sums cancel or errors grow from step to step, and narrow elsewhere.
 */
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import { disturb, unitOf } from "../calls/rounding.js";
import type { DirectedCall } from "../calls/draw-call.js";
import type { Weighted } from "./variables.js";

const samples = 4;
/** Deviations of a few samples are of the size of the error, not its bound. */
const safety = 8;

interface RoundingAllowance {
  /** `unitOf` the type of numbers. */
  readonly unit: number;
  /** What is granted whatever was observed, relative to the sum of absolute terms. */
  readonly least: number;
  /** Comparisons with wider error bars say nothing. */
  readonly readable: number;
}

export function precisionOf(dtype: "f32" | "f64"): RoundingAllowance {
  return dtype === "f64"
    ? { unit: unitOf.f64, least: 1e-9, readable: 1e-4 }
    : { unit: unitOf.f32, least: 2 ** -17, readable: 2e-2 };
}

/** The call with every number moved by up to two units in its last place, a few times. */
export const disturbedCalls = (manifest: Manifest, call: DirectedCall, random: Random): DirectedCall[] =>
  Array.from({ length: samples }, () => disturb(manifest, call, random));

/** A derivative that the module gives. */
export interface RoundedDerivative {
  readonly value: number;
  /** The sum of the absolute terms. */
  readonly size: number;
  /** How far it may be off by rounding. */
  readonly error: number;
}

/** How far rounding may move a number, by the values at disturbed calls. */
export function spreadOf(value: number, others: readonly number[]): number {
  const spread = Math.max(0, ...others.map((other) => Math.abs(other - value)));
  return Number.isFinite(spread) ? safety * spread : 0;
}

/** @param others The values at disturbed calls. */
export function derivativeOf(
  { sum, size }: Weighted,
  others: readonly Weighted[],
  { least }: RoundingAllowance,
): RoundedDerivative {
  const spread = spreadOf(
    sum,
    others.map((other) => other.sum),
  );
  // Terms that are not finite set no scale: they are errors themselves.
  const terms = Number.isFinite(size) ? size : 0;
  return { value: sum, size: terms, error: spread + least * terms };
}
