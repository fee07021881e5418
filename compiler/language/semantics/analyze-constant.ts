/** Equations at the top of a file, `taps = [0.25, 0.5, 0.25]`: made of numbers, other constants and functions of these. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { Checker, type Known, noInstances } from "./checker.js";
import type { ConstantDeclaration } from "./declared.js";
import { inferByKind } from "./infer/rules.js";
import { isNumber } from "./infer/mismatch.js";
import { asTable } from "./infer/tables.js";
import { emptyScope } from "./scope.js";
import type { TypedFunction } from "./typed-program.js";

/** A function of nothing, which is written out wherever it is read; undefined where something was reported. */
export function analyzeConstant(
  { node, module }: ConstantDeclaration,
  known: Known,
  collector: DiagnosticCollector,
): TypedFunction | undefined {
  const { name } = node;
  const scope = emptyScope(`the constant \`${name.text}\``, module);
  const checker = new Checker(collector, scope, known, noInstances, inferByKind);
  const value = asTable(checker, checker.infer(node.value));
  if (!isNumber(checker, value) || !checker.sound) return undefined;
  return {
    name: name.text,
    span: name.span,
    parameters: [],
    functions: [],
    dimensions: [],
    given: [],
    equations: [],
    results: [{ name: undefined, type: value.type, value }],
    derivative: undefined,
    obligations: checker.obligations,
    captured: new Set(),
    outerNames: new Set(),
    divisors: checker.divisors,
    filled: checker.filled,
    extent: checker.extent,
  };
}
