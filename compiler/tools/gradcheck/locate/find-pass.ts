/** Do the passes keep the meaning? Evaluates every entry after every pass and names the first one that changes a number. */
import { lookUp } from "../../../base/at.js";
import type { BatchValue } from "../../../ir/graph/evaluate.js";
import type { GraphFunction } from "../../../ir/graph/graph-function.js";
import { indexAt } from "../../../ir/graph/tensor.js";
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
  /** Which of its runs on this entry, from 1. */
  readonly run: number;
  /** What gave it, or should. */
  readonly fn: GraphFunction;
  /** As graph functions call it: `grad.param.W`. */
  readonly output: string;
  /** The element of the output. */
  readonly example: number;
  readonly index: readonly number[];
  readonly before: number;
  readonly after: number;
}

type Change = Pick<ChangedNumber, "output" | "example" | "index" | "before" | "after">;

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
  for (const { entry, how, pass, run, fn, actual, expected } of comparedVersions(
    program,
    seen,
    graphValues(point),
    sizesAt(point),
  )) {
    const changed = firstDifference(actual(), expected, tolerance);
    if (changed !== undefined) return { entry, how, pass, run, fn, ...changed };
  }
  return undefined;
}

/** The first number of `before` that is another one in `after`. */
export function firstDifference(
  after: ReadonlyMap<string, BatchValue>,
  before: ReadonlyMap<string, BatchValue>,
  tolerance: number,
): Change | undefined {
  for (const [output, value] of before) {
    const [olds, news] = [numbersOf(value), numbersOf(lookUp(after, output))];
    // A value that all examples share may become each example's own, and the other way round.
    for (let position = 0; position < Math.max(olds.length, news.length); position++) {
      const was = olds[position % olds.length] as number;
      const is = news[position % news.length] as number;
      if (Object.is(is, was) || Math.abs(is - was) <= tolerance * Math.max(1, Math.abs(was))) continue;
      return { output, ...placeIn(lookUp(after, output), position), before: was, after: is };
    }
  }
  return undefined;
}

/** Where a position among all numbers of a value is. */
function placeIn(value: BatchValue, position: number): Pick<Change, "example" | "index"> {
  const tensors = "shared" in value ? [value.shared] : value.examples;
  let place = position;
  for (const [example, { shape, data }] of tensors.entries()) {
    if (place < data.length) return { example, index: indexAt(shape, place) };
    place -= data.length;
  }
  return { example: 0, index: [] };
}
