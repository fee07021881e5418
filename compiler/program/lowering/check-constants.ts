/** Warnings about constants of a lowered cell that the numbers of its module cannot hold. */
import { at } from "../../base/at.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import { lostIn, rangeHelp, type RealType } from "../../ir/ops/number-range.js";
import { scalarValues } from "../../ir/ops/scalar-values.js";
import type { Span } from "../../base/source/span.js";
import type { LoweredCell } from "../base/lowered-cell.js";

/**
 * Values of real parameters, what is computed from constants only, and numbers of initialisers; each number once.
 *
 * @param reported literals that were reported where they stand, in the form they are written in
 */
export function checkConstants(
  cell: LoweredCell,
  { span, dtype, reported }: { readonly span: Span; readonly dtype: RealType; readonly reported: ReadonlySet<number> },
  collector: DiagnosticCollector,
): void {
  const known = new Set(reported);
  const isHeld = (value: number, place: Span): boolean => {
    const lost = lostIn(dtype, value);
    if (lost === undefined) return true;
    if (known.has(value) || known.has(-value)) return false;
    collector.report("number-range", place, `\`${value}\` is ${lost}`, { help: rangeHelp });
    known.add(value);
    return false;
  };
  for (const fn of [cell.step, cell.initial, cell.starts?.fn]) if (fn !== undefined) checkFunction(fn, isHeld, span);
  for (const { initializer } of [...cell.params, ...cell.fixed]) {
    if (initializer.kind === "constant") isHeld(initializer.value, span);
    if (initializer.kind === "uniform") isHeld(initializer.bound, span);
    if (initializer.kind === "normal") isHeld(initializer.deviation, span);
    if (initializer.kind === "uniform" || initializer.kind === "normal") isHeld(initializer.mean ?? 0, span);
  }
}

function checkFunction(fn: GraphFunction, isHeld: (value: number, place: Span) => boolean, span: Span): void {
  const values = new Map<ValueId, number>();
  for (const { operation, operands, results, origin } of fn.instructions) {
    const given = operands.map((id) => values.get(id));
    if (!given.every((value) => value !== undefined)) continue;
    const value =
      operation.kind === "constant"
        ? operation.value
        : operation.kind === "map"
          ? scalarValues[operation.op](...given)
          : operation.kind === "broadcast" || operation.kind === "reshape"
            ? given[0]
            : undefined;
    if (value !== undefined && isHeld(value, origin.span ?? span)) values.set(at(results, 0), value);
  }
}
