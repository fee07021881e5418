/**
 * Leaves out copies of elements onto themselves. Where the next value of a state is merged with the state, what the state begins
 * with, in rounds above all, or keeps, is stored to where it was loaded from.
 */
import { accessKey, affineKey, affineVariable } from "../../ir/kernel/affine.js";
import type { Statement } from "../../ir/kernel/kernel-program.js";
import { mapStatement } from "../../ir/kernel/visit.js";

/** The statement without those within `buffer`; undefined where nothing is left of it. */
export function withoutSelfCopies(statement: Statement, buffer: string): Statement | undefined {
  if (statement.kind !== "region" && statement.kind !== "for") return statement;
  const body = trimmed(statement.body, buffer);
  if (body === statement.body) return statement;
  return body.length === 0 ? undefined : { ...statement, body };
}

/** The same list where there are none. */
function trimmed(statements: readonly Statement[], buffer: string): readonly Statement[] {
  // Where numbers, by their names, were loaded from.
  const loaded = new Map<string, string>();
  const kept: Statement[] = [];
  for (const statement of statements) {
    if ((statement.kind === "let" || statement.kind === "let_index") && statement.value.kind === "load") loaded.set(statement.name, accessKey(statement.value.access)); // prettier-ignore
    const own = isSelfCopy(statement, buffer, loaded) ? undefined : withoutSelfCopies(statement, buffer);
    if (own !== undefined) kept.push(own);
  }
  if (kept.length === statements.length && kept.every((statement, i) => statement === statements[i])) return statements;
  const uses = usesOf(kept);
  return kept.filter((statement) => !("name" in statement && loaded.has(statement.name) && !uses.has(statement.name)));
}

function isSelfCopy(statement: Statement, buffer: string, loaded: ReadonlyMap<string, string>): boolean {
  if (statement.kind !== "store" && statement.kind !== "store_index") return false;
  const { access, value } = statement;
  if (access.buffer !== buffer || (statement.kind === "store" && statement.mode === "add")) return false;
  if ("terms" in value) return [...loaded].some(([name, from]) => from === accessKey(access) && affineKey(value) === affineKey(affineVariable(name))); // prettier-ignore
  if (value.kind === "load") return accessKey(value.access) === accessKey(access);
  return value.kind === "variable" && loaded.get(value.name) === accessKey(access);
}

/** Names of numbers that are read, also by what is inside. */
function usesOf(statements: readonly Statement[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const statement of statements) {
    mapStatement(statement, {
      // Also where it is declared.
      variable: (name) => {
        count(name);
        return name;
      },
      affine: (value) => {
        for (const { variable } of value.terms) count(variable);
        return value;
      },
    });
    if (statement.kind === "let_index") count(statement.name);
  }
  return new Set([...counts].flatMap(([name, times]) => (times > 1 ? [name] : [])));
}
