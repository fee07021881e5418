/** `A[i, j] = e`, `sum(e for j)`, `A[i, j]`: built for one value of an index and lifted over all. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { equalShapes } from "../../base/types/shape.js";
import { axesOf, shapeOf } from "../../language/semantics/semantic-type.js";
import { factorsOf, readsIndex } from "../../language/semantics/typed-parts.js";
import type { TypedExpression, TypedOf } from "../../language/semantics/typed-program.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { aroundPlaces, builderAt, dimIn, type Frame, type Lowering, shapeIn } from "../frame/frame.js";
import { atPlace, IndexedBuilder } from "./indexed-builder.js";
import { entriesAt } from "./places.js";
import { checkElements } from "../frame/element-count.js";
import { reduceAlong } from "./reductions.js";
import { isOfSome } from "../../language/semantics/builtins.js";

/** The body for each value of the index, along a new first axis. */
export function lowerIndexed(
  lowering: Lowering,
  frame: Frame,
  node: Pick<TypedOf<"indexed">, "index" | "length" | "body" | "span">,
): ValueId {
  const { index, length, body } = node;
  const inner = new IndexedBuilder(builderAt(lowering, frame, node), index, dimIn(frame, length));
  const around = { index, lowering, frame, bring: (value: ValueId) => inner.bring(value) };
  const own: Frame = { ...aroundPlaces(frame, (value) => inner.bring(value)), around };
  return inner.lifted(lowering.lower(atPlace(lowering, inner), own, body));
}

export function lowerElement(lowering: Lowering, frame: Frame, node: TypedOf<"element">): ValueId {
  const operand = lowering.lower(lowering, frame, node.operand);
  const builder = builderAt(lowering, frame, node);
  invariant(builder instanceof IndexedBuilder, "an index outside of what binds it");
  const around = node.around && dimIn(frame, node.around);
  const terms = node.terms.map((term) => ({ ...term, length: dimIn(frame, term.length) }));
  return entriesAt(builder, operand, { axis: node.axis, start: dimIn(frame, node.start), terms, around });
}

export function lowerPosition(lowering: Lowering, frame: Frame, node: TypedOf<"position">): ValueId {
  const builder = builderAt(lowering, frame, node);
  invariant(builder instanceof IndexedBuilder, "an index outside of what binds it");
  return builder.position(node.index);
}

export function lowerIndexReduction(lowering: Lowering, frame: Frame, node: TypedOf<"index-reduction">): ValueId {
  if (isOfSome(node.operation)) checkElements([dimIn(frame, node.length)], node.operation, node);
  const sum = node.operation === "sum" ? sumOfProducts(node) : undefined;
  if (sum !== undefined) return lowerSumOfProducts(lowering, frame, node, sum);
  const values = lowerIndexed(lowering, frame, node);
  return reduceAlong(builderAt(lowering, frame, node), node.operation, values, [0]);
}

/** A sum over an index as a product with what does not have it. */
interface SumOfProducts {
  /** What does not have the index, multiplied from the left. */
  readonly before: TypedExpression | undefined;
  /** What has it: two factors, or one alone. */
  readonly first: TypedExpression;
  readonly last: TypedExpression | undefined;
}

/**
 * A sum of products is decided here, by the text, and by no pass: its additions stand in the order of `@`. Factors without the
 * index are taken out; of the others all but the last are multiplied first.
 */
function sumOfProducts({ index, body }: TypedOf<"index-reduction">): SumOfProducts | undefined {
  const factors = factorsOf(body);
  const isPlain = factors.every(({ type }) => axesOf(type).length === 0 || equalShapes(shapeOf(axesOf(type)), shapeOf(axesOf(body.type)))); // prettier-ignore
  const inside = factors.filter((factor) => readsIndex(factor, index));
  const last = inside[inside.length - 1];
  if (!isPlain || last === undefined || factors.length < 2) return undefined;
  const before = multiplied(factors.filter((factor) => !inside.includes(factor)));
  const first = multiplied(inside.slice(0, -1));
  return first === undefined ? { before, first: last, last: undefined } : { before, first, last };
}

/** Their product from the left, as it would be written. Each is a number, or has the axes of all others that are none. */
function multiplied(factors: readonly TypedExpression[]): TypedExpression | undefined {
  return factors.reduce<TypedExpression | undefined>((left, right) => {
    if (left === undefined) return right;
    const { type } = axesOf(left.type).length > 0 ? left : right;
    return { kind: "elementwise", operation: "*", operands: [left, right], span: right.span, type };
  }, undefined);
}

function lowerSumOfProducts(
  lowering: Lowering,
  frame: Frame,
  node: TypedOf<"index-reduction">,
  { before, first, last }: SumOfProducts,
): ValueId {
  const { index, length, span } = node;
  const outside = before && lowering.lower(lowering, frame, before);
  const [left, right] = [first, last].map(
    (body) => body && lowerIndexed(lowering, frame, { index, length, body, span }),
  );
  const builder = builderAt(lowering, frame, node);
  invariant(left !== undefined, "a sum of nothing");
  const sum = right === undefined ? reduceAlong(builder, "sum", left, [0]) : contracted(builder, left, right);
  if (outside === undefined) return sum;
  const shape = shapeIn(frame, node.type);
  return builder.map("mul", broadcastTo(builder, outside, shape), broadcastTo(builder, sum, shape));
}

/** Over the first axis of both; one has no other axes, or both have the same. */
function contracted(builder: GraphBuilder, left: ValueId, right: ValueId): ValueId {
  const [a, b] = [left, right].map((value) => builder.shapeOf(value).map((_, axis) => axis)) as [number[], number[]];
  const result = (a.length > b.length ? a : b).slice(1);
  return builder.contract(left, right, { a, b, result, parts: a.length === b.length ? 4 : 1 });
}
