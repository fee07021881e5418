/**
 * The program of a cell over whole sequences: what lowering to kernels starts from, and what the module's shell calls.
 *
 * Every function is a graph function of one example whose inputs and outputs are named by the buffer they live in; `roles`
 * says what each is (`roles.ts` makes the names):
 *
 *   input.x  context.m  initial.h  param.W          what the caller gives (initial.h: given or computed)
 *   output.y  final.h                               results of forward; outputs and inputs are [%T, …]
 *   residual.N                                      what forward keeps for backward
 *   grad.output.y  grad.final.h                     cotangents the caller gives
 *   grad.input.x grad.context.m grad.initial.h grad.param.W   results of backward
 *   tangent.<any of the above>                      directional derivatives: given for inputs, results for outputs
 *   step.input.x step.context.m step.state.h step.output.y    streaming; step.state.h is read and replaced
 *
 * A buffer holds a shared value as `shape`, a value of each example as `[B, …shape]`, row-major, with the B, T and
 * run-time sizes of the call at hand.
 */
import type { GraphFunction } from "../ir/graph/types.js";
import type { Role } from "./roles.js";

export type EntryName =
  /** input, context, initial, param -> output, final (and residual.* where gradients are compiled in). */
  | "forward"
  /** One step on the step.* buffers. */
  | "step"
  /** context, param -> initial.* of the states whose initial value is computed. */
  | "initial"
  /** The same on the step.* buffers: step.context, param -> step.state. */
  | "stepInitial"
  /** residual, inputs of forward, grad.output, grad.final -> grad.input, grad.context, grad.initial, grad.param. */
  | "backward"
  /** grad.initial -> ADDED to grad.param, grad.context. */
  | "initialBackward"
  /** inputs of forward and their tangents -> tangent.output, tangent.final. */
  | "jvp"
  | "initialJvp"
  /** inputs of forward, cotangents, tangents of all -> tangent.grad.* . */
  | "hvp"
  /** ADDED to tangent.grad.param, tangent.grad.context. */
  | "initialHvp";

/** Entries that work on a single step of a stream, whatever the steps of a call are. */
export const streamEntries: ReadonlySet<string> = new Set<EntryName>(["step", "stepInitial"]);

/** Entries whose results are added to what the buffers hold instead of replacing it. */
export const accumulatingEntries: ReadonlySet<EntryName> = new Set<EntryName>(["initialBackward", "initialHvp"]);

export interface SequenceProgram {
  readonly functions: ReadonlyMap<EntryName, GraphFunction>;
  /** What every input and output of the functions is, by its name. */
  readonly roles: ReadonlyMap<string, Role>;
}
