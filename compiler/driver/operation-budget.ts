/** How large a cell may be with its derivatives: what time and memory of a compilation grow with. */
import { type Diagnostic, DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import { instructionsIn } from "../ir/graph/count-instructions.js";
import type { LowerResult } from "./pipeline.js";

/** How much work the derivatives are beside the values, which are 1. */
const derivativeWork = { gradient: 3, jvp: 2, hvp: 6 };

type Derivatives = Readonly<Record<keyof typeof derivativeWork, boolean | "params">>;

/** The error of a cell that has more operations than `maxOperations` allows; none where it has not. */
export function beyondBudget(
  { program, written, settings }: LowerResult,
  derivatives: Derivatives,
): readonly Diagnostic[] {
  if (program === undefined) return [];
  const entries = Object.entries(derivativeWork) as [keyof Derivatives, number][];
  const weight = entries.reduce((sum, [entry, work]) => sum + (derivatives[entry] === false ? 0 : work), 1);
  const operations = instructionsIn(program.forward, program.initial) * weight;
  if (operations <= settings.maxOperations) return [];
  const collector = new DiagnosticCollector();
  const message = `\`${program.name}\` has ${operations} operations with its derivatives, more than ${settings.maxOperations}`;
  collector.report("program-too-large", written.typed.span, message, {
    help: "fewer derivatives (gradient, jvp, hvp) take less; maxOperations is the limit",
  });
  return collector.diagnostics;
}
