/** From a point at which derivatives are wrong to the wrong rule and the smallest case that shows it. */
import { createRandom } from "../../../../runtime/random.js";
import type { LoweredCell } from "../../../program/lowered-cell.js";
import type { SourceFile } from "../../../base/source/source-file.js";
import type { DerivativeRules } from "../../../passes/autodiff/derivative-rules.js";
import { gradientOf } from "../../../passes/autodiff/whole-derivatives.js";
import { cellContext } from "../../../program/cell-program.js";
import { manifestOf } from "../candidates.js";
import { drawPoint } from "../draw-point.js";
import { notFiniteOutputs } from "../graph-derivatives.js";
import { graphName, graphValues } from "../graph-point.js";
import { type Point, symbolSizes } from "../point.js";
import { wholeFunctionAt } from "../whole-function.js";
import { directionLike, forwardDisagrees, reverseDisagrees } from "./disagree.js";
import type { Fault } from "../fault.js";
import { faultOfRule } from "./describe-fault.js";
import { type FaultyOperation, locateInForwardMode, locateInReverseMode } from "./locate.js";
import { shrinkTrial, type TrialSizes } from "./shrink.js";
import type { LocatedSubject } from "./subject.js";
import { counterexampleOf, type Trial } from "./trial.js";
import { tangentName } from "../../../program/roles.js";

/** A cell that can be lowered at any sizes. */
export interface CellSource {
  /** Undefined where the cell does not allow these sizes. */
  readonly lower: (dimensions: Readonly<Record<string, number>>) => LoweredCell | undefined;
  readonly sources: (file: string) => SourceFile | undefined;
  /** The rules to be checked; the compiler's own unless told. */
  readonly rules?: DerivativeRules | undefined;
}

/** A cell at some sizes and a point of it. */
interface Case {
  readonly cell: LoweredCell;
  readonly point: Point;
  readonly rules: DerivativeRules | undefined;
}

export const derivativeModes = ["reverse", "forward", "second"] as const satisfies readonly Fault["mode"][];

/** Does a derivative that the rules give differ from the measured one at this point, and of which mode? */
export function wrongMode(
  source: CellSource,
  trial: Trial,
  modes: readonly Fault["mode"][] = derivativeModes,
): Fault["mode"] | undefined {
  const known = caseOf(source, trial);
  return known && modes.find((mode) => isWrong(mode, known));
}

/** Looks for a wrong rule at a point; undefined where the derived functions agree with measurements there. */
export function findWrongRule(
  source: CellSource,
  start: Trial,
  modes: readonly Fault["mode"][] = derivativeModes,
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
    if (found === undefined) continue;
    return faultOfRule(found, mode, source.sources, counterexampleOf(trial));
  }
  return undefined;
}

function caseOf({ lower, rules }: CellSource, { dimensions, point }: Trial): Case | undefined {
  const cell = lower(dimensions);
  return cell && { cell, point, rules };
}

function drawTrial(source: CellSource, { dimensions, ...sizes }: TrialSizes, attempt: number): Trial | undefined {
  const cell = source.lower(dimensions);
  if (cell === undefined) return undefined;
  return { dimensions, point: drawPoint(manifestOf(cell), createRandom(attempt + 1), sizes) };
}

/** The walk over a cell of which a mode is the result. */
function subjectOf(
  mode: Fault["mode"],
  cell: LoweredCell,
  point: Point,
  rules: DerivativeRules | undefined,
): { readonly walk: "reverse" | "forward"; readonly subject: LocatedSubject } {
  const context = cellContext(cell);
  const whole = wholeFunctionAt(cell, point);
  const fn = mode === "second" ? gradientOf(whole, context, rules, true) : whole;
  const values = graphValues(point);
  const indices = new Set(point.indices.map(graphName));
  for (const [name, value] of [...values]) {
    if (mode !== "reverse" && !indices.has(name)) values.set(tangentName(name), directionLike(value));
  }
  const subject = { fn, context, values, sizes: symbolSizes(point), rules };
  return { walk: mode === "reverse" ? "reverse" : "forward", subject };
}

/** Does a derived derivative of the cell differ from the measured one at this point? */
function isWrong(mode: Fault["mode"], { cell, point, rules }: Case): boolean {
  if (notFiniteOutputs(wholeFunctionAt(cell, point), point).length > 0) return false;
  const { walk, subject } = subjectOf(mode, cell, point, rules);
  return walk === "reverse" ? reverseDisagrees(subject) : forwardDisagrees(subject);
}

function locate(mode: Fault["mode"], { cell, point, rules }: Case): FaultyOperation | undefined {
  const { walk, subject } = subjectOf(mode, cell, point, rules);
  return walk === "reverse" ? locateInReverseMode(subject) : locateInForwardMode(subject);
}
