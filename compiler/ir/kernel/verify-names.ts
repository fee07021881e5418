/** A check of kernels that passes still rewrite: what a region computes is found by its name. */
import { repeated } from "../../base/repeated.js";
import type { KernelFunction, Statement } from "./kernel-program.js";
import { forEachSimple } from "./visit.js";

/**
 * Scalars have one name each in their region, also in loops beside each other, until products become loops: tiles repeat the names of their
 * bodies.
 */
export function verifyNames({ functions }: { readonly functions: readonly KernelFunction[] }): string[] {
  return functions.flatMap((fn) => twiceIn(fn.body).map((name) => `${fn.name}: ${name} is bound twice in a region`));
}

function twiceIn(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.kind === "region") return repeated(namesIn(statement.body));
    if (statement.kind === "pieces") return twiceIn([...statement.body, ...statement.carry, ...statement.finish]);
    return statement.kind === "for" || statement.kind === "windows" ? twiceIn(statement.body) : [];
  });
}

/** Of scalars, in their order. */
function namesIn(statements: readonly Statement[]): string[] {
  const names: string[] = [];
  forEachSimple(statements, (statement) => {
    if (statement.kind === "let" || statement.kind === "accumulator") names.push(statement.name);
    if (statement.kind === "product") names.push(...namesIn(statement.schedule?.tail?.body ?? []));
  });
  return names;
}
