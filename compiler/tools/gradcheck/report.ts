/** What a gradient check finds, as plain data. */
import type { Fault, FaultPlace } from "./fault.js";
import type { VariableRole } from "../calls/tensors.js";
import type { Precision } from "./precision.js";

/**
 * What is compared, and with what. Reverse mode with:
 *
 * - `complex step`: the equations on complex numbers, right to rounding; needs the source;
 * - `differences`: extrapolated differences of the compiled `forward`;
 * - `forward mode`: the compiled `jvp`;
 * - `float64`: the same gradient in float64, number by number, for modules in float32; needs the source.
 *
 * And `hvp` with `second differences`, those of the compiled gradient; or, where derivatives are declared or stopped, which
 * differences do not see, with `second complex step`, that of the derived gradient; needs the source.
 */
export type Method =
  "complex step" | "differences" | "forward mode" | "second differences" | "second complex step" | "float64";

/** Which derivatives a method compares, and whether its numbers come about without the rules that are checked. */
export const methods: Readonly<Record<Method, { readonly order: 1 | 2; readonly isIndependent: boolean }>> = {
  "complex step": { order: 1, isIndependent: true },
  differences: { order: 1, isIndependent: true },
  "forward mode": { order: 1, isIndependent: false },
  "second differences": { order: 2, isIndependent: true },
  "second complex step": { order: 2, isIndependent: true },
  float64: { order: 1, isIndependent: true },
};

export type { Precision };

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
  /** Of these, such as agree with zero too: they would not have noticed a gradient that is left out. */
  readonly vanishing: number;
  /** Of these, such of which both numbers are exactly zero: no result changes with the tensor there. */
  readonly zeros: number;
  /** Derivatives at a kink, a jump or an edge, where there is nothing to compare with. */
  readonly kinks: number;
  /** Derivatives whose bar is so wide that agreement says little. */
  readonly unresolved: number;
  /** The comparison that is farthest off; undefined where there was none. */
  readonly worst: Comparison | undefined;
}

export interface TensorReport {
  readonly role: VariableRole;
  readonly name: string;
  /** Does every comparison agree, and was there one that says something in each precision? */
  readonly passed: boolean;
  /**
   * Is the gradient zero by construction? No real number goes from the tensor to a result: it is only compared, rounded or read through
   * `stop_gradient`, or has no numbers. Known where the source is.
   */
  readonly zero: boolean;
  /**
   * Precisions in which nothing was compared that says something: the gradient was zero, or at a kink, at every point. None where
   * it is zero by construction.
   */
  readonly uncompared: readonly Precision[];
  /** Of what was said to have no influence: does no result change with it by more than rounding, at any point? */
  readonly withoutInfluence?: boolean;
  readonly methods: readonly MethodReport[];
}

/** A function that states its derivative: how far it is from the true one, at arguments that the cell gave it. */
export interface DeclaredReport {
  readonly name: string;
  /** Undefined where the source is not known. */
  readonly place: FaultPlace | undefined;
  /** Partial derivatives of elements of its value by elements of its arguments that were compared. */
  readonly compared: number;
  /** Arguments at a kink or a jump of the function, where it has no true derivative. */
  readonly kinks: number;
  /**
   * ‖declared − true‖ over the larger of ‖declared‖ and ‖true‖, of all that was compared: 0 where they are the same, 1 where
   * one of them is 0 throughout. Undefined where nothing was compared.
   */
  readonly distance: number | undefined;
  /** Where they are farthest apart. */
  readonly worst: DeclaredComparison | undefined;
}

/** A partial derivative, as it is declared and as it is. */
export interface DeclaredComparison {
  readonly declared: number;
  readonly true: number;
  /** The argument that it is by, its element, and the number there. */
  readonly argument: string;
  readonly index: readonly number[];
  readonly at: number;
}

/** The operation where numbers that are not finite begin, `sqrt`, in an equation, at a step. Left out where the source is not known. */
export interface NotFinitePlace {
  readonly operation?: string;
  readonly equation?: string;
  readonly place?: FaultPlace;
  /** Of the loop that it is in. */
  readonly step?: number;
  /** The element of what it computes, or going backwards of what it hands on. */
  readonly index?: readonly number[];
}

/** Values that are not finite at a random point. */
export interface NotFiniteValues extends NotFinitePlace {
  /** Outputs and final states. */
  readonly names: readonly string[];
}

/** What is not finite where the cell starts, whatever the inputs: parameters as initialised, states as declared. */
export interface SingularStart extends NotFinitePlace {
  readonly of: "values" | "gradient";
  /** Outputs and final states, or the tensors by which the gradient is. */
  readonly names: readonly string[];
  /** Of the module in which it is so. */
  readonly precision: Precision;
}

/** How an entry is run: as a whole, or as a stream. */
export type EntryWay = "forward" | "step";

/** An entry with a name: it has no gradients, as these are the whole's; its values are compared with its equations. */
export interface CalledEntryReport {
  readonly name: string;
  readonly passed: boolean;
  /** Numbers that were compared: of one call, and of single steps where it streams. */
  readonly compared: Readonly<Record<EntryWay, number>>;
  /** What is farthest off, relative to the largest number of its tensor, or to 1. */
  readonly worst:
    { readonly where: string; readonly error: number; readonly is: number; readonly meant: number } | undefined;
}

export interface GradientReport {
  /** Does every comparison agree, has every gradient been compared, and is all finite at the declared start? */
  readonly passed: boolean;
  readonly cell: string;
  readonly seed: number;
  readonly runs: number;
  readonly tolerance: number;
  readonly tolerance32: number;
  /** Random points that were left out because the cell's values were not finite there. */
  readonly skipped: number;
  /** What is not finite at the first of these, and where it begins; undefined where none was left out. */
  readonly notFinite: NotFiniteValues | undefined;
  /** Further points that were drawn for what had not been compared at those of the runs. */
  readonly furtherPoints: number;
  readonly tensors: readonly TensorReport[];
  /** Entries with names, where the source is known. */
  readonly entries: readonly CalledEntryReport[];
  /**
   * Functions that state their derivative. It is taken as the rule, and its distance to the true one is no failure. Of a module
   * without its source the names only.
   */
  readonly declared: readonly DeclaredReport[];
  /** Undefined where values and gradients are finite at the declared start. */
  readonly singularStart: SingularStart | undefined;
  /** Where the fault is, if there is one that is larger than rounding, and the source is known. */
  readonly fault: Fault | undefined;
}
