/** `conv`: windows of a value with zeros around it, times the weights. */
import { constantOf, type Dim, dimConstant, divideDims, equalDims } from "../../base/types/dim.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { at as entry } from "../../base/at.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { SequenceState, ValueId } from "../../ir/graph/graph-function.js";
import type { TypedOf } from "../../language/semantics/typed-program.js";
import type { ConvolvedAxis, WindowAxis } from "../../language/semantics/typed-sizes.js";
import { builderAt, dimIn, type Frame, keptIn, type Lowering, shapeIn } from "../frame/frame.js";

export function lowerConvolution(lowering: Lowering, frame: Frame, node: TypedOf<"convolution">): ValueId {
  const value = lowering.lower(lowering, frame, node.left);
  const weights = lowering.lower(lowering, frame, node.right);
  const builder = builderAt(lowering, frame, node);
  const own = (dim: Dim): Dim => dimIn(frame, dim);
  const axes = node.axes.map(({ stride, dilation, before, after, length }) => ({
    stride: own(stride),
    dilation: own(dilation),
    before: own(before),
    after: own(after),
    length: own(length),
  }));
  const groups = own(node.groups);
  const state = keptIn(lowering);
  const shape = builder.shapeOf(weights);
  const [outputs, inner] = [entry(shape, 0), entry(shape, 1)];
  if (constantOf(groups) === 1) return convolve(builder, axes, windowsOf(builder, value, axes, shape, state), weights);
  const each = divideDims(outputs, groups);
  invariant(each !== undefined, "channels of a group");
  const ownShape = builder.shapeOf(value);
  const perGroup = builder.reshape(value, [...ownShape.slice(0, axes.length), groups, inner]);
  const grouped = builder.reshape(weights, [groups, each, ...shape.slice(1)]);
  const windows = windowsOf(builder, perGroup, axes, shape, state);
  const isDepthwise = constantOf(inner) === 1 && equalDims(each, dimConstant(1));
  const result = isDepthwise
    ? convolveEach(builder, axes, windows, grouped)
    : convolveGroups(builder, axes, windows, grouped);
  return builder.reshape(result, shapeIn(frame, node.type));
}

export function lowerWindows(lowering: Lowering, frame: Frame, node: TypedOf<"windows">): ValueId {
  const value = lowering.lower(lowering, frame, node.operand);
  const b = builderAt(lowering, frame, node);
  const axes = node.axes.map(({ stride, dilation, size, length }) => ({
    stride: dimIn(frame, stride),
    dilation: dimIn(frame, dilation),
    size: dimIn(frame, size),
    length: dimIn(frame, length),
  }));
  const windows = windowsAlong(b, value, axes);
  if (axes.length === 1) return windows;
  // The windows of both axes, then the elements of both.
  return b.transpose(windows, [
    0,
    2,
    1,
    3,
    ...b
      .shapeOf(windows)
      .slice(4)
      .map((_, i) => 4 + i),
  ]);
}

/** `[…, Y, K, X, L, …]`. */
function windowsOf(
  b: GraphBuilder,
  value: ValueId,
  axes: readonly ConvolvedAxis[],
  weights: readonly Dim[],
  state: SequenceState | undefined,
): ValueId {
  const first = weights.length - axes.length;
  const padded = axes.reduce((whole, { before, after }, axis) => {
    const [front = [], end = []] = [before, after].map((count) => zeros(b, whole, axis, count));
    return b.concat(axis, [...front, whole, ...end], front.length > 0 ? state : undefined);
  }, value);
  return windowsAlong(b, padded, axes.map((axis, i) => ({ ...axis, size: entry(weights, first + i) }))); // prettier-ignore
}

/** Each axis becomes two: its windows, and their elements. */
function windowsAlong(b: GraphBuilder, value: ValueId, axes: readonly WindowAxis[]): ValueId {
  return axes.reduce((whole, { stride, dilation, length, size }, i) => {
    return b.emit({ kind: "window", axis: 2 * i, length, size, stride, dilation }, [whole]);
  }, value);
}

/** As a part of a whole: of a pad derivatives would be told that zeros stand for something left out. */
function zeros(b: GraphBuilder, whole: ValueId, axis: number, count: Dim): readonly ValueId[] {
  if (constantOf(count) === 0) return [];
  return [b.constantOf(0, b.shapeOf(whole).map((dim, i) => (i === axis ? count : dim)))]; // prettier-ignore
}

/** Labels: windows, their elements, then groups, channels in and out. */
const labelsOf = (rank: number) => {
  const places = Array.from({ length: rank }, (_, i) => i);
  const entries = places.map((i) => rank + i);
  const windows = places.flatMap((i) => [i, rank + i]);
  return { places, entries, windows, group: 2 * rank, input: 2 * rank + 1, output: 2 * rank + 2 };
};

function convolve(b: GraphBuilder, { length: rank }: readonly unknown[], windows: ValueId, weights: ValueId): ValueId {
  const { places, entries, windows: own, input, output } = labelsOf(rank);
  const labels = { a: [...own, input], b: [output, input, ...entries], result: [...places, output] };
  return b.contract(windows, weights, { ...labels, parts: 1 });
}

function convolveGroups(
  b: GraphBuilder,
  { length: rank }: readonly unknown[],
  windows: ValueId,
  weights: ValueId,
): ValueId {
  const { places, entries, windows: own, group, input, output } = labelsOf(rank);
  const labels = {
    a: [...own, group, input],
    b: [group, output, input, ...entries],
    result: [...places, group, output],
  };
  return b.contract(windows, weights, { ...labels, parts: 1 });
}

/** One channel in and out for each group: no product, but a sum of some vectors of channels. */
function convolveEach(b: GraphBuilder, axes: readonly ConvolvedAxis[], windows: ValueId, weights: ValueId): ValueId {
  const shape = b.shapeOf(windows).slice(0, -1);
  const [groups, , , ...sizes] = b.shapeOf(weights);
  invariant(groups !== undefined, "groups of weights");
  const count = sizes.length;
  const turned = b.transpose(b.reshape(weights, [groups, ...sizes]), [...sizes.keys()].map((i) => i + 1).concat(0));
  const places = axes.flatMap((_, i) => 2 * i + 1).concat(2 * count);
  const repeated = b.broadcast(turned, shape, places);
  return b.reduce("sum", b.map("mul", b.reshape(windows, shape), repeated), axes.map((_, i) => 2 * i + 1)); // prettier-ignore
}
