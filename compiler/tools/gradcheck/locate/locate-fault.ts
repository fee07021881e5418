/** From a point at which something disagrees to the stage of the compiler, and if possible the equation, that is at fault. */
import type { Program } from "../../../program/program.js";
import type { Fault } from "../fault.js";
import { faultOfPass, faultOfRange } from "./describe-fault.js";
import { findChangingPass } from "./find-pass.js";
import { type ProgramSource, findWrongRule } from "./find-rule.js";
import { findLeftRange } from "./range.js";
import { counterexampleOf, type Trial } from "./trial.js";

/**
 * Rules first, then passes. What is left is a gradient that is not finite as it is derived; or the code that is made of the graph, or a
 * module that was changed since.
 *
 * @param wrong names of the tensors whose gradient is wrong
 */
export function locateFault(source: ProgramSource, program: Program, trial: Trial, wrong: ReadonlySet<string>): Fault {
  const rule = findWrongRule(source, trial);
  if (rule !== undefined) return rule;
  const pass = findChangingPass(program, trial.point);
  const range = pass === undefined ? findLeftRange(program, trial.point, wrong) : undefined;
  const counterexample = counterexampleOf(trial);
  return range === undefined ? faultOfPass(pass, counterexample) : faultOfRange(range, source.sources, counterexample);
}
