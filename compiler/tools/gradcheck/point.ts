/** A point at which derivatives are compared: sizes, and numbers for everything a call of a module takes. Plain data. */
import { TIME_SYMBOL } from "../../base/types/dim.js";
import type { BatchValue } from "../../ir/graph/evaluate.js";
import { unpad } from "../../ir/graph/evaluate.js";
import { indexAt, type Tensor } from "../../ir/graph/tensor.js";
import { placesOf } from "../calls/examples.js";
import { type CallExtents, isShared, partShape, symbolSizes, wholeShape } from "../calls/sizes.js";
import type { CallTensor } from "../calls/tensors.js";

/** A tensor of a call with its numbers, row-major, padded. Of outputs and final states they are cotangents. */
export interface PointTensor extends Pick<CallTensor, "role" | "name" | "axes" | "shape"> {
  readonly values: Float64Array;
}

export interface Point extends CallExtents {
  /** Of the axes of the call, as dimensions of graphs have them. */
  readonly symbols: readonly string[];
  /** Params, inputs, contexts and states. A state with a computed initial value may be left to the cell. */
  readonly tensors: readonly PointTensor[];
  /** Fixed values of the module. */
  readonly fixed: readonly PointTensor[];
  /** Inputs and states that are indices. */
  readonly indices: readonly PointTensor[];
  /** Of outputs and final states: the loss is `Σ cotangent · value`. */
  readonly cotangents: readonly PointTensor[];
}

/** An object in which every name, `__proto__` too, is a property like any other. */
export function byName<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const result = Object.create(null) as Record<string, Value>;
  for (const [name, value] of entries) result[name] = value;
  return result;
}

/** Positions in `values` that belong to an example, not to its padding. */
export function realPlaces(at: CallExtents, tensor: PointTensor): number[] {
  if (isShared(tensor)) return Array.from(tensor.values, (_, i) => i);
  return Array.from({ length: at.batch }, (_, b) => placesOf(tensor, at, b)).flat();
}

/** Where a position is: `[b, t, …]`, of a param `[…]`. */
export const indexOf = (at: CallExtents, tensor: PointTensor, position: number): number[] =>
  indexAt(wholeShape(tensor, at), position);

/** What `forward` takes. Parameters are not among it: they belong to the instance. */
export function callOf(point: Point): Record<string, unknown> {
  const { batch, steps, tensors, indices } = point;
  const { lengths, sizes } = ownSizes(point);
  const overSteps = point.symbols.includes(TIME_SYMBOL) ? Object.entries({ steps, lengths }) : [];
  return byName<unknown>([
    ["batch", batch],
    ["sizes", sizes],
    ...overSteps,
    ...tensors.flatMap(({ role, name, values }) => (role === "param" ? [] : [[name, values] as const])),
    ...indices.map(({ name, values }) => [name, Int32Array.from(values)] as const),
  ]);
}

/** What `backward` takes. */
export function cotangentsOf({ cotangents }: Point): Record<string, unknown> {
  const of = (wanted: PointTensor["role"]): [string, Float64Array][] =>
    cotangents.flatMap(({ role, name, values }) => (role === wanted ? [[name, values]] : []));
  return byName<unknown>([...of("output"), ["final", byName(of("final"))]]);
}

/** The steps of each example, and each run-time dimension's sizes. */
export function ownSizes({ examples, sizes, computed = [] }: CallExtents): {
  readonly lengths: readonly number[];
  readonly sizes: Readonly<Record<string, readonly number[]>>;
} {
  const each = (name: string): number[] => examples.map((own) => own.sizes[name] as number);
  return {
    lengths: examples.map(({ steps }) => steps),
    sizes: byName(
      Object.keys(sizes)
        .filter((name) => !computed.includes(name))
        .map((name) => [name, each(name)] as const),
    ),
  };
}

/** Sizes of the graph's symbols in each example. */
export const sizesAt = ({ examples, symbols }: Point): ReadonlyMap<string, number>[] =>
  examples.map((own) => symbolSizes(symbols, own));

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
