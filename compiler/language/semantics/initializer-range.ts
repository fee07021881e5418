/** The number of an initialiser, where it is known: as it is written, or with sizes. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { TypedInitializer } from "./typed-program.js";

/** @returns whether it is one that the initialiser takes; reported where not */
export function checkInitializer(
  { name, span }: Pick<TypedInitializer, "name" | "span">,
  value: number,
  collector: DiagnosticCollector,
): boolean {
  if (Number.isFinite(value) && (name === "constant" || value >= 0)) return true;
  collector.report("bad-initializer", span, `\`${name}\` of ${value}`, {
    help: name === "constant" ? "the value is a finite number" : "the bound is a finite number, not negative",
  });
  return false;
}
