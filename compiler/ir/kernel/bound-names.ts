import type { Statement } from "./kernel-program.js";
import { termsOf } from "./visit.js";

/** Adds the names that are bound in `statements`, but for those in regions, which are functions of their own. */
export function collectNames(statements: readonly Statement[], names: Set<string>): void {
  for (const statement of statements) {
    if (statement.kind === "for") {
      names.add(statement.variable);
      collectNames(statement.body, names);
    } else if (statement.kind === "windows") {
      for (const name of [statement.first, statement.steps]) names.add(name);
      collectNames(statement.body, names);
    } else if (statement.kind === "product") {
      const { rows, columns, schedule: { tail } = {} } = statement;
      const contracted = termsOf(statement).flatMap((terms) => terms.contracted);
      for (const axis of [rows, columns, ...contracted]) if (axis !== undefined) names.add(axis.variable);
      for (const name of tail === undefined ? [] : [tail.unit, ...tail.sums]) names.add(name);
      collectNames(tail?.body ?? [], names);
    } else if (statement.kind === "pieces") {
      const { examples, steps, done, carried, body, carry, finish } = statement;
      for (const name of [examples?.first, examples?.end, steps?.from, done, carried]) {
        if (name !== undefined) names.add(name);
      }
      for (const part of [body, carry, finish]) collectNames(part, names);
    } else if (statement.kind === "let_index" || statement.kind === "let" || statement.kind === "accumulator") {
      names.add(statement.name);
    } else if (statement.kind === "select_examples") names.add(statement.count);
  }
}
