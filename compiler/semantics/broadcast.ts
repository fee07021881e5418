/** Shapes that are combined entry by entry: equal, or one side repeated, as numpy does with named dimensions. */
import { constantOf, equalDims } from "../types/dim.js";
import type { Axis } from "./semantic-type.js";

export type Broadcast =
  | { readonly ok: true; readonly axes: readonly Axis[] }
  /** The axes that differ, as positions in each side. */
  | { readonly ok: false; readonly left: number; readonly right: number };

/** Aligns last axes; an axis of constant size 1 is repeated. */
export function broadcastAxes(a: readonly Axis[], b: readonly Axis[]): Broadcast {
  const rank = Math.max(a.length, b.length);
  const axes: Axis[] = [];
  for (let i = rank - 1; i >= 0; i--) {
    const left = a[a.length - rank + i];
    const right = b[b.length - rank + i];
    if (left === undefined || right === undefined) axes.unshift((left ?? right) as Axis);
    else if (equalDims(left.dim, right.dim)) axes.unshift(left.source === undefined ? right : left);
    else if (constantOf(right.dim) === 1) axes.unshift(left);
    else if (constantOf(left.dim) === 1) axes.unshift(right);
    else return { ok: false, left: a.length - rank + i, right: b.length - rank + i };
  }
  return { ok: true, axes };
}

/** True where a value with `axes` can be repeated to fill `target` exactly. */
export function fitsInto(axes: readonly Axis[], target: readonly Axis[]): boolean {
  if (axes.length > target.length) return false;
  return axes.every((axis, i) => {
    const wanted = target[target.length - axes.length + i] as Axis;
    return equalDims(axis.dim, wanted.dim) || constantOf(axis.dim) === 1;
  });
}
