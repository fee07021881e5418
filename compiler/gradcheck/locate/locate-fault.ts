/** From a point at which something disagrees to the stage of the compiler, and if possible the equation, that is at fault. */
import type { LoweredCell } from "../../lower/lowered-cell.js";
import type { Point } from "../point.js";
import { counterexampleOf, type Fault } from "./fault.js";
import { findChangingPass } from "./find-pass.js";
import { type CellSource, findWrongRule } from "./find-rule.js";

/**
 * Rules first, then passes; what is left is the code that is made of the graph, or a module that was changed since.
 *
 * @param dimensions sizes of the cell's dimensions
 */
export function locateFault(
  source: CellSource,
  cell: LoweredCell,
  point: Point,
  dimensions: Readonly<Record<string, number>>,
): Fault {
  const rule = findWrongRule(source, { dimensions, point });
  if (rule !== undefined) return rule;
  const changed = findChangingPass(cell, point);
  const isForward = changed?.entry === "jvp" || changed?.entry === "initialJvp";
  return {
    stage: changed === undefined ? "code" : "pass",
    mode: changed?.entry === "hvp" ? "second" : isForward ? "forward" : "reverse",
    operation: changed?.pass ?? "",
    operand: undefined,
    equation: changed?.output,
    place: undefined,
    analytic: changed?.after,
    numeric: changed?.before,
    example: 0,
    step: undefined,
    index: [],
    counterexample: counterexampleOf(point, dimensions),
  };
}
