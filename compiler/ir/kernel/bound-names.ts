import type { Statement } from "./kernel-program.js";

/** Adds the names that are bound in `statements`. */
export function collectNames(statements: readonly Statement[], names: Set<string>): void {
  for (const statement of statements) {
    if (statement.kind === "for") {
      names.add(statement.variable);
      collectNames(statement.body, names);
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
