/** What is at fault where a gradient is wrong, as plain data. */
import type { Span } from "../../base/source/span.js";
import type { KernelTargetName } from "../../passes/kernel/passes.js";
import type { Precision } from "./precision.js";

/**
 * - `rule`: the derivative rule of an operation;
 * - `pass`: a pass over the graph, which should keep its meaning;
 * - `range`: nothing of the compiler; the derived gradient, evaluated as it stands, is no finite number in this precision;
 * - `kernel`: what lowers the graph to kernels, or a pass over these;
 * - `code`: what is made of kernels, or a module that was changed since.
 */
export type FaultStage = "rule" | "pass" | "range" | "kernel" | "code";

export interface FaultPlace {
  readonly span: Span;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What stands there: `tanh(W @ x + b)`. */
  readonly text: string;
}

/** Of reverse mode (`backward`), forward mode (`jvp`), or both in turn (`hvp`). */
export type DerivativeMode = "reverse" | "forward" | "second";

export interface Fault {
  readonly stage: FaultStage;
  /** What is wrong; `value`, where a pass changes what is computed and no derivative. */
  readonly mode: "value" | DerivativeMode;
  /** Of `rule`: the other of reverse and forward mode, where the same operation is wrong in that, too. */
  readonly alsoIn?: DerivativeMode;
  /** Of `range`: the precision in which the gradient is not finite. */
  readonly precision?: Precision;
  /** The operation, `tanh`; or the pass. Empty where only the stage is known. */
  readonly operation: string;
  /** Of passes: the entry whose meaning they change, `backward`, and which of their runs on it, from 1. */
  readonly entry?: string;
  readonly run?: number;
  /** Of `kernel`: the target whose kernels they are. */
  readonly target?: KernelTargetName;
  /** What kernels do that none may, rather than another number: `no buffer input.x`. */
  readonly problem?: string;
  /** From 0: the operand whose cotangent is wrong. Undefined in forward mode, and for passes and code. */
  readonly operand: number | undefined;
  /** The name on the left of the equation, `h'`; for a pass the output that changed. */
  readonly equation: string | undefined;
  /** Of a pass where in the text the output comes from. */
  readonly place: FaultPlace | undefined;
  /** What was derived and what was measured; of a pass what came out of it and what went in. Undefined for code. */
  readonly analytic: number | undefined;
  readonly numeric: number | undefined;
  /** The example, the step and the element at which the two numbers differ. */
  readonly example: number;
  readonly step: number | undefined;
  readonly index: readonly number[];
  /** The smallest case that was found. */
  readonly counterexample: Counterexample;
}

/** A case as plain data. */
export interface Counterexample {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly batch: number;
  readonly steps: number;
  /** Of each example, and each run-time dimension's sizes. */
  readonly lengths: readonly number[];
  readonly sizes: Readonly<Record<string, readonly number[]>>;
  /** Numbers of everything, nested as the shapes say; those that are all zero are left out. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Cotangents of outputs and final states, in the same way: the loss is `Σ cotangent · value`. */
  readonly cotangents: Readonly<Record<string, unknown>>;
}
