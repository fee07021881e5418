/** Warnings about names that nothing reads. */
import type { Checker } from "./checker.js";
import type { ModuleScope } from "./declarations.js";
import type { DiagnosticCollector } from "../diagnostics/diagnostic.js";
import { type Entry, type Scope, wordsFor } from "./scope.js";

const help: Partial<Record<Entry["kind"], (name: string) => string>> = {
  equation: () => "leave it out, or make it an output: `output …`",
  tangent: (name) => `the derivative by its argument is then zero; where that is meant, call it \`_${name}\``,
};

/** Names that begin with `_` are meant to be unused. */
export function reportUnused(checker: Checker, scope: Scope, kinds: ReadonlySet<Entry["kind"]>): void {
  for (const [name, { kind, span }] of scope.entries) {
    if (!kinds.has(kind) || scope.used.has(name) || name.startsWith("_")) continue;
    checker.report("unused-name", span, `${wordsFor(kind, name)} is never used`, {
      help: help[kind]?.(name),
    });
  }
}

export function reportUnusedImports(scope: ModuleScope, collector: DiagnosticCollector): void {
  for (const [name, entry] of scope.entries) {
    if (!entry.imported || entry.declaration === undefined || scope.used.has(name)) continue;
    collector.report("unused-import", entry.span, `\`${name}\` is imported and never used`);
  }
}
