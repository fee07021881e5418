/** What a gradient check finds, as plain data. */
import type { Fault } from "./locate/fault.js";
import type { Role } from "./point.js";

/**
 * What is compared, and with what. Reverse mode with:
 *
 * - `complex step`: the equations on complex numbers, right to rounding; needs the source;
 * - `differences`: extrapolated differences of the compiled `forward`;
 * - `forward mode`: the compiled `jvp`;
 * - `float64`: the same gradient in float64, number by number, for modules in float32; needs the source.
 *
 * And `hvp` with `second differences`, those of the compiled gradient.
 */
export type Method = "complex step" | "differences" | "forward mode" | "second differences" | "float64";

export type Precision = "f32" | "f64";

/** Two numbers for one derivative. */
export interface Comparison {
  /** |analytic - numeric| over the size of both; for the smallest of gradients over a share of the largest. */
  readonly error: number;
  /** How far `numeric` may be from the truth, over the same size. */
  readonly bar: number;
  readonly analytic: number;
  readonly numeric: number;
  /** The coordinate, `[b, t, …]` or of a param `[…]`; undefined for a direction through all of them. */
  readonly index: readonly number[] | undefined;
  /** Sizes it happened at. */
  readonly dimensions: Readonly<Record<string, number>>;
  readonly batch: number;
  readonly steps: number;
}

export interface MethodReport {
  readonly method: Method;
  /** Of the module whose gradient was compared. */
  readonly precision: Precision;
  readonly passed: boolean;
  /** Derivatives compared. */
  readonly compared: number;
  /** Derivatives at a kink, a jump or an edge, where there is nothing to compare with. */
  readonly kinks: number;
  /** Derivatives whose bar is so wide that agreement says little. */
  readonly unresolved: number;
  /** The comparison that is farthest off; undefined where there was none. */
  readonly worst: Comparison | undefined;
}

export interface TensorReport {
  readonly role: Role;
  readonly name: string;
  readonly passed: boolean;
  readonly methods: readonly MethodReport[];
}

export interface GradientReport {
  /** Does every comparison agree, and was there one for every tensor? */
  readonly passed: boolean;
  readonly cell: string;
  readonly seed: number;
  readonly runs: number;
  readonly tolerance: number;
  readonly tolerance32: number;
  /** Random points that were left out because the cell's values were not finite there. */
  readonly skipped: number;
  readonly tensors: readonly TensorReport[];
  /** Where the fault is, if there is one that is larger than rounding, and the source is known. */
  readonly fault: Fault | undefined;
}
