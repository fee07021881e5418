/** Rules about operations that only move elements: they cancel, combine, or disappear into their neighbours. Exact. */
import { at } from "../../../base/at.js";
import { addDims, constantOf, type Dim, dimConstant, equalDims, subtractDims } from "../../../base/types/dim.js";
import { equalShapes } from "../../../base/types/shape.js";
import type { ValueId } from "../../../ir/graph/graph-function.js";
import type { SimplifyRule, SimplifyRules } from "./view.js";

const broadcastOfBroadcast: SimplifyRule<"broadcast"> = (operation, [operand], view) => {
  const inner = view.match(operand, "broadcast");
  if (inner === undefined) return undefined;
  const axes = inner.operation.axes.map((axis) => at(operation.axes, axis));
  return view.b.broadcast(inner.operands[0], operation.shape, axes);
};

const wholeBroadcast: SimplifyRule<"broadcast"> = (operation, [operand]) =>
  operation.axes.length === operation.shape.length ? operand : undefined;

const wholeSlice: SimplifyRule<"slice"> = ({ axis, start, length }, [operand], view) => {
  const size = at(view.b.shapeOf(operand), axis);
  return constantOf(start) === 0 && equalDims(size, length) ? operand : undefined;
};

const sliceOfSlice: SimplifyRule<"slice"> = ({ axis, start, length }, [operand], view) => {
  const inner = view.match(operand, "slice");
  if (inner?.operation.axis !== axis) return undefined;
  return view.b.slice(inner.operands[0], axis, addDims(inner.operation.start, start), length);
};

/** A slice that is exactly one of the joined parts, or several of them. */
const sliceOfConcat: SimplifyRule<"slice"> = ({ axis, start, length }, [operand], view) => {
  const inner = view.match(operand, "concat");
  if (inner?.operation.axis !== axis) return undefined;
  let position = dimConstant(0);
  const end = addDims(start, length);
  const parts: ValueId[] = [];
  for (const part of inner.operands) {
    if (equalDims(position, start) || parts.length > 0) parts.push(part);
    position = addDims(position, at(view.b.shapeOf(part), axis));
    if (parts.length > 0 && equalDims(position, end)) return view.b.concat(axis, parts);
  }
  return undefined;
};

const sliceOfBroadcast: SimplifyRule<"slice"> = ({ axis, start, length }, [operand], view) => {
  const inner = view.match(operand, "broadcast");
  if (inner === undefined) return undefined;
  const { shape, axes } = inner.operation;
  const source = inner.operands[0];
  const position = axes.indexOf(axis);
  const target = shape.map((dim, i) => (i === axis ? length : dim));
  if (position === -1) return view.b.broadcast(source, target, axes);
  return view.b.broadcast(view.b.slice(source, position, start, length), target, axes);
};

/** Neighbouring slices of one value are one slice of it. */
const concatOfSlices: SimplifyRule<"concat"> = ({ axis }, operands, view) => {
  const slices = operands.map((id) => view.match(id, "slice"));
  const merged: ValueId[] = [];
  let run: { source: ValueId; start: Dim; end: Dim } | undefined;
  let joined = false;
  const close = (): void => {
    if (run === undefined) return;
    const length = subtractDims(run.end, run.start);
    merged.push(isWhole(run) ? run.source : view.b.slice(run.source, axis, run.start, length));
    run = undefined;
  };
  const isWhole = (r: { source: ValueId; start: Dim; end: Dim }): boolean =>
    constantOf(r.start) === 0 && equalDims(r.end, at(view.b.shapeOf(r.source), axis));
  for (const [i, slice] of slices.entries()) {
    if (slice?.operation.axis !== axis) {
      close();
      merged.push(at(operands, i));
      continue;
    }
    const source = slice.operands[0];
    const { start, length } = slice.operation;
    if (run !== undefined && run.source === source && equalDims(run.end, start)) {
      run = { ...run, end: addDims(start, length) };
      joined = true;
    } else {
      close();
      run = { source, start, end: addDims(start, length) };
    }
  }
  close();
  return joined ? view.b.concat(axis, merged) : undefined;
};

/** Parts that repeat over the same axes are joined before repeating them. */
const concatOfBroadcasts: SimplifyRule<"concat"> = ({ axis }, operands, view) => {
  const parts = operands.flatMap((id) => view.match(id, "broadcast") ?? []);
  const [first] = parts;
  const position = first?.operation.axes.indexOf(axis) ?? -1;
  if (first === undefined || position === -1 || parts.length < operands.length) return undefined;
  const axes = first.operation.axes;
  if (parts.some(({ operation }) => operation.axes.join() !== axes.join())) return undefined;
  const joined = view.b.concat(
    position,
    parts.map(({ operands: [source] }) => source),
  );
  const length = at(view.b.shapeOf(joined), position);
  const shape = first.operation.shape.map((dim, i) => (i === axis ? length : dim));
  return view.b.broadcast(joined, shape, axes);
};

const concatOfOne: SimplifyRule<"concat"> = (_operation, operands) => (operands.length === 1 ? operands[0] : undefined);

const reshapeToItself: SimplifyRule<"reshape"> = ({ shape }, [operand], view) =>
  equalShapes(shape, view.b.shapeOf(operand)) ? operand : undefined;

const reshapeOfReshape: SimplifyRule<"reshape"> = ({ shape }, [operand], view) => {
  const inner = view.match(operand, "reshape");
  return inner === undefined ? undefined : view.b.reshape(inner.operands[0], shape);
};

const transposeToItself: SimplifyRule<"transpose"> = ({ permutation }, [operand]) =>
  permutation.every((axis, i) => axis === i) ? operand : undefined;

const transposeOfTranspose: SimplifyRule<"transpose"> = ({ permutation }, [operand], view) => {
  const inner = view.match(operand, "transpose");
  if (inner === undefined) return undefined;
  return view.b.transpose(
    inner.operands[0],
    permutation.map((axis) => at(inner.operation.permutation, axis)),
  );
};

const reverseOfReverse: SimplifyRule<"reverse"> = ({ axis }, [operand], view) => {
  const inner = view.match(operand, "reverse");
  return inner?.operation.axis === axis ? inner.operands[0] : undefined;
};

export const viewRules: SimplifyRules = {
  broadcast: [wholeBroadcast, broadcastOfBroadcast],
  slice: [wholeSlice, sliceOfSlice, sliceOfConcat, sliceOfBroadcast],
  concat: [concatOfOne, concatOfSlices, concatOfBroadcasts],
  reshape: [reshapeToItself, reshapeOfReshape],
  transpose: [transposeToItself, transposeOfTranspose],
  reverse: [reverseOfReverse],
};
