/** Single examples of a call: which numbers of its padded tensors are theirs. */
import type { Manifest, TensorEntry } from "../../runtime/module/manifest.js";
import { type Call, type Tensors, tensors } from "./call.js";

/** The places of example `b` in a padded tensor that are its own: a position in the batch for each in the example alone. */
export function ownPlaces({ shape }: TensorEntry, call: Call, b: number, timed: boolean): number[] {
  const padded = shape.map((size) => (typeof size === "number" ? size : (call.capacities[size] as number)));
  const own = shape.map((size) =>
    typeof size === "number" ? size : ((call.sizes[size] as readonly number[])[b] as number),
  );
  if (timed) {
    padded.unshift(call.steps);
    own.unshift(call.lengths[b] as number);
  }
  const places: number[] = [];
  const walk = (axis: number, from: number): void => {
    if (axis === own.length) places.push(from);
    else for (let i = 0; i < (own[axis] as number); i++) walk(axis + 1, from * (padded[axis] as number) + i);
  };
  walk(0, b);
  return places;
}

/** Example `b`'s own numbers. */
export const cut = (entry: TensorEntry, values: Float64Array, call: Call, b: number, timed: boolean): Float64Array =>
  Float64Array.from(ownPlaces(entry, call, b, timed), (at) => values[at] as number);

/** Example `b` as a call of its own, without padding. */
export function exampleOf(manifest: Manifest, call: Call, b: number): Call {
  const cutAll = (entries: readonly TensorEntry[], from: Tensors, timed: boolean): Tensors => {
    const made = tensors();
    for (const entry of entries) {
      const values = from[entry.name];
      if (values !== undefined) made[entry.name] = cut(entry, values, call, b, timed);
    }
    return made;
  };
  const { inputs, contexts, states, outputs } = manifest;
  const partsOf = (from: Pick<Call, "inputs" | "contexts" | "states">) => ({
    inputs: cutAll(inputs, from.inputs, true),
    contexts: cutAll(contexts, from.contexts, false),
    states: cutAll(states, from.states, false),
  });
  const sizes = Object.fromEntries(Object.entries(call.sizes).map(([name, each]) => [name, [each[b] as number]]));
  return {
    batch: 1,
    steps: call.lengths[b] as number,
    lengths: [call.lengths[b] as number],
    sizes,
    capacities: Object.fromEntries(Object.entries(sizes).map(([name, [size]]) => [name, size as number])),
    params: call.params,
    ...partsOf(call),
    cotangents: {
      outputs: cutAll(outputs, call.cotangents.outputs, true),
      finals: cutAll(states, call.cotangents.finals, false),
    },
    tangents: { params: call.tangents.params, ...partsOf(call.tangents) },
  };
}

/** A tensor of results that has a row for each example. */
export interface Row {
  readonly name: string;
  readonly entry: TensorEntry;
  readonly timed: boolean;
  /** Are numbers in the padding 0? A state keeps there what was given. */
  readonly zeroPadding: boolean;
}

/** Of everything that `runCall` gives. */
export function rowsOf({ inputs, outputs, contexts, states, has }: Manifest): Row[] {
  const rows = (prefix: string, entries: readonly TensorEntry[], timed: boolean, zeroPadding: boolean): Row[] =>
    entries.map((entry) => ({ name: prefix + entry.name, entry, timed, zeroPadding }));
  const results = (prefix: string): Row[] => [
    ...rows(prefix, outputs, true, true),
    ...rows(`${prefix}final `, states, false, false),
  ];
  const gradients = (prefix: string): Row[] => [
    ...rows(
      prefix,
      inputs.filter(({ dtype }) => dtype === "real"),
      true,
      true,
    ),
    ...rows(prefix, contexts, false, true),
    ...rows(`${prefix}initial `, states, false, false),
  ];
  return [
    ...results(""),
    ...(has.gradient ? gradients("gradient ") : []),
    ...(has.jvp ? results("jvp ") : []),
    ...(has.hvp ? gradients("hvp ") : []),
  ];
}
