/** Values to places and back, made of comparisons and sums: what is chosen has its derivative, places have none. */
import { at as entry } from "../../base/at.js";
import { constantOf, type Dim } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { mostPlaces } from "../../language/semantics/semantic-type.js";
import type { TypedExpression, TypedOf } from "../../language/semantics/typed-program.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { builderAt, dimIn, type Frame, type Lowering, NotLowered, shapeIn } from "../frame/frame.js";
import { checkElements } from "../frame/element-count.js";
import { asNumber } from "../frame/place-number.js";
import { placeOf } from "./rounds-lowering.js";

export function lowerPlaces(lowering: Lowering, frame: Frame, node: TypedOf<"places">): ValueId {
  const { operation, operands, axis, descending } = node;
  const [first = node, second = node] = operands;
  if (operation === "real") return lowerNumber(lowering, frame, first);
  const isOfPlaces = operation === "one_hot" || operation === "narrow";
  const values = isOfPlaces ? lowerNumber(lowering, frame, first) : lowering.lower(lowering, frame, first);
  const others = operation === "narrow" ? lowerNumber(lowering, frame, second) : values;
  const builder = builderAt(lowering, frame, node);
  const shape = shapeIn(frame, node.type);
  if (node.type.kind === "index") checkExact(dimIn(frame, node.type.bound), node);
  switch (operation) {
    case "argmax":
    case "argmin":
      checkElements([entry(builder.shapeOf(values), axis)], "place", node);
      return extremePlace(builder, values, axis, operation === "argmax" ? "max" : "min");
    case "one_hot":
      return choose(builder, values, builder.constantOf(1, builder.shapeOf(values)), shape.at(-1) as Dim);
    case "narrow": {
      const limit = node.type.kind === "index" ? builder.dimension(dimIn(frame, node.type.bound)) : values;
      const [value, size, other] = [values, limit, others].map((own) => broadcastTo(builder, own, shape)) as [ValueId, ValueId, ValueId]; // prettier-ignore
      return builder.map("select", builder.map("lt", value, size), value, other);
    }
    case "scatter":
      return builder.emit({ kind: "scatter_add", along: 0, size: entry(shape, 0) }, [lowerIndex(lowering, frame, second), values]); // prettier-ignore
    case "sort":
    case "argsort":
      return sorted(builder, values, axis, descending, operation === "argsort");
  }
}

function checkExact(bound: Dim, { span }: TypedExpression): void {
  if ((constantOf(bound) ?? 0) <= mostPlaces) return;
  const message = `places are computed as real numbers, which count to ${mostPlaces} only`;
  throw new NotLowered("bad-dimension-size", span, message, "give a smaller size");
}

/** An index as a real number: inputs and states are integers, whatever is computed is one already. */
function lowerNumber(lowering: Lowering, frame: Frame, node: TypedExpression): ValueId {
  const place = placeOf(frame, node);
  if (place !== undefined) return builderAt(lowering, frame, node).constant(place);
  const value = lowering.lower(lowering, frame, node);
  const builder = builderAt(lowering, frame, node);
  if (builder.typeOf(value).dtype === "real" || node.type.kind !== "index") return value;
  const length = dimIn(frame, node.type.bound);
  checkExact(length, node);
  return asNumber(builder, value, length);
}

/** As an integer, for places of elements. */
export function lowerIndex(lowering: Lowering, frame: Frame, node: TypedExpression): ValueId {
  const place = placeOf(frame, node);
  const builder = builderAt(lowering, frame, node);
  const value = place === undefined ? lowering.lower(lowering, frame, node) : builder.constant(place);
  return builder.typeOf(value).dtype === "index" ? value : builder.emit({ kind: "to_index" }, [value]);
}

/** 0, 1, … along the axis. */
function placesAlong(builder: GraphBuilder, shape: Shape, axis: number): ValueId {
  return builder.broadcast(builder.iota(entry(shape, axis)), shape, [axis]);
}

/** The least place whose element is the greatest, or NaN where one is. */
function extremePlace(builder: GraphBuilder, value: ValueId, axis: number, op: "max" | "min"): ValueId {
  const shape = builder.shapeOf(value);
  const others = [...shape.keys()].filter((i) => i !== axis);
  const extreme = builder.broadcast(builder.reduce(op, value, [axis]), shape, others);
  const isFound = builder.map("or", builder.map("eq", value, extreme), builder.map("ne", value, value));
  const none = builder.constantOf(Infinity, shape);
  return builder.reduce("min", builder.map("select", isFound, placesAlong(builder, shape, axis), none), [axis]);
}

/** `[P…]` places and `[P…, …]` values to `[P…, size, …]`: a value where its place is, 0 elsewhere. */
function choose(builder: GraphBuilder, places: ValueId, values: ValueId, size: Dim): ValueId {
  const rank = builder.shapeOf(places).length;
  const own = builder.shapeOf(values);
  const shape = [...own.slice(0, rank), size, ...own.slice(rank)];
  const before = [...own.keys()].map((axis) => (axis < rank ? axis : axis + 1));
  const spread = builder.broadcast(places, shape, before.slice(0, rank));
  const isThere = builder.map("eq", spread, placesAlong(builder, shape, rank));
  return builder.map("select", isThere, builder.broadcast(values, shape, before), builder.constantOf(0, shape));
}

/**
 * How many elements stand before each is where it goes: those that are less, and equal ones at lower places. NaN is after all
 * numbers. So there are as many comparisons as pairs of elements.
 */
function sorted(builder: GraphBuilder, value: ValueId, axis: number, descending: boolean, asPlaces: boolean): ValueId {
  const own = builder.shapeOf(value);
  const dim = entry(own, axis);
  // The element, and along a new last axis all others.
  const shape = [...own, dim];
  const kept = [...own.keys()].filter((i) => i !== axis);
  const self = builder.broadcast(value, shape, [...own.keys()]);
  const other = builder.broadcast(builder.transpose(value, [...kept, axis]), shape, [...kept, own.length]);
  const [place, otherPlace] = [placesAlong(builder, shape, axis), placesAlong(builder, shape, own.length)];
  const [isNaN, isOtherNaN] = [self, other].map((side) => builder.map("ne", side, side)) as [ValueId, ValueId];
  const isLess = builder.map("lt", ...((descending ? [self, other] : [other, self]) as [ValueId, ValueId]));
  const isEqual = builder.map("or", builder.map("eq", other, self), builder.map("and", isNaN, isOtherNaN));
  const isBehindNaN = builder.map("and", isNaN, builder.map("not", isOtherNaN));
  const isFirst = builder.map("and", isEqual, builder.map("lt", otherPlace, place));
  const isBefore = builder.map("or", builder.map("or", isLess, isBehindNaN), isFirst);
  const [zeros, ones] = [0, 1].map((number) => builder.constantOf(number, shape)) as [ValueId, ValueId];
  const rank = builder.reduce("sum", builder.map("select", isBefore, ones, zeros), [own.length]);
  // Along the new axis the places that elements go to, which is then the axis.
  const target = builder.broadcast(rank, shape, [...own.keys()]);
  const moved = asPlaces ? place : self;
  const chosen = builder.map("select", builder.map("eq", target, otherPlace), moved, zeros);
  const result = builder.reduce("sum", chosen, [axis]);
  const rest = own.length - 1;
  const order = own.map((_, i) => (i === axis ? rest : i < axis ? i : i - 1));
  return builder.transpose(result, order);
}
