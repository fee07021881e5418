/** What a function says of its accumulators: their operations stand in the statements after their declarations. */
import type { ReductionOp, Statement } from "../../../ir/kernel/kernel-program.js";

export interface Accumulators {
  readonly operations: ReadonlyMap<string, ReductionOp>;
  /** The loop variable by which an accumulator keeps partial sums; what has none, such as a sum over examples, is one chain. */
  readonly laneVariables: ReadonlyMap<string, string>;
  /** Those that are no sums: statements give them other values. */
  readonly assigned: ReadonlySet<string>;
}

export function accumulatorsOf(body: readonly Statement[]): Accumulators {
  const operations = new Map<string, ReductionOp>();
  const laneVariables = new Map<string, string>();
  const assigned = new Set<string>();
  const read = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === "accumulate") operations.set(statement.name, statement.op);
      else if (statement.kind === "assign") assigned.add(statement.name);
      else if (statement.kind === "accumulator" && statement.lanes !== undefined) {
        laneVariables.set(statement.name, statement.lanes.variable);
      } else if (statement.kind === "for" || statement.kind === "pieces") read(statement.body);
    }
  };
  read(body);
  return { operations, laneVariables, assigned };
}
