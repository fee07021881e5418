import type { GraphFunction } from "../ir/graph/types.js";
import type { ShapeContext } from "../ops/shape-rules.js";

/** A pure function from graph function to graph function that keeps its meaning, inputs and outputs. */
export interface GraphPass {
  /** As `explain --after` takes it. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly run: (fn: GraphFunction, context: ShapeContext) => GraphFunction;
}

/** Called after each pass; `explain` prints, tests verify. */
export type PassObserver = (pass: string, fn: GraphFunction) => void;

/** Runs passes in order. */
export function runPasses(
  fn: GraphFunction,
  passes: readonly GraphPass[],
  context: ShapeContext,
  observe?: PassObserver,
): GraphFunction {
  return passes.reduce((current, pass) => {
    const next = pass.run(current, context);
    observe?.(pass.name, next);
    return next;
  }, fn);
}
