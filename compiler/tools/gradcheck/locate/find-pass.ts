/** Do the passes keep the meaning? Evaluates every entry after every pass and names the first one that changes a number. */
import { lookUp } from "../../../base/at.js";
import type { BatchValue } from "../../../ir/graph/evaluate.js";
import type { EntryDerivation } from "../../../program/entry.js";
import type { Program } from "../../../program/program.js";
import { comparedVersions, versionsOf } from "../compare-versions.js";
import type { EntryVersions } from "../entry-meanings.js";
import { graphValues, numbersOf } from "../graph-point.js";
import { type Point, sizesAt } from "../point.js";

/** A number that is not what it was before the pass. */
export interface ChangedNumber {
  readonly entry: string;
  /** How that is made, of a part as of the whole. */
  readonly how: EntryDerivation;
  readonly pass: string;
  /** As graph functions call it: `grad.param.W`. */
  readonly output: string;
  /** Position among the numbers of the output, example after example. */
  readonly position: number;
  readonly before: number;
  readonly after: number;
}

/**
 * Entries of the module of `program` at a point, after every pass, against the same function before all passes.
 *
 * @param tolerance relative to numbers of 1 or more: passes may change the order of sums, so only rounding may differ
 */
export function findChangingPass(program: Program, point: Point, tolerance = 1e-9): ChangedNumber | undefined {
  return firstChange(versionsOf(program), program, point, tolerance);
}

/** The same of versions that were seen. */
export function firstChange(
  seen: EntryVersions,
  program: Program,
  point: Point,
  tolerance: number,
): ChangedNumber | undefined {
  for (const { entry, how, pass, actual, expected } of comparedVersions(
    program,
    seen,
    graphValues(point),
    sizesAt(point),
  )) {
    const changed = firstDifference(actual(), expected, tolerance);
    if (changed !== undefined) return { entry, how, pass, ...changed };
  }
  return undefined;
}

function firstDifference(
  after: ReadonlyMap<string, BatchValue>,
  before: ReadonlyMap<string, BatchValue>,
  tolerance: number,
): Pick<ChangedNumber, "output" | "position" | "before" | "after"> | undefined {
  for (const [output, value] of before) {
    const [olds, news] = [numbersOf(value), numbersOf(lookUp(after, output))];
    // A value that all examples share may become each example's own, and the other way round.
    for (let position = 0; position < Math.max(olds.length, news.length); position++) {
      const was = olds[position % olds.length] as number;
      const is = news[position % news.length] as number;
      if (Object.is(is, was) || Math.abs(is - was) <= tolerance * Math.max(1, Math.abs(was))) continue;
      return { output, position, before: was, after: is };
    }
  }
  return undefined;
}
