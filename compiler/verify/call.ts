/** One call of a module with everything it takes, as plain numbers, and the arguments that functions take of it. */
import type { ModuleInstance } from "../../runtime/module/compiled-module.js";
import type { Manifest, TensorEntry } from "../../runtime/module/manifest.js";

export type Tensors = Record<string, Float64Array>;

/** Sizes of a call, and the largest of each run-time dimension. */
export interface CallSizes {
  readonly batch: number;
  readonly steps: number;
  readonly capacities: Readonly<Record<string, number>>;
}

export interface Call extends CallSizes {
  readonly lengths: readonly number[];
  /** Of each run-time dimension the size in each example; the first one has the largest. */
  readonly sizes: Readonly<Record<string, readonly number[]>>;
  readonly params: Tensors;
  readonly inputs: Tensors;
  readonly contexts: Tensors;
  /** Initial states; those that are missing start as the cell says. */
  readonly states: Tensors;
  readonly cotangents: { readonly outputs: Tensors; readonly finals: Tensors };
  /** A direction, of everything that has a gradient. */
  readonly tangents: Pick<Call, "params" | "inputs" | "contexts" | "states">;
}

export const tensors = (): Tensors => Object.create(null) as Tensors;

export function widthOf({ shape }: TensorEntry, sizes: Readonly<Record<string, number>>): number {
  return shape.reduce<number>((n, size) => n * (typeof size === "number" ? size : (sizes[size] as number)), 1);
}

export function setParams(instance: ModuleInstance, params: Tensors): void {
  for (const [name, values] of Object.entries(params)) instance.params[name]?.set(values);
}

/** Arguments of `forward`. Index inputs go as integers. */
export function valuesOf(manifest: Manifest, call: Call): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  Object.assign(values, call.contexts, call.states);
  for (const { name, dtype } of manifest.inputs) {
    const own: Float64Array = call.inputs[name] as Float64Array;
    values[name] = dtype === "index" ? Int32Array.from(own) : own;
  }
  return Object.assign(values, { batch: call.batch, steps: call.steps, lengths: call.lengths, sizes: call.sizes });
}

/** Arguments of `backward`. */
export const cotangentsOf = ({ cotangents }: Pick<Call, "cotangents">): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, cotangents.outputs, { final: cotangents.finals });

/** Arguments of `jvp` and `hvp` behind the values. */
export const tangentsOf = ({ tangents }: Pick<Call, "tangents">): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, tangents.inputs, tangents.contexts, tangents.states, {
    params: tangents.params,
  });
