/** From a point at which something disagrees to the stage of the compiler, and if possible the equation, that is at fault. */
import type { Program } from "../../../program/program.js";
import type { Fault } from "../fault.js";
import { faultOfCode, faultOfPass, faultOfRange } from "./describe-fault.js";
import { findChangingKernelPass } from "./find-kernel-pass.js";
import { findChangingPass } from "./find-pass.js";
import { type ProgramSource, findWrongRule } from "./find-rule.js";
import { findLeftRange } from "./range.js";
import { counterexampleOf, type Trial } from "./trial.js";

/**
 * Rules first, then passes over graphs. Where both are right, a gradient may not be finite as it is derived; else kernels may not give what
 * their graphs do. What is left is the code that is printed of kernels, or a module that was changed since.
 *
 * @param wrong names of the tensors whose gradient is wrong
 */
export function locateFault(source: ProgramSource, program: Program, trial: Trial, wrong: ReadonlySet<string>): Fault {
  const rule = findWrongRule(source, trial);
  if (rule !== undefined) return rule;
  const { sources } = source;
  const counterexample = counterexampleOf(trial);
  const pass = findChangingPass(program, trial.point);
  if (pass !== undefined) return faultOfPass(pass, sources, counterexample);
  const range = findLeftRange(program, trial.point, wrong);
  if (range !== undefined) return faultOfRange(range, sources, counterexample);
  const ofKernels = findChangingKernelPass(program, trial.point);
  return ofKernels === undefined ? faultOfCode(counterexample) : faultOfPass(ofKernels, sources, counterexample);
}
