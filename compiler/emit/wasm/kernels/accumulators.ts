/** What a function says of its accumulators: their operations stand in the statements after their declarations. */
import type { ReductionOp, Statement } from "../../../ir/kernel/kernel-program.js";

export interface Accumulators {
  readonly operations: ReadonlyMap<string, ReductionOp>;
  /** Those that keep partial sums; others, such as sums over examples, are one chain. */
  readonly partial: ReadonlySet<string>;
  /** Those that are no sums: statements give them other values. */
  readonly assigned: ReadonlySet<string>;
}

export function accumulatorsOf(body: readonly Statement[]): Accumulators {
  const operations = new Map<string, ReductionOp>();
  const partial = new Set<string>();
  const assigned = new Set<string>();
  const read = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === "accumulate") operations.set(statement.name, statement.op);
      else if (statement.kind === "assign") assigned.add(statement.name);
      else if (statement.kind === "accumulator" && statement.lanes !== undefined) {
        partial.add(statement.name);
      } else if (statement.kind === "for" || statement.kind === "pieces") read(statement.body);
    }
  };
  read(body);
  return { operations, partial, assigned };
}
