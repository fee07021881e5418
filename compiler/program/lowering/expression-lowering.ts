/** Typed expressions to instructions: a rule for each kind. */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { capturedKey, nextKey } from "../../language/semantics/node-keys.js";
import { readsIndex } from "../../language/semantics/typed-parts.js";
import type { TypedCall, TypedExpression, TypedFunction, TypedOf } from "../../language/semantics/typed-program.js";
import type { TypedPlace } from "../../language/semantics/typed-sizes.js";
import { constantOf, type Dim, dimConstant } from "../../base/types/dim.js";
import { lowerConvolution, lowerWindows } from "./convolution-lowering.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { checkCounted, cumulate, runUp } from "../indexed/cumulative.js";
import { isOfSome } from "../../language/semantics/builtins.js";
import { checkCount, checkElements } from "../frame/element-count.js";
import { declareDerivative } from "./declared-derivative.js";
import { elementwiseLowerings } from "./elementwise-lowering.js";
import { frameInPlace } from "../frame/frame-in-place.js";
import { functionIn, functionsOfCall } from "../frame/given-functions.js";
import { lowerCall } from "./cell-lowering.js";
import {
  builderAt,
  broughtIn,
  childOf,
  dimIn,
  elementName,
  type Frame,
  keptIn,
  type Lowering,
  ownIn,
  shapeIn,
  valueIn,
} from "../frame/frame.js";
import {
  branchInRound,
  elementInRound,
  elementAt,
  lowerRounds,
  numberOfPlace,
  placeInRound,
  numberInRound,
  placeOf,
  placesOfCall,
} from "../indexed/rounds-lowering.js";
import { lowerElement, lowerIndexed, lowerIndexReduction, lowerPosition } from "../indexed/indexed-lowering.js";
import { lowerIndex, lowerPlaces } from "../indexed/place-functions.js";
import { lowerRun, placeOfRead } from "./run-lowering.js";
import { type LoweredValues, once } from "../frame/once.js";
import { normalize, reduceAlong } from "../indexed/reductions.js";

type LoweredKind = TypedExpression["kind"];
type LoweringRules = {
  readonly [K in LoweredKind]: (lowering: Lowering, frame: Frame, node: TypedOf<K>) => ValueId;
};

/** The value of an expression; its shape is that of the expression's type. */
export function lowerExpression(lowering: Lowering, frame: Frame, node: TypedExpression): ValueId {
  const value = (rules[node.kind] as LoweringRules["number"])(lowering, frame, node as never);
  checkCount(lowering.builder.shapeOf(value), node.span, "this value");
  return value;
}

const rules: LoweringRules = {
  number: (lowering, frame, node) => builderAt(lowering, frame, node).constant(node.value),
  dimension: (lowering, frame, node) => {
    const dim = dimIn(frame, node.dim);
    const builder = builderAt(lowering, frame, node);
    const constant = constantOf(dim);
    return constant === undefined ? builder.dimension(dim) : builder.constant(constant);
  },
  "real-parameter": (lowering, frame, node) =>
    builderAt(lowering, frame, node).constant(frame.reals.get(node.name) ?? NaN),
  value: (_lowering, frame, node) => broughtIn(frame, valueIn(frame, node.name)),
  captured: (_lowering, frame, node) => broughtIn(frame, valueIn(frame, capturedKey(node.name))),
  next: (_lowering, frame, node) => broughtIn(frame, valueIn(frame, `${node.name}'`)),
  member: (_lowering, frame, node) => {
    let owner: Frame = frame;
    let left: ValueId | undefined;
    for (const [i, name] of node.path.entries()) {
      const child = childOf(owner, usedName(frame, name, node.places.get(i)));
      left = child.left.get(node.name);
      owner = child;
    }
    if (node.next) return broughtIn(frame, valueIn(owner, nextKey(node.name)));
    return broughtIn(frame, left ?? valueIn(owner, node.name));
  },
  "instance-call": (_lowering, frame, node) => {
    const child = childOf(frame, node.instance);
    const [output] = child.cell.outputs;
    invariant(output !== undefined, `${node.instance} has no output`);
    return broughtIn(frame, valueIn(child, output.name));
  },
  "call-in-place": (lowering, frame, { instance, place, isStep, call, output }) => {
    const name = usedName(frame, instance, place);
    const child = isStep ? childOf(frame, name) : frameInPlace(frame, name, call.runtimeDimensions);
    lowerCall(lowering, frame, child, call);
    return valueIn(child, output);
  },
  run: (lowering, frame, node) => {
    const { run, read } = node;
    const { around } = frame;
    // One that is the same for all values of an index stands before them, with states of the module.
    if (around !== undefined && !readsIndex(node, around.index))
      return around.bring(lowerExpression(around.lowering, around.frame, node));
    return only([once(frame, run, () => lowerRun(lowering, frame, run))[placeOfRead(frame, run, read)]]);
  },
  complex: (_lowering, _frame, node) => {
    invariant(false, `a complex number is lowered: ${node.span.file} ${node.span.start}`);
  },
  shared: (lowering, frame, { operand }) =>
    only(once(frame, operand, () => [lowerExpression(lowering, frame, operand)])),
  elementwise: (lowering, frame, node) => {
    const chosen = branchInRound(frame, node);
    if (chosen === undefined) return lowerElementwise(lowering, frame, node);
    const value = lowerExpression(lowering, frame, chosen);
    return broadcastTo(builderAt(lowering, frame, node), value, shapeIn(frame, node.type));
  },
  product: lowerProduct,
  reduction: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    if (isOfSome(node.operation)) {
      const shape = shapeIn(frame, node.operand.type);
      checkElements(node.axes.map((axis) => at(shape, axis)), node.operation, node); // prettier-ignore
    }
    return reduceAlong(builderAt(lowering, frame, node), node.operation, operand, node.axes);
  },
  normalization: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    return normalize(builderAt(lowering, frame, node), node.operation, operand, node.axes);
  },
  cumulative: (lowering, frame, node) => {
    const { operand, operation, axis, span, along } = node;
    if (along === undefined) checkCounted(at(shapeIn(frame, operand.type), axis), operation, span);
    const value = lowerExpression(lowering, frame, operand);
    const builder = builderAt(lowering, frame, node);
    return along === undefined ? cumulate(builder, value, node) : runUp(builder, value, node, frame.path + along);
  },
  concat: (lowering, frame, node) => {
    const operands = isIndices(node)
      ? node.operands.map((operand) => lowerIndex(lowering, frame, operand))
      : lowerAll(lowering, frame, node.operands);
    const builder = builderAt(lowering, frame, node);
    const bound = node.type.kind === "index" ? dimIn(frame, node.type.bound) : undefined;
    if (node.before === undefined) return builder.concat(node.axis, operands, keptIn(lowering, bound));
    const state = { name: frame.path + node.before, documentation: "", bound, isBefore: true };
    return builder.concat(node.axis, operands, state);
  },
  stack: (lowering, frame, node) => {
    const operands = isIndices(node)
      ? node.operands.map((operand) => lowerIndex(lowering, frame, operand))
      : lowerAll(lowering, frame, node.operands);
    const builder = builderAt(lowering, frame, node);
    const widened = operands.map((operand) => {
      const shape = builder.shapeOf(operand);
      return builder.reshape(operand, [...shape.slice(0, node.axis), dimConstant(1), ...shape.slice(node.axis)]);
    });
    return builder.concat(node.axis, widened);
  },
  reshape: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    return builderAt(lowering, frame, node).reshape(operand, shapeIn(frame, node.type));
  },
  transpose: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    return builderAt(lowering, frame, node).transpose(operand, node.permutation);
  },
  outer: (lowering, frame, node) => {
    const [a = 0, b = 0] = lowerAll(lowering, frame, [node.left, node.right]);
    const builder = builderAt(lowering, frame, node);
    const left = range(0, builder.shapeOf(a).length);
    const right = range(left.length, builder.shapeOf(b).length);
    return builder.contract(a, b, { a: left, b: right, result: [...left, ...right], parts: 1 });
  },
  convolution: lowerConvolution,
  windows: lowerWindows,
  fill: (lowering, frame, node) => builderAt(lowering, frame, node).constantOf(node.value, shapeIn(frame, node.type)),
  reverse: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    return builderAt(lowering, frame, node).emit({ kind: "reverse", axis: node.axis }, [operand]);
  },
  repeat: (lowering, frame, node) => {
    const operand = (isIndices(node) ? lowerIndex : lowerExpression)(lowering, frame, node.operand);
    return broadcastTo(builderAt(lowering, frame, node), operand, shapeIn(frame, node.type));
  },
  slice: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    const builder = builderAt(lowering, frame, node);
    const part = builder.slice(operand, node.axis, dimIn(frame, node.start), dimIn(frame, node.length));
    return node.drop ? builder.reshape(part, shapeIn(frame, node.type)) : part;
  },
  gather: (lowering, frame, node) => {
    const operand = lowerExpression(lowering, frame, node.operand);
    const place = numberInRound(frame, node.index);
    if (place !== undefined) return elementAt(builderAt(lowering, frame, node), operand, node.axis, dimConstant(place));
    const index = lowerIndex(lowering, frame, node.index);
    const builder = builderAt(lowering, frame, node);
    const others = range(0, builder.shapeOf(operand).length).filter((axis) => axis !== node.axis);
    const rows = builder.emit({ kind: "gather", along: 0 }, [
      builder.transpose(operand, [node.axis, ...others]),
      index,
    ]);
    // The axes of places stand where the axis stood.
    const rank = builder.shapeOf(index).length;
    const all = range(0, builder.shapeOf(rows).length);
    return builder.transpose(rows, [...range(rank, node.axis), ...range(0, rank), ...all.slice(rank + node.axis)]);
  },
  places: lowerPlaces,
  indexed: (lowering, frame, node) => lowerIndexed(lowering, frame, node),
  "index-reduction": (lowering, frame, node) => lowerIndexReduction(lowering, frame, node),
  expanded: (lowering, frame, node) => lowerExpression(lowering, frame, node.value),
  element: (lowering, frame, node) => {
    const here = elementInRound(frame, node);
    if (here.terms.length > 0) return lowerElement(lowering, frame, here);
    const operand = lowerExpression(lowering, frame, node.operand);
    return elementAt(builderAt(lowering, frame, node), operand, node.axis, placeInRound(frame, here));
  },
  position: (lowering, frame, node) => {
    const place = placeOf(frame, node);
    if (place === undefined) return lowerPosition(lowering, frame, node);
    const dtype = node.type.kind === "index" ? "index" : "real";
    return builderAt(lowering, frame, node).emit({ kind: "constant", dtype, value: place }, []);
  },
  rounds: (lowering, frame, node) => lowerRounds(lowering, frame, node),
  "round-value": (_lowering, frame, node) => {
    const value = frame.roundValues?.get(node.next ? nextKey(node.name) : node.name);
    invariant(value !== undefined, `${node.name} outside of its rounds`);
    return ownIn(frame, value);
  },
  call: (lowering, frame, node) => only(lowerFunctionCall(lowering, frame, node)),
  result: (lowering, frame, { call, position }) =>
    only(once(frame, call, () => lowerFunctionCall(lowering, frame, call)).slice(position)),
  gradient: (lowering, frame, node) => {
    const { of, position } = node;
    const gradients = once(frame, of, () => {
      const value = lowerExpression(lowering, frame, of.value);
      const by = lowerAll(lowering, frame, of.by);
      return lowering.derive(builderAt(lowering, frame, node), value, by, of);
    });
    const builder = builderAt(lowering, frame, node);
    return gradients[position] ?? builder.constantOf(0, shapeIn(frame, node.type));
  },
  "call-given": (lowering, frame, node) => {
    const given = lowerAll(lowering, frame, node.arguments);
    const { fn, dimensions, frame: caller } = functionIn(frame, node.name);
    return only(lowerFunction(lowering, caller, fn, given, dimensions));
  },
  error: (_lowering, _frame, node) => {
    invariant(false, `an expression with errors is lowered: ${node.span.file} ${node.span.start}`);
  },
};

/** By which a frame knows a used cell, or one of an array. */
function usedName(frame: Frame, name: string, place: TypedPlace | undefined): string {
  return place === undefined ? name : elementName(place.array, numberOfPlace(frame, place));
}

function lowerAll(lowering: Lowering, frame: Frame, nodes: readonly TypedExpression[]): ValueId[] {
  return nodes.map((node) => lowerExpression(lowering, frame, node));
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

function only([value]: LoweredValues): ValueId {
  invariant(value !== undefined, "a value that was not computed");
  return value;
}

/** All results, which share what they are made of. */
function lowerFunctionCall(lowering: Lowering, frame: Frame, call: TypedCall): readonly ValueId[] {
  const given = lowerAll(lowering, frame, call.arguments);
  const own = [...call.dimensions].map(([name, dim]) => [name, dimIn(frame, dim)] as const);
  const dimensions = new Map([...frame.dimensions, ...own]);
  const places = placesOfCall(frame, call);
  return lowerFunction(lowering, frame, call.fn, given, dimensions, {
    places,
    functions: functionsOfCall(frame, call),
  });
}

function lowerElementwise(lowering: Lowering, frame: Frame, node: TypedOf<"elementwise">): ValueId {
  const exponent = node.operation === "^" ? literalOf(node.operands[1]) : undefined;
  const operands = lowerAll(lowering, frame, exponent === undefined ? node.operands : node.operands.slice(0, 1));
  const builder = builderAt(lowering, frame, node);
  const shape = shapeIn(frame, node.type);
  const equal = operands.map((operand) => broadcastTo(builder, operand, shape));
  if (exponent !== undefined) equal.push(builder.constantOf(exponent, shape));
  return elementwiseLowerings[node.operation](builder, equal, exponent);
}

/** `2`, `-1`. */
function literalOf(node: TypedExpression | undefined): number | undefined {
  if (node?.kind === "number") return node.value;
  if (node?.kind !== "elementwise" || node.operation !== "negate") return undefined;
  const value = literalOf(node.operands[0]);
  return value === undefined ? undefined : -value;
}

/** Labels: batch axes, aligned at their ends; then rows of the left, columns of the right, and what is summed. */
function lowerProduct(lowering: Lowering, frame: Frame, node: TypedOf<"product">): ValueId {
  const operands = lowerAll(lowering, frame, [node.left, node.right]);
  const builder = builderAt(lowering, frame, node);
  const shape = shapeIn(frame, node.type);
  const ranks = operands.map((operand) => builder.shapeOf(operand).length);
  const hasRows = (ranks[0] ?? 0) > 1;
  const hasColumns = (ranks[1] ?? 0) > 1;
  const batch = shape.length - (hasRows ? 1 : 0) - (hasColumns ? 1 : 0);
  const [rows, columns, summed] = [batch, hasRows ? batch + 1 : batch, shape.length];
  const [left, right] = operands.map((operand, side) => {
    const inner = side === 0 ? [...(hasRows ? [rows] : []), summed] : [summed, ...(hasColumns ? [columns] : [])];
    const own = builder.shapeOf(operand);
    const count = Math.max(own.length - 2, 0);
    // An axis of size 1 that repeats has no part in the product: it goes.
    const labels = range(batch - count, count);
    const kept = labels.map((label, axis) => (isOne(at(own, axis)) && !isOne(at(shape, label)) ? -1 : label));
    const used = kept.filter((label) => label >= 0);
    const narrow =
      used.length === kept.length
        ? operand
        : builder.reshape(
            operand,
            own.filter((_, axis) => (kept[axis] ?? 0) >= 0),
          );
    return { value: narrow, labels: [...used, ...inner] };
  });
  invariant(left !== undefined && right !== undefined, "a product has two sides");
  const result = [...range(0, batch), ...(hasRows ? [rows] : []), ...(hasColumns ? [columns] : [])];
  // Before time is lifted, which would look like an axis of the product.
  const parts = hasRows || hasColumns ? 1 : 4;
  return builder.contract(left.value, right.value, { a: left.labels, b: right.labels, result, parts });
}

const isIndices = ({ type }: TypedExpression): boolean => type.kind === "index";

function isOne(dim: Dim): boolean {
  return constantOf(dim) === 1;
}

/** A value of the cell, where that cell or one of its functions calls a function that reads it. */
function capturedIn(caller: Frame, name: string): ValueId {
  return caller.values.get(capturedKey(name)) ?? valueIn(caller, name);
}

/** The results of a function whose arguments are `given`. */
export function lowerFunction(
  lowering: Lowering,
  caller: Frame,
  fn: TypedFunction,
  given: readonly ValueId[],
  dimensions: ReadonlyMap<string, Dim>,
  { places, functions }: { readonly [K in "places" | "functions"]?: Frame[K] | undefined } = {},
): readonly ValueId[] {
  const values = new Map(fn.parameters.map(({ name }, i) => [name, at(given, i)]));
  for (const name of fn.captured) values.set(capturedKey(name), broughtIn(caller, capturedIn(caller, name)));
  const around = { dimensions, reals: caller.reals, children: new Map(), path: caller.path };
  const frame: Frame = { ...around, values, ...(places && { places }), ...(functions && { functions }) };
  for (const { key, value } of fn.equations) values.set(key, lowerExpression(lowering, frame, value));
  const results = fn.results.map(({ type, value }) => {
    const lowered = lowerExpression(lowering, frame, value);
    return broadcastTo(builderAt(lowering, frame, value), lowered, shapeIn(frame, type));
  });
  if (fn.derivative === undefined) return results;
  lowering.noteDeclared(lowering.builder, fn, frame);
  return declareDerivative(lowering, frame, fn, results);
}
