/** From a point at which derivatives are wrong to the wrong rule and the smallest case that shows it. */
import { createRandom } from "../../../../runtime/base/random.js";
import type { SourceFile } from "../../../base/source/source-file.js";
import type { DerivativeRules } from "../../../passes/autodiff/derivative-rules.js";
import { gradientOf } from "../../../passes/autodiff/whole-derivatives.js";
import { type Program, programContext } from "../../../program/program.js";
import { manifestOf } from "../candidates.js";
import { drawPoint } from "../draw-point.js";
import { notFiniteOutputs } from "../graph-derivatives.js";
import { graphName, valuesOfEach } from "../graph-point.js";
import { type Point, sizesAt } from "../point.js";
import { wholeFunctionAt } from "../whole-function.js";
import { directionLike, forwardDisagrees, reverseDisagrees } from "./disagree.js";
import type { DerivativeMode, Fault } from "../fault.js";
import { faultOfRule, nameOf } from "./describe-fault.js";
import { type FaultyOperation, locateInForwardMode, locateInReverseMode } from "./locate.js";
import { shrinkTrial, type TrialSizes } from "./shrink.js";
import type { LocatedSubject } from "./subject.js";
import { counterexampleOf, type Trial } from "./trial.js";
import { tangentName } from "../../../program/base/roles.js";

/** What can be lowered at any sizes. */
export interface ProgramSource {
  /** Undefined where these sizes are not allowed. */
  readonly lower: (dimensions: Readonly<Record<string, number>>) => Program | undefined;
  readonly sources: (file: string) => SourceFile | undefined;
  /** The rules to be checked; the compiler's own unless told. */
  readonly rules?: DerivativeRules | undefined;
}

/** A program at some sizes and a point of it. */
interface Case {
  readonly program: Program;
  readonly point: Point;
  readonly rules: DerivativeRules | undefined;
}

export const derivativeModes = ["reverse", "forward", "second"] as const satisfies readonly DerivativeMode[];

/** Does a derivative that the rules give differ from the measured one at this point, and of which mode? */
export function wrongMode(
  source: ProgramSource,
  trial: Trial,
  modes: readonly DerivativeMode[] = derivativeModes,
): DerivativeMode | undefined {
  const known = caseOf(source, trial);
  return known && modes.find((mode) => isWrong(mode, known));
}

/** Looks for a wrong rule at a point; undefined where the derived functions agree with measurements there. */
export function findWrongRule(
  source: ProgramSource,
  start: Trial,
  modes: readonly DerivativeMode[] = derivativeModes,
): Fault | undefined {
  const mode = wrongMode(source, start, modes);
  if (mode === undefined) return undefined;
  const fails = (trial: Trial): boolean => {
    const known = caseOf(source, trial);
    return known !== undefined && isWrong(mode, known);
  };
  const small = shrinkTrial(start, { fails, draw: (sizes, attempt) => drawTrial(source, sizes, attempt) });
  for (const trial of [small, start]) {
    const known = caseOf(source, trial);
    const found = known && locate(mode, known);
    if (known === undefined || found === undefined) continue;
    const alsoIn = otherModeWrong(mode, found, known);
    return { ...faultOfRule(found, mode, source.sources, counterexampleOf(trial)), ...(alsoIn && { alsoIn }) };
  }
  return undefined;
}

/** What both modes read is wrong where the same operation is in both. */
function otherModeWrong(
  mode: DerivativeMode,
  { instruction }: FaultyOperation,
  known: Case,
): DerivativeMode | undefined {
  if (mode === "second") return undefined;
  const other = mode === "reverse" ? "forward" : "reverse";
  const found = isWrong(other, known) ? locate(other, known) : undefined;
  return found !== undefined && nameOf(found.instruction.operation) === nameOf(instruction.operation)
    ? other
    : undefined;
}

function caseOf({ lower, rules }: ProgramSource, { dimensions, point }: Trial): Case | undefined {
  const program = lower(dimensions);
  return program && { program, point, rules };
}

function drawTrial(source: ProgramSource, { dimensions, ...sizes }: TrialSizes, attempt: number): Trial | undefined {
  const program = source.lower(dimensions);
  if (program === undefined) return undefined;
  return { dimensions, point: drawPoint(manifestOf(program), createRandom(attempt + 1), sizes) };
}

/** The walk over a program of which a mode is the result. */
function subjectOf(
  mode: DerivativeMode,
  program: Program,
  point: Point,
  rules: DerivativeRules | undefined,
): { readonly walk: "reverse" | "forward"; readonly subject: LocatedSubject } {
  const context = programContext(program);
  const whole = wholeFunctionAt(program, point);
  const fn = mode === "second" ? gradientOf(whole, context, rules, true) : whole;
  const values = valuesOfEach(point);
  const indices = new Set(point.indices.map(graphName));
  for (const [name, value] of [...values]) {
    if (mode !== "reverse" && !indices.has(name)) values.set(tangentName(name), directionLike(value));
  }
  const subject = { fn, context, values, sizes: sizesAt(point), rules };
  return { walk: mode === "reverse" ? "reverse" : "forward", subject };
}

/** Does a derived derivative of the program differ from the measured one at this point? */
function isWrong(mode: DerivativeMode, { program, point, rules }: Case): boolean {
  if (notFiniteOutputs(wholeFunctionAt(program, point), point).length > 0) return false;
  const { walk, subject } = subjectOf(mode, program, point, rules);
  return walk === "reverse" ? reverseDisagrees(subject) : forwardDisagrees(subject);
}

function locate(mode: DerivativeMode, { program, point, rules }: Case): FaultyOperation | undefined {
  const { walk, subject } = subjectOf(mode, program, point, rules);
  return walk === "reverse" ? locateInReverseMode(subject) : locateInForwardMode(subject);
}
