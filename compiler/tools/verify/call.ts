/** The calls at which a module is verified. */
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { writeStored } from "../calls/call.js";
import type { DrawnCall } from "../calls/draw-call.js";
import type { ByTensor } from "../calls/tensors.js";

export type Tensors = Record<string, Float64Array>;

/** The first example is as long and as large as the call. Initial states that are missing start as the cell says. */
export interface Call extends DrawnCall {
  /** A direction, of everything that has a gradient. */
  readonly tangents: Pick<ByTensor<Float64Array>, "params" | "inputs" | "contexts" | "states">;
}

export const tensors = (): Tensors => Object.create(null) as Tensors;

export const writeParams = (instance: ModuleInstance, params: Readonly<Tensors>): void => writeStored(instance, params);

/** Arguments of `jvp` and `hvp` after the values. */
export const tangentArguments = ({ tangents }: Pick<Call, "tangents">): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, tangents.inputs, tangents.contexts, tangents.states, {
    params: tangents.params,
  });
