/**
 * Delay lines (`ir/graph/delay-line.ts`) in memory: nothing moves. What is carried is a window of K elements of a longer buffer, and
 * the window moves (`histories.ts` in loops, `rings.ts` in streams). No step writes to where the window was before it, or to
 * what is kept of it, so what reads the value before the step and what reads the next one may stand in any order.
 */
import { at } from "../../base/at.js";
import type { Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { DelayLine, MovingLine } from "../../ir/graph/delay-line.js";
import { addAffine, scaleAffine } from "../../ir/kernel/affine.js";
import type { Affine } from "../../ir/kernel/kernel-program.js";
import type { BufferLocation } from "./location.js";

/** A line in memory, for the block that makes its next value. */
export interface PlacedLine {
  readonly line: DelayLine;
  readonly before: BufferLocation;
  readonly after: BufferLocation;
  /** Where the new element goes, the first of which may be computed in its place. */
  readonly entries: readonly [BufferLocation, ...BufferLocation[]];
}

/** What begins at a place of an axis. */
export function beginAt(location: BufferLocation, axis: number, place: Affine): BufferLocation {
  return { ...location, offset: addAffine(location.offset, scaleAffine(place, at(location.strides, axis))) };
}

/** Room for a line: `places` of them along its axis. */
export function shapeOfRoom({ axis, shape }: MovingLine, places: (count: Dim) => Dim): Shape {
  return shape.map((size, i) => (i === axis ? places(size) : size));
}
