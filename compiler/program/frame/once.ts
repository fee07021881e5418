/** What several expressions share, computed once in a frame. */
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { Frame } from "./frame.js";

export type LoweredValues = readonly (ValueId | undefined)[];

/** A frame has one builder, so what was computed in it is there. */
const known = new WeakMap<Frame, Map<object, LoweredValues>>();

export function once(frame: Frame, what: object, compute: () => LoweredValues): LoweredValues {
  const values = sharedIn(frame);
  const found = values.get(what) ?? compute();
  values.set(what, found);
  return found;
}

/** By what it is computed for. */
export function sharedIn(frame: Frame): Map<object, LoweredValues> {
  const values = known.get(frame) ?? new Map<object, LoweredValues>();
  known.set(frame, values);
  return values;
}
