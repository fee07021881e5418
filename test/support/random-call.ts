/** Random arguments for any compiled cell, from its manifest. */
import {
  createRandom,
  type CallValues,
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

/** Values that float32 holds, so that both dtypes see the same ones; what a call is given deviates by `scale` from 0. */
export function randomCall(manifest: Manifest, seed: number, call: CallSizes, scale = 1): RandomCall {
  const random = createRandom(seed);
  const { batch, steps, sizes } = call;
  const fill = (entries: readonly TensorEntry[], rows: number, deviation = 1): Tensors =>
    Object.fromEntries(entries.map((entry) => [entry.name, reals(random, rows * widthOf(entry, sizes), deviation)]));
  const inputs = fill(manifest.inputs, batch * steps, scale);
  for (const { name, dtype, bound } of manifest.inputs) {
    if (dtype === "index") inputs[name] = inputs[name]!.map(() => random.integer(bound!));
  }
  return {
    ...call,
    inputs,
    contexts: fill(manifest.contexts, batch, scale),
    states: fill(manifest.states, batch, scale),
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
