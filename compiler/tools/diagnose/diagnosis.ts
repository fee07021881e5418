/** What a diagnosis says: plain data, for programs, pictures and words. */
import { refuse } from "../../../runtime/base/arguments.js";
import { isRecord } from "../../../runtime/base/options.js";
import type { NonlinearityKind } from "./nonlinearities.js";

/** A place in the source. */
export interface SourcePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** `h' = tanh(W @ x + U @ h + b)`, or the part of it that is meant. */
  readonly text: string;
}

/** The first number that is infinite or no number. */
export interface Overflow {
  /** Counted from 0; -1 for the values before the first step. */
  readonly step: number;
  /** Or the state, where its initial value is the first. */
  readonly equation: string;
  readonly place: SourcePlace | undefined;
  readonly example: number;
  readonly value: number;
}

/** A curve of norms: natural logarithms, one for each step back. */
export interface NormCurve {
  readonly state: string;
  /** Mean over the examples whose gradient is not exactly zero; -Infinity where there are none. */
  readonly mean: readonly number[];
  readonly least: readonly number[];
  readonly greatest: readonly number[];
  /** In how many examples the gradient is exactly zero. */
  readonly zeros: readonly number[];
}

/** How much of the gradient an equation hands on to one of the values it reads. */
export interface PassedOn {
  readonly equation: string;
  readonly reads: string;
  readonly place: SourcePlace | undefined;
  /**
   * Norm of what arrives through this equation, divided by the norm of what it was given: geometric mean over the steps at
   * which anything arrives, 0 where there is none.
   */
  readonly factor: number;
  /** Norm of what arrives, divided by the norm of the gradient by the whole state after the step; mean over the run. */
  readonly share: number;
}

export interface GradientFlow {
  /** What the loss is: a random weighting of the last outputs, or of the last state where no output depends on the state. */
  readonly loss: "outputs" | "states";
  /** Index k: k steps before the last. Divided by the norm of the whole at k = 0. */
  readonly total: NormCurve;
  readonly states: readonly NormCurve[];
  readonly passedOn: readonly PassedOn[];
  /** Indices into `passedOn`: the way by which the largest part of the gradient goes from a next state to a state. */
  readonly mainWay: readonly number[];
  /** How much goes that way, as a part of the gradient by the whole state before the step: from 0 to 1. */
  readonly mainShare: number;
  /** Steps back at which the gradient is no longer finite; undefined where it always is. */
  readonly notFinite: number | undefined;
}

export interface LyapunovSpectrum {
  /** Per step, greatest first: means over the examples in which the direction is not lost; -Infinity where there are none. */
  readonly exponents: readonly number[];
  /** Standard error of each, from the differences between examples and parts of the run. */
  readonly errors: readonly number[];
  /** In how many examples a direction comes to exactly nothing, as through a `relu` that is off. */
  readonly lost: readonly number[];
  /** Steps at the start that do not count, while the directions align. */
  readonly discarded: number;
}

/** The Jacobian of the next state by the state, along the run of the first example. */
export interface JacobianProfile {
  readonly steps: readonly number[];
  /** Largest absolute value of an eigenvalue; NaN, as the norm, where a derivative is not finite. */
  readonly radius: readonly number[];
  /** Largest singular value. */
  readonly norm: readonly number[];
  /** Whether the radius comes from all eigenvalues, or from a subspace because the state is large. */
  readonly exact: boolean;
}

export interface Saturation {
  readonly equation: string;
  readonly kind: NonlinearityKind;
  readonly place: SourcePlace | undefined;
  /** Fractions of all values at the lower and the upper end. */
  readonly low: number;
  readonly high: number;
  /** Mean of the absolute slope. */
  readonly slope: number;
  /** Units that are at one end in every step of every example. */
  readonly stuckUnits: number;
  readonly units: number;
}

type FlowVerdict = "vanishes" | "explodes" | "carried" | "zero" | "not finite" | "no steps";

export interface Verdict {
  readonly flow: FlowVerdict;
  /** By which the norm of the gradient changes in each step back, after the first tenth of the run. */
  readonly perStep: number | undefined;
  /** Steps back at which it first is below a thousandth, above a thousandfold, zero or not finite. */
  readonly atStep: number | undefined;
  /** In words, one sentence each. */
  readonly words: readonly string[];
}

export interface Diagnosis {
  readonly cell: string;
  /** The name of the text that was diagnosed; places may be in others that it imports. */
  readonly file: string;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly batch: number;
  /** Steps that were run: fewer than asked for where values overflow. */
  readonly steps: number;
  readonly seed: number;
  readonly data: "noise" | "given";
  readonly params: "initial" | "given";
  /** Numbers in the state of one example. */
  readonly stateSize: number;
  readonly overflow: Overflow | undefined;
  /** Undefined where the cell has no state or no step could be run. */
  readonly gradient: GradientFlow | undefined;
  /** Undefined also where a derivative is not finite. */
  readonly lyapunov: LyapunovSpectrum | undefined;
  readonly jacobian: JacobianProfile | undefined;
  readonly saturation: readonly Saturation[];
  readonly verdict: Verdict;
}

/** @throws TypeError for anything but what `diagnose` gives. */
export function checkDiagnosis(where: string, value: unknown): void {
  if (isRecord(value) && isRecord(value["verdict"]) && Array.isArray(value["saturation"])) return;
  refuse(where, "the argument", "a diagnosis (what diagnose gives)", value);
}
