/** The calls at which a module is verified. */
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { type CellCall, type Extent, writeStored } from "../calls/call.js";

export type Tensors = Record<string, Float64Array>;

/** Sizes of a call, those of run-time dimensions with them. */
export interface CallSizes extends Extent {
  readonly batch: number;
  /** Are initial states given, or left to the cell? Drawn where not told. */
  readonly givesStates?: boolean;
}

/** The first example is as long and as large as the call. Initial states that are missing start as the cell says. */
export interface Call extends CellCall {
  readonly params: Tensors;
  readonly inputs: Tensors;
  readonly contexts: Tensors;
  readonly states: Tensors;
  readonly cotangents: { readonly outputs: Tensors; readonly final: Tensors };
  /** A direction, of everything that has a gradient. */
  readonly tangents: Pick<Call, "params" | "inputs" | "contexts" | "states">;
}

export const tensors = (): Tensors => Object.create(null) as Tensors;

export const writeParams = (instance: ModuleInstance, params: Tensors): void => writeStored(instance, params);

/** Arguments of `jvp` and `hvp` after the values. */
export const tangentArguments = ({ tangents }: Pick<Call, "tangents">): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, tangents.inputs, tangents.contexts, tangents.states, {
    params: tangents.params,
  });

/** Arguments of `reset`. */
export function streamStart({ batch, sizes, examples, contexts, states }: Call): Record<string, unknown> {
  const each = Object.fromEntries(Object.keys(sizes).map((name) => [name, examples.map((own) => own.sizes[name])]));
  return Object.assign(Object.create(null) as Record<string, unknown>, contexts, states, { batch, sizes: each });
}
