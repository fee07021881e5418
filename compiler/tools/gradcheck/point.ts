/** A point at which derivatives are compared: sizes, and numbers for everything a call of a module takes. Plain data. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { BatchValue } from "../../ir/graph/evaluate.js";
import { unpad } from "../../ir/graph/evaluate.js";
import { indexAt, type Tensor } from "../../ir/graph/tensor.js";
import { placesOf } from "../calls/single-examples.js";
import { axesOfManifest, type CallExtents, isShared, partShape, symbolSizes, wholeShape } from "../calls/sizes.js";
import type { CellCall } from "../calls/call.js";
import { type CallTensor, mapTensors } from "../calls/tensors.js";

/** A tensor of a call with its numbers, row-major, padded. Of outputs and final states they are cotangents. */
export interface PointTensor extends Pick<CallTensor, "name" | "axes" | "shape"> {
  readonly role: CallTensor["role"] | "random" | "setting";
  readonly values: Float64Array;
}

export interface Point extends CallExtents {
  /** Of the module that is called. */
  readonly manifest: Manifest;
  /** Params, inputs, contexts and states. A state with a computed initial value may be left to the cell. */
  readonly tensors: readonly PointTensor[];
  /** Fixed values of the module. */
  readonly fixed: readonly PointTensor[];
  /** Inputs and states that are indices. */
  readonly indices: readonly PointTensor[];
  /** What the call draws by the seed, and its settings: given numbers to derivatives. */
  readonly hidden: readonly PointTensor[];
  readonly seed: number;
  /** Of outputs and final states: the loss is `Σ cotangent · value`. */
  readonly cotangents: readonly PointTensor[];
}

/** Positions in `values` that belong to an example, not to its padding. */
export function realPlaces(at: CallExtents, tensor: PointTensor): number[] {
  if (isShared(tensor)) return Array.from(tensor.values, (_, i) => i);
  return Array.from({ length: at.batch }, (_, b) => placesOf(tensor, at, b)).flat();
}

/** Where a position is: `[b, t, …]`, of a param `[…]`. */
export const indexOf = (at: CallExtents, tensor: PointTensor, position: number): number[] =>
  indexAt(wholeShape(tensor, at), position);

/** The call of a module at the point. */
export function callOf({ manifest, batch, steps, sizes, examples, computed, seed, ...lists }: Point): CellCall {
  const all = [...lists.tensors, ...lists.fixed, ...lists.indices, ...lists.cotangents];
  const numbers = mapTensors(
    manifest,
    (tensor) => all.find(({ role, name }) => role === tensor.role && name === tensor.name)?.values,
  );
  return { batch, steps, sizes, examples, ...(computed && { computed }), ...numbers, seed };
}

/** Sizes of the graph's symbols in each example. */
export const sizesAt = ({ examples, manifest }: Point): ReadonlyMap<string, number>[] =>
  examples.map((own) => symbolSizes(axesOfManifest(manifest), own));

/** A tensor as the evaluator takes it: one for each example, without padding; a param as it is. */
export function toBatchValue(at: CallExtents, tensor: PointTensor): BatchValue {
  const padded = partShape(tensor, at);
  if (isShared(tensor)) return { shared: { shape: padded, data: tensor.values } };
  const own = at.examples.map((example) => partShape(tensor, example));
  return { examples: unpad(tensor.values, padded, own) };
}

/** The tensor of each example, also where they share one. */
export function examplesOf(value: BatchValue, count: number): readonly Tensor[] {
  return "shared" in value ? new Array<Tensor>(count).fill(value.shared) : value.examples;
}

/**
 * Back to one padded array. What is each example's own may be one value for all of them: the gradient by what nothing depends on
 * is a zero that they share.
 */
export function fromBatchValue(at: CallExtents, tensor: PointTensor, value: BatchValue): Float64Array {
  const parts = examplesOf(value, isShared(tensor) ? 1 : at.batch);
  const numbers = parts.flatMap(({ data }) => [...data]);
  const result = new Float64Array(tensor.values.length);
  for (const [i, place] of realPlaces(at, tensor).entries()) result[place] = numbers[i] as number;
  return result;
}
