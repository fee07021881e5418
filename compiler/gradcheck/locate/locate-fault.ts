/** From a point at which something disagrees to the stage of the compiler, and if possible the equation, that is at fault. */
import type { LoweredCell } from "../../lower/lowered-cell.js";
import { type Fault, faultOfPass } from "./fault.js";
import { findChangingPass } from "./find-pass.js";
import { type CellSource, findWrongRule } from "./find-rule.js";
import { counterexampleOf, type Trial } from "./trial.js";

/** Rules first, then passes; what is left is the code that is made of the graph, or a module that was changed since. */
export function locateFault(source: CellSource, cell: LoweredCell, trial: Trial): Fault {
  const rule = findWrongRule(source, trial);
  return rule ?? faultOfPass(findChangingPass(cell, trial.point), counterexampleOf(trial));
}
