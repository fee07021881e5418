/** Shapes that are combined element by element: equal, or one side repeated, as numpy does with named dimensions. */
import { at } from "../../base/at.js";
import { constantOf, type Dim, equalDims } from "../../base/types/dim.js";
import type { Axis } from "./semantic-type.js";

type Broadcast =
  | { readonly ok: true; readonly axes: readonly Axis[] }
  /** The axes that differ, as positions in each side. */
  | { readonly ok: false; readonly left: number; readonly right: number; readonly why: "differ" | "ambiguous" };

/** Dimensions that are known at run time only. */
type IsRuntime = (dim: Dim) => boolean;

/**
 * Aligns last axes; an axis of constant size 1 is repeated. A side with fewer axes is refused where it has a run-time axis that
 * the other has twice.
 */
export function broadcastAxes(a: readonly Axis[], b: readonly Axis[], isRuntime: IsRuntime): Broadcast {
  const rank = Math.max(a.length, b.length);
  const axes: Axis[] = [];
  for (let i = rank - 1; i >= 0; i--) {
    const left = a[a.length - rank + i];
    const right = b[b.length - rank + i];
    if (left === undefined || right === undefined) axes.unshift((left ?? right) as Axis);
    else if (equalDims(left.dim, right.dim)) axes.unshift(left.source === undefined ? right : left);
    else if (constantOf(right.dim) === 1) axes.unshift(left);
    else if (constantOf(left.dim) === 1) axes.unshift(right);
    else return { ok: false, left: a.length - rank + i, right: b.length - rank + i, why: "differ" };
  }
  if (isAmbiguous(a, b, isRuntime)) return { ok: false, left: a.length - 1, right: b.length - 1, why: "ambiguous" };
  return { ok: true, axes };
}

/** True where a value with `axes` can be repeated to fill `target` exactly. */
export function fitsInto(axes: readonly Axis[], target: readonly Axis[], isRuntime: IsRuntime): boolean {
  if (axes.length > target.length || isAmbiguous(axes, target, isRuntime)) return false;
  return axes.every((axis, i) => {
    const wanted = at(target, target.length - axes.length + i);
    return equalDims(axis.dim, wanted.dim) || constantOf(axis.dim) === 1;
  });
}

/**
 * `[S, S]` and `[S]`: are the rows meant or the columns? A matrix of scores has the same run-time axis twice, and no name tells.
 * Where a cell declares a square matrix, `[H, H]` and `[H]` are as everywhere.
 */
export function isAmbiguous(a: readonly Axis[], b: readonly Axis[], isRuntime: IsRuntime): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const first = long.length - short.length;
  if (first === 0) return false;
  return short.some(({ dim }, i) => {
    const places = long.flatMap((axis, place) => (equalDims(axis.dim, dim) ? [place] : []));
    return isRuntime(dim) && places.length > 1 && places.includes(first + i);
  });
}
