/** The numbers of an initialiser, where they are known: as they are written, or with sizes. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { TypedInitializer } from "./typed-program.js";

/** What is wrong with the numbers of an initialiser. */
function problemOf(name: string, values: readonly number[]): string | undefined {
  if (name === "constant") return values.every(Number.isFinite) ? undefined : "the value is a finite number";
  if (name === "uniform" && values.length === 2) {
    const [low = NaN, high = NaN] = values;
    return Number.isFinite(high - low) && low <= high
      ? undefined
      : "the bounds are finite numbers, the lower one first";
  }
  // The last is a bound, or how wide a draw is.
  const isFine = values.every((value, i) => Number.isFinite(value) && (i < values.length - 1 || value >= 0));
  if (isFine) return undefined;
  return values.length === 2
    ? "the mean and the deviation are finite numbers, the deviation not negative"
    : "the bound is a finite number, not negative";
}

/** @returns whether they are ones that the initialiser takes; reported where not */
export function checkInitializer(
  { name, span }: Pick<TypedInitializer, "name" | "span">,
  values: readonly number[],
  collector: DiagnosticCollector,
): boolean {
  const help = problemOf(name, values);
  if (help === undefined) return true;
  collector.report("bad-initializer", span, `\`${name}\` of ${values.join(" and ")}`, { help });
  return false;
}
