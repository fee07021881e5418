import { InvariantError } from "../base/diagnostics/invariant.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import type { ShapeContext } from "../ir/graph/shape-rules.js";

/** A pure function from program to program that keeps its meaning: of graph functions also their inputs and outputs. */
export interface Pass<Program, Context> {
  /** As `explain --after` takes it. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly run: (program: Program, context: Context) => Program;
}

export type GraphPass = Pass<GraphFunction, ShapeContext>;

/** Called after each pass; `explain` prints, tests verify. */
type PassObserver<Program> = (pass: string, program: Program) => void;

/** Runs passes in order. A bug that shows in one of them is an {@link InvariantError} with its name. */
export function runPasses<Program, Context>(
  program: Program,
  passes: readonly Pass<Program, Context>[],
  context: Context,
  observe?: PassObserver<Program>,
): Program {
  return passes.reduce((current, pass) => {
    const next = named(pass, () => pass.run(current, context));
    observe?.(pass.name, next);
    return next;
  }, program);
}

function named<T>(pass: { readonly name: string }, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof InvariantError || error instanceof TypeError)) throw error;
    throw new InvariantError(`pass ${pass.name}: ${error.message}`, { cause: error });
  }
}
