/** A point at which derivatives are compared: sizes, and numbers for everything a call of a module takes. Plain data. */
import type { BatchValue } from "../../ir/graph/evaluate.js";
import { unpad } from "../../ir/graph/evaluate.js";
import { forEachIndex, indexAt, type Tensor } from "../../ir/graph/tensor.js";

/** What has a gradient. */
export type Role = "param" | "input" | "context" | "state";

export interface PointTensor {
  /** `output` and `final`: cotangents. */
  readonly role: Role | "fixed" | "output" | "final";
  readonly name: string;
  /** For one example and step, as in the manifest: names are run-time dimensions. */
  readonly shape: readonly (number | string)[];
  /** A param and a fixed value as `shape`, others `[B, …]`, inputs and outputs `[B, T, …]`; row-major, padded. */
  readonly values: Float64Array;
}

export interface PointSizes {
  readonly batch: number;
  readonly steps: number;
  /** Real steps of each example. */
  readonly lengths: readonly number[];
  /** Of each run-time dimension its size in each example; the largest is that of the padded tensors. */
  readonly sizes: Readonly<Record<string, readonly number[]>>;
}

export interface Point extends PointSizes {
  /** Params, inputs, contexts and states. A state with a computed initial value may be left to the cell. */
  readonly tensors: readonly PointTensor[];
  /** Fixed values of the module. */
  readonly fixed: readonly PointTensor[];
  /** Index inputs by name, `[B, T, …]`. */
  readonly indices: readonly (PointTensor & { readonly bound: number })[];
  /** Of outputs and final states: the loss is `Σ cotangent · value`. */
  readonly cotangents: readonly PointTensor[];
}

/** An object in which every name, `__proto__` too, is a property like any other. */
export function byName<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const result = Object.create(null) as Record<string, Value>;
  for (const [name, value] of entries) result[name] = value;
  return result;
}

/** One for all examples. */
export const isShared = ({ role }: Pick<PointTensor, "role">): boolean => role === "param" || role === "fixed";

const isTimed = ({ role }: PointTensor): boolean => role === "input" || role === "output";

/** The shape of one example's part of the padded tensor; of a param the shape itself. */
export function paddedShape(at: PointSizes, tensor: PointTensor): number[] {
  const sizes = tensor.shape.map((size) => (typeof size === "number" ? size : largest(at, size)));
  return isTimed(tensor) ? [at.steps, ...sizes] : sizes;
}

/** The same without padding. */
export function ownShape(at: PointSizes, tensor: PointTensor, example: number): number[] {
  const sizes = tensor.shape.map((size) => (typeof size === "number" ? size : (at.sizes[size]?.[example] as number)));
  return isTimed(tensor) ? [at.lengths[example] as number, ...sizes] : sizes;
}

export function largest({ sizes }: PointSizes, dimension: string): number {
  return Math.max(1, ...(sizes[dimension] ?? []));
}

/** Positions in `values` that belong to an example, not to its padding. */
export function realPlaces(at: PointSizes, tensor: PointTensor): number[] {
  if (isShared(tensor)) return Array.from(tensor.values, (_, i) => i);
  const padded = paddedShape(at, tensor);
  const width = padded.reduce((product, size) => product * size, 1);
  const places: number[] = [];
  for (let b = 0; b < at.batch; b++) {
    forEachIndex(ownShape(at, tensor, b), (index) => {
      places.push(index.reduce((offset, i, axis) => offset * (padded[axis] as number) + i, 0) + b * width);
    });
  }
  return places;
}

/** Where a position is: `[b, t, …]`, of a param `[…]`. */
export function indexOf(at: PointSizes, tensor: PointTensor, position: number): number[] {
  const shape = paddedShape(at, tensor);
  return indexAt(isShared(tensor) ? shape : [at.batch, ...shape], position);
}

/** What `forward` takes. Parameters are not among it: they belong to the instance. */
export function callOf(point: Point): Record<string, unknown> {
  const { batch, steps, lengths, sizes, tensors, indices } = point;
  return byName<unknown>([
    ["batch", batch],
    ["steps", steps],
    ["lengths", lengths],
    ["sizes", byName(Object.entries(sizes).map(([name, each]) => [name, [...each]] as const))],
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

/** What `instantiate` takes for calls of these sizes. */
export function capacitiesOf(at: PointSizes): { batch: number; steps: number; sizes: Record<string, number> } {
  const sizes = byName(Object.keys(at.sizes).map((name) => [name, largest(at, name)] as const));
  return { batch: at.batch, steps: Math.max(1, at.steps), sizes };
}

/** Sizes of the graph's symbols in each example. */
export function symbolSizes({ batch, lengths, sizes }: PointSizes): ReadonlyMap<string, number>[] {
  return Array.from(
    { length: batch },
    (_, b) =>
      new Map([
        ["%T", lengths[b] as number],
        ...Object.entries(sizes).map(([name, each]) => [name, each[b] as number] as const),
      ]),
  );
}

/** A tensor as the evaluator takes it: one for each example, without padding; a param as it is. */
export function toBatchValue(at: PointSizes, tensor: PointTensor): BatchValue {
  const padded = paddedShape(at, tensor);
  if (isShared(tensor)) return { shared: { shape: padded, data: tensor.values } };
  const own = Array.from({ length: at.batch }, (_, b) => ownShape(at, tensor, b));
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
export function fromBatchValue(at: PointSizes, tensor: PointTensor, value: BatchValue): Float64Array {
  const parts = examplesOf(value, isShared(tensor) ? 1 : at.batch);
  const numbers = parts.flatMap(({ data }) => [...data]);
  const result = new Float64Array(tensor.values.length);
  for (const [i, place] of realPlaces(at, tensor).entries()) result[place] = numbers[i] as number;
  return result;
}
