/**
 * How far a point may move in a direction before an operation chooses otherwise: differences with larger steps see two functions.
 * To first order, from the distance of operands to the nearest tie (`tieDistances`), which is the same in every direction, and from how
 * fast they go there (the speeds of a complex step).
 */
import { type BatchValue, evaluateWith } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { Random } from "../../../runtime/base/random.js";
import { distanceFrom, type Rounded, roundingArithmetic, sampleCounts, unrounded } from "./rounding.js";
import { comesToTies, watchTies } from "./watch-ties.js";

/**
 * The distance from every tie of a function, less what rounding may make of it, in the order of evaluation. 0 where rounding may reach
 * the tie.
 */
export function tieDistances(
  fn: GraphFunction,
  inputs: readonly BatchValue[],
  sizes: readonly SymbolSizes[],
  unit: number,
  random: Random,
): number[] {
  const distances: number[] = [];
  const arithmetic = watchTies<Rounded>(
    roundingArithmetic(unit, random, sampleCounts.usual),
    (value) => value.exact,
    ({ exact, disturbed }, change) => ({ exact: change(exact), disturbed: disturbed.map(change) }),
    (tie, operands, i) => {
      const { distance, rounding } = distanceFrom(tie, operands, i);
      // Nothing is known where an operand is no number.
      distances.push(distance > rounding ? distance - rounding : 0);
    },
  );
  if (!comesToTies(fn)) return distances;
  evaluateWith(
    arithmetic,
    fn,
    inputs.map((value) => unrounded(value, sampleCounts.usual)),
    sizes,
  );
  return distances;
}

/** @param speeds how fast each tie is approached or left, in the order of `distances` */
export function clearanceOf(distances: readonly number[], speeds: readonly number[]): number {
  return distances.reduce((nearest, distance, i) => {
    const speed = speeds[i] as number;
    if (speed === 0 || distance === Infinity) return nearest;
    // What overflows moves at no speed that is known.
    return Number.isNaN(speed) ? 0 : Math.min(nearest, distance / speed);
  }, Infinity);
}
