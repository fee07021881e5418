import type { GraphBuilder } from "../../ir/graph/build.js";
import { rewriteFunction } from "../../ir/graph/rewrite.js";
import type { Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { GraphPass } from "../pass.js";

/**
 * Makes plain products of strong ones. A comparison for every term would cost as much as the product, so terms are left out by rows:
 * where all elements of the derivative that meet a row of the other operand are 0, that row is replaced by zeros. With the state or the
 * input of a step as the row this is a step that was masked. Where the other operand is the same for all examples, replacing would
 * copy it for each of them; there a row of the result is 0 where all elements of the derivative that it is made of are.
 *
 * For functions that are not differentiated any more: that a derivative is 0 says nothing of its own derivative.
 */
export const expandStrongProducts: GraphPass = {
  name: "expand-strong-products",
  summary: "leave out rows of products that meet nothing but zeros of branches not taken",
  run: (fn, context) => rewriteFunction(fn, context, expand),
};

function expand(b: GraphBuilder, operation: Operation, [v, other]: readonly ValueId[]): ValueId[] | undefined {
  if (operation.kind !== "contract" || operation.strong !== true || v === undefined || other === undefined)
    return undefined;
  const labels = { a: operation.a, b: operation.b, result: operation.result, parts: operation.parts };
  if (b.typeOf(other).shared) return [keepLive(b, b.contract(v, other, labels), labels.result, v, labels.a)];
  return [b.contract(v, keepLive(b, other, labels.b, v, labels.a), labels)];
}

/** `value`, whose axes are labelled like those of `v`, with zeros where all elements of `v` with the same labels are 0. */
function keepLive(
  b: GraphBuilder,
  value: ValueId,
  labels: readonly number[],
  v: ValueId,
  labelsOfV: readonly number[],
): ValueId {
  const shape = b.shapeOf(value);
  const summed = labelsOfV.flatMap((label, axis) => (labels.includes(label) ? [] : [axis]));
  const size = b.reduce("sum", b.map("abs", v), summed);
  const left = labelsOfV.filter((label) => labels.includes(label));
  const kept = labels.filter((label) => left.includes(label));
  const isOrdered = kept.every((label, i) => label === left[i]);
  const ordered = isOrdered ? size : b.transpose(size, kept.map((label) => left.indexOf(label))); // prettier-ignore
  const isLive = b.map("ne", ordered, b.constantOf(0, b.shapeOf(ordered)));
  const axes = labels.flatMap((label, axis) => (left.includes(label) ? [axis] : []));
  return b.map("select", b.broadcast(isLive, shape, axes), value, b.constantOf(0, shape));
}
