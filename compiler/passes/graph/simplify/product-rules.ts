/** Rules about products and sums over axes. A sum that becomes a product is added in the order of products. */
import { at } from "../../../base/at.js";
import type { SimplifyRule, SimplifyRules } from "./view.js";

/** A transposed operand is the same operand with its labels in another order. */
const contractOfTranspose: SimplifyRule<"contract"> = ({ a, b, result, parts }, [left, right], view) => {
  const [leftInner, rightInner] = [view.match(left, "transpose"), view.match(right, "transpose")];
  if (leftInner === undefined && rightInner === undefined) return undefined;
  const relabel = (labels: readonly number[], permutation: readonly number[] | undefined): readonly number[] =>
    permutation === undefined ? labels : permutation.map((_, axis) => at(labels, permutation.indexOf(axis)));
  return view.b.contract(leftInner?.operands[0] ?? left, rightInner?.operands[0] ?? right, {
    a: relabel(a, leftInner?.operation.permutation),
    b: relabel(b, rightInner?.operation.permutation),
    result,
    parts,
  });
};

const transposeOfContract: SimplifyRule<"transpose"> = ({ permutation }, [operand], view) => {
  const inner = view.match(operand, "contract");
  if (inner === undefined) return undefined;
  const { a, b, result, parts } = inner.operation;
  const [left, right] = inner.operands;
  return view.b.contract(left, right, { a, b, result: permutation.map((axis) => at(result, axis)), parts });
};

/** A product that is summed over an axis of both operands contracts that axis: weight gradients over time. */
const sumOfContract: SimplifyRule<"reduce"> = ({ op, axes }, [operand], view) => {
  const inner = view.match(operand, "contract");
  if (inner === undefined || op !== "sum") return undefined;
  const { a, b, result, parts } = inner.operation;
  const summed = axes.map((axis) => at(result, axis));
  const kept = result.filter((label) => !summed.includes(label));
  // A label of one operand alone is summed there first, before multiplying.
  const own = (labels: readonly number[], others: readonly number[]): number[] =>
    labels.flatMap((label, axis) => (summed.includes(label) && !others.includes(label) ? [axis] : []));
  const [ownA, ownB] = [own(a, b), own(b, a)];
  const [left, right] = inner.operands;
  return view.b.contract(view.b.reduce("sum", left, ownA), view.b.reduce("sum", right, ownB), {
    a: a.filter((_, axis) => !ownA.includes(axis)),
    b: b.filter((_, axis) => !ownB.includes(axis)),
    result: kept,
    parts,
  });
};

const reduceOfReduce: SimplifyRule<"reduce"> = ({ op, axes }, [operand], view) => {
  const inner = view.match(operand, "reduce");
  if (inner === undefined || inner.operation.op !== op) return undefined;
  const source = inner.operands[0];
  const innerAxes = inner.operation.axes;
  const remaining = view.b.shapeOf(source).flatMap((_, axis) => (innerAxes.includes(axis) ? [] : [axis]));
  const outer = axes.map((axis) => at(remaining, axis));
  return view.b.reduce(
    op,
    source,
    [...innerAxes, ...outer].sort((x, y) => x - y),
  );
};

/** A sum of zeros is zero. */
const reduceOfZeros: SimplifyRule<"reduce"> = ({ op, axes }, [operand], view) => {
  if (op !== "sum" || view.constant(operand) !== 0) return undefined;
  const shape = view.b.shapeOf(operand).filter((_, axis) => !axes.includes(axis));
  return view.b.constantOf(0, shape);
};

/** Zeros that are the same for all examples are their own sum; other values that turn out so are copied (`rewrite.ts`). */
const batchSumOfZeros: SimplifyRule<"batch_sum"> = (_, [operand], view) => {
  const value = operand;
  return view.b.typeOf(value).shared && view.constant(value) === 0 ? value : undefined;
};

export const productRules: SimplifyRules = {
  contract: [contractOfTranspose],
  transpose: [transposeOfContract],
  reduce: [reduceOfZeros, sumOfContract, reduceOfReduce],
  batch_sum: [batchSumOfZeros],
};
