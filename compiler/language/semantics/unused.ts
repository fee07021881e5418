/** Warnings about names that nothing reads. */
import type { Checker } from "./checker.js";
import type { ModuleScope } from "./declared.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { CellNode } from "../syntax/ast.js";
import { forEachPart } from "./expression-parts.js";
import { type CellScope, type ScopeEntry, type Scope, wordsFor } from "./scope.js";

const help: Partial<Record<ScopeEntry["kind"], (name: string) => string>> = {
  equation: () => "leave it out, or make it an output: `output …`",
  tangent: (name) => `the derivative by its argument is then zero; where that is meant, call it \`_${name}\``,
};

/**
 * Names that begin with `_` are meant to be unused.
 *
 * @param others Names that nothing reads by themselves, and that count all the same.
 */
export function reportUnused(
  checker: Checker,
  scope: Scope,
  kinds: ReadonlySet<ScopeEntry["kind"]>,
  others: ReadonlySet<string> = new Set(),
): void {
  for (const [name, { kind, span }] of scope.entries) {
    if (!kinds.has(kind) || scope.used.has(name) || others.has(name) || name.startsWith("_")) continue;
    checker.report("unused-name", span, `${wordsFor(kind, name)} is never used`, {
      help: help[kind]?.(name),
    });
  }
}

/** Of a cell; what its functions read is used. */
export function reportUnusedOfCell(checker: Checker, scope: CellScope, node: CellNode): void {
  for (const declaration of scope.functions.values()) {
    for (const name of checker.known.functions.get(declaration)?.outerNames ?? []) scope.used.add(name);
  }
  const kinds = [
    "cell",
    "dimension",
    "real",
    "input",
    "context",
    "param",
    "fixed",
    "setting",
    "equation",
    "function",
  ] as const;
  reportUnused(checker, scope, new Set(kinds), callsReadByMember(node, scope));
}

/** Equations `u = lower(x)` of a cell that goes on with `lower.y`: the call must stand somewhere. */
function callsReadByMember(cell: CellNode, scope: CellScope): ReadonlySet<string> {
  const read = new Set<string>();
  for (const item of cell.items) {
    const value = item.kind === "equation" || item.kind === "output" ? item.value : undefined;
    if (value === undefined) continue;
    forEachPart(value, (part) => {
      if (part.kind === "member" && part.object.kind === "reference") read.add(part.object.name);
    });
  }
  const calls = scope.equations.filter(({ value }) => value.kind === "call" && read.has(value.callee.text));
  return new Set(calls.map(({ name }) => name.text));
}

export function reportUnusedImports(scope: ModuleScope, collector: DiagnosticCollector): void {
  for (const [name, entry] of scope.entries) {
    if (!entry.imported || entry.declaration === undefined || scope.used.has(name)) continue;
    collector.report("unused-import", entry.span, `\`${name}\` is imported and never used`);
  }
}
