import { at } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { equalDims } from "../../base/types/dim.js";
import { equalShapes, type Shape } from "../../base/types/shape.js";

/** Repeats `value` to fill `shape`: last axes are aligned, axes of size 1 repeat. Emits nothing where it fills it already. */
export function broadcastTo(builder: GraphBuilder, value: ValueId, shape: Shape): ValueId {
  const own = builder.shapeOf(value);
  if (equalShapes(own, shape)) return value;
  const offset = shape.length - own.length;
  const axes: number[] = [];
  for (const [i, dim] of own.entries()) {
    const target = shape[offset + i];
    if (target !== undefined && equalDims(dim, target)) axes.push(offset + i);
  }
  const kept = axes.map((axis) => at(shape, axis));
  const narrow = kept.length === own.length ? value : builder.reshape(value, kept);
  return builder.broadcast(narrow, shape, axes);
}
