/**
 * Carried values that go on by one place: of `[…, K, …]` the next one has a new entry at one end, and all others move to the
 * place beside theirs. In memory nothing moves: what is carried is a window of K entries of a longer buffer, and the window moves
 * (`histories.ts` in loops, `rings.ts` in streams). No step writes to where the window was before it, or to what is kept of it, so
 * what reads the value before the step and what reads the next one may stand in any order.
 */
import { at } from "../../base/at.js";
import { constantOf, type Dim, dimConstant, equalDims } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { GraphFunction, Instruction, ValueId } from "../../ir/graph/types.js";
import { typeOf } from "../../ir/graph/values.js";
import { addAffine, scaleAffine } from "../../ir/kernel/affine.js";
import type { Affine } from "../../ir/kernel/types.js";
import type { BufferLocation } from "./location.js";

/** How the next value is made of the one before. */
export interface DelayLine {
  readonly axis: number;
  /** What is carried, `shape[axis]` entries. */
  readonly shape: Shape;
  /** The end at which entries come in. */
  readonly end: "front" | "back";
  /** The next value, of which this is new, and this was there before. */
  readonly next: ValueId;
  readonly entered: ValueId;
  readonly kept: ValueId;
}

/** A line in memory, for the block that makes its next value. */
export interface PlacedLine {
  readonly line: DelayLine;
  readonly before: BufferLocation;
  readonly after: BufferLocation;
  /** Where the new entry goes, the first of which may be computed in its place. */
  readonly entries: readonly [BufferLocation, ...BufferLocation[]];
}

/** The line that makes `next` of the input `state`; undefined where it is none. Moving two entries already takes longer than moving none. */
export function delayLineOf(
  fn: GraphFunction,
  producer: ReadonlyMap<ValueId, Instruction>,
  state: ValueId,
  next: ValueId,
): DelayLine | undefined {
  const { shape, dtype, shared } = typeOf(fn, state);
  const joined = producer.get(next);
  if (joined?.operation.kind !== "concat" || joined.operands.length !== 2 || dtype !== "real" || shared)
    return undefined;
  const { axis } = joined.operation;
  const count = constantOf(at(shape, axis));
  if (count === undefined) return undefined;
  for (const end of ["front", "back"] as const) {
    const [entered, kept] = end === "front" ? joined.operands : [...joined.operands].reverse();
    const moved = kept === undefined ? undefined : producer.get(kept);
    if (entered === undefined || kept === undefined || moved?.operation.kind !== "slice") continue;
    const { operation, operands } = moved;
    if (operands[0] !== state || operation.axis !== axis) continue;
    if (!isNumber(operation.start, end === "front" ? 0 : 1) || !isNumber(operation.length, count - 1)) continue;
    return { axis, shape, end, next, entered, kept };
  }
  return undefined;
}

const isNumber = (dim: Dim, value: number): boolean => equalDims(dim, dimConstant(value));

/** What begins at a place of an axis. */
export function beginAt(location: BufferLocation, axis: number, place: Affine): BufferLocation {
  return { ...location, offset: addAffine(location.offset, scaleAffine(place, at(location.strides, axis))) };
}

/** Room for a line: `places` of them along its axis. */
export function shapeOfRoom({ axis, shape }: DelayLine, places: (count: Dim) => Dim): Shape {
  return shape.map((size, i) => (i === axis ? places(size) : size));
}
