/** Single examples of a call: which numbers of its padded tensors are theirs. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import type { Extent } from "../calls/call.js";
import { cut as cutFrom, eachPlace, exampleOf as cellExampleOf } from "../calls/examples.js";
import { type Call, type Tensors, tensors } from "./call.js";

/** The places of example `b` in a padded tensor that are its own. */
export function ownPlaces(entry: TensorEntry, call: Call, b: number, timed: boolean): number[] {
  const places: number[] = [];
  eachPlace(entry, call, b, call.examples[b] as Extent, timed, (from) => places.push(from));
  return places;
}

/** Example `b`'s own numbers. */
export const cut = (entry: TensorEntry, values: Float64Array, call: Call, b: number, timed: boolean): Float64Array =>
  cutFrom(entry, values, call, b, timed, call.examples[b] as Extent);

/** Example `b` as a call of its own, without padding. */
export function exampleOf(manifest: Manifest, call: Call, b: number): Call {
  const { tangents } = call;
  const cutAll = (entries: readonly TensorEntry[], from: Tensors, timed: boolean): Tensors => {
    const made = tensors();
    for (const entry of entries) {
      const values = from[entry.name];
      if (values !== undefined) made[entry.name] = cut(entry, values, call, b, timed);
    }
    return made;
  };
  return {
    ...cellExampleOf(manifest, call, b),
    tangents: {
      params: tangents.params,
      inputs: cutAll(manifest.inputs, tangents.inputs, true),
      contexts: cutAll(manifest.contexts, tangents.contexts, false),
      states: cutAll(manifest.states, tangents.states, false),
    },
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
