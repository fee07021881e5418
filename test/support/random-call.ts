/** Random arguments for any compiled cell, from its manifest. */
import {
  createRandom,
  type CallValues,
  type FloatArray,
  type Manifest,
  type ModuleInstance,
  type Random,
  type TensorEntry,
} from "../../runtime/index.js";

export type Tensors = Record<string, Float64Array>;

export interface CallSizes {
  readonly batch: number;
  readonly steps: number;
  /** Run-time dimensions. */
  readonly sizes: Readonly<Record<string, number>>;
}

export interface RandomCall extends CallSizes {
  readonly inputs: Tensors;
  readonly contexts: Tensors;
  readonly states: Tensors;
  /** Cotangents of outputs and of final states. */
  readonly outputs: Tensors;
  readonly finals: Tensors;
}

export function widthOf({ shape }: TensorEntry, sizes: Readonly<Record<string, number>>): number {
  return shape.reduce<number>((count, size) => count * (typeof size === "number" ? size : sizes[size]!), 1);
}

const reals = (random: Random, count: number, deviation = 1): Float64Array =>
  Float64Array.from({ length: count }, () => Math.fround(random.normal(deviation)));

/** Values that float32 holds, so that both dtypes see the same ones. */
export function randomCall(manifest: Manifest, seed: number, call: CallSizes): RandomCall {
  const random = createRandom(seed);
  const { batch, steps, sizes } = call;
  const fill = (entries: readonly TensorEntry[], rows: number): Tensors =>
    Object.fromEntries(entries.map((entry) => [entry.name, reals(random, rows * widthOf(entry, sizes))]));
  const inputs = fill(manifest.inputs, batch * steps);
  for (const { name, dtype, bound } of manifest.inputs) {
    if (dtype === "index") inputs[name] = inputs[name]!.map(() => random.integer(bound!));
  }
  return {
    ...call,
    inputs,
    contexts: fill(manifest.contexts, batch),
    states: fill(manifest.states, batch),
    outputs: fill(manifest.outputs, batch * steps),
    finals: fill(manifest.states, batch),
  };
}

/** Random parameters of moderate size, also where the initialiser says zeros. */
export function randomParams(instance: ModuleInstance, seed: number): void {
  const random = createRandom(seed);
  for (const name of Object.keys(instance.params).sort())
    instance.params[name]!.set(reals(random, instance.params[name]!.length, 0.4));
}

/** What `forward` takes. Index inputs go as Int32Array. */
export function valuesOf(manifest: Manifest, { inputs, contexts, states, batch, steps }: RandomCall): CallValues {
  const given: Record<string, unknown> = { batch, steps, ...inputs, ...contexts, ...states };
  for (const { name, dtype } of manifest.inputs) if (dtype === "index") given[name] = Int32Array.from(inputs[name]!);
  return given;
}

/** Example `b` of a batch, cut to its own steps and its own run-time sizes. */
export function exampleOf(manifest: Manifest, call: RandomCall, b: number, own: Omit<CallSizes, "batch">): RandomCall {
  const pick = (entries: readonly TensorEntry[], from: Tensors, timed: boolean): Tensors =>
    Object.fromEntries(entries.map((entry) => [entry.name, cut(entry, from[entry.name]!, call, b, own, timed)]));
  return {
    batch: 1,
    steps: own.steps,
    sizes: own.sizes,
    inputs: pick(manifest.inputs, call.inputs, true),
    contexts: pick(manifest.contexts, call.contexts, false),
    states: pick(manifest.states, call.states, false),
    outputs: pick(manifest.outputs, call.outputs, true),
    finals: pick(manifest.states, call.finals, false),
  };
}

/** Visits the places of example `b` that count: `from` in the batch's tensor, `to` in the example's own. */
export function eachPlace(
  { shape }: TensorEntry,
  call: CallSizes,
  b: number,
  own: Omit<CallSizes, "batch">,
  timed: boolean,
  visit: (from: number, to: number) => void,
): void {
  const outer = [
    ...(timed ? [call.steps] : []),
    ...shape.map((size) => (typeof size === "number" ? size : call.sizes[size]!)),
  ];
  const inner = [
    ...(timed ? [own.steps] : []),
    ...shape.map((size) => (typeof size === "number" ? size : own.sizes[size]!)),
  ];
  let to = 0;
  const walk = (axis: number, from: number): void => {
    if (axis === inner.length) visit(from, to++);
    else for (let i = 0; i < inner[axis]!; i++) walk(axis + 1, from * outer[axis]! + i);
  };
  walk(0, b);
}

export function cut(
  entry: TensorEntry,
  values: FloatArray,
  call: CallSizes,
  b: number,
  own: Omit<CallSizes, "batch">,
  timed: boolean,
): Float64Array {
  const result: number[] = [];
  eachPlace(entry, call, b, own, timed, (from) => result.push(values[from]!));
  return Float64Array.from(result);
}

/** The batch with NaN wherever example `b` has no entry of its own; indices, which have no NaN, become 0. */
export function withNaNPadding(
  manifest: Manifest,
  call: RandomCall,
  own: readonly Omit<CallSizes, "batch">[],
): RandomCall {
  const pad = (entries: readonly TensorEntry[], from: Tensors, timed: boolean): Tensors =>
    Object.fromEntries(
      entries.map((entry) => {
        const isIndex = "dtype" in entry && entry.dtype === "index";
        const padded = from[entry.name]!.map(() => (isIndex ? 0 : NaN));
        own.forEach((sizes, b) =>
          eachPlace(entry, call, b, sizes, timed, (at) => (padded[at] = from[entry.name]![at]!)),
        );
        return [entry.name, padded];
      }),
    );
  return {
    ...call,
    inputs: pad(manifest.inputs, call.inputs, true),
    contexts: pad(manifest.contexts, call.contexts, false),
    outputs: pad(manifest.outputs, call.outputs, true),
  };
}
