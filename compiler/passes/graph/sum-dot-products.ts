/**
 * Dot products as sums of products: they are summed as reductions are, in the same kernels. This is where kernels begin, as
 * derivatives, passes and printed equations want the product.
 */
import { at, lookUp } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import { rewriteFunction } from "../../ir/graph/rewrite.js";
import type { Operation, ValueId } from "../../ir/graph/graph-function.js";
import { pairOf } from "../../ir/graph/values.js";
import type { Dim } from "../../base/types/dim.js";
import type { GraphPass } from "../pass.js";

export const sumDotProducts: GraphPass = {
  name: "sum-dot-products",
  summary: "write dot products as sums of products, which are summed as reductions are",
  run: (fn, context) =>
    rewriteFunction(fn, context, (b, operation, operands) =>
      operation.kind === "contract" && operation.parts === 4 ? [sumOfProducts(b, operation, operands)] : undefined,
    ),
};

function sumOfProducts(
  b: GraphBuilder,
  { a, b: right, result }: Extract<Operation, { kind: "contract" }>,
  operands: readonly ValueId[],
): ValueId {
  const sides = [a, right].map((labels, side) => ({ labels, value: at(operands, side) }));
  const sizes = new Map<number, Dim>();
  for (const { labels, value } of sides) {
    for (const [axis, label] of labels.entries()) sizes.set(label, at(b.shapeOf(value), axis));
  }
  // Summed axes last, so that their elements go to four parts.
  const order = [...result, ...a.filter((label) => !result.includes(label))];
  const shape = order.map((label) => lookUp(sizes, label));
  const [x, y] = pairOf(
    sides.map(({ labels, value }) => {
      const own = order.filter((label) => labels.includes(label));
      const axes = own.map((label) => order.indexOf(label));
      return b.broadcast(b.transpose(value, own.map((label) => labels.indexOf(label))), shape, axes); // prettier-ignore
    }),
  );
  const summed = order.map((_, axis) => axis).slice(result.length);
  return b.reduce("sum", b.map("mul", x, y), summed);
}
