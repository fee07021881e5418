/** Single examples of a call: which numbers of its padded tensors are theirs. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import type { Extent } from "../calls/call.js";
import { cut as cutFrom, eachPlace, exampleOf as cellExampleOf } from "../calls/examples.js";
import { type Call, type Tensors, tensors } from "./call.js";

/** The places of example `b` in a padded tensor that are its own. */
export function ownPlaces(entry: TensorEntry, call: Call, b: number): number[] {
  const places: number[] = [];
  eachPlace(entry, call, b, call.examples[b] as Extent, (from) => places.push(from));
  return places;
}

/** Example `b`'s own numbers. */
export const cut = (entry: TensorEntry, values: Float64Array, call: Call, b: number): Float64Array =>
  cutFrom(entry, values, call, b, call.examples[b] as Extent);

/** Example `b` as a call of its own, without padding. */
export function exampleOf(manifest: Manifest, call: Call, b: number): Call {
  const { tangents } = call;
  const cutAll = (entries: readonly TensorEntry[], from: Tensors): Tensors => {
    const made = tensors();
    for (const entry of entries) {
      const values = from[entry.name];
      if (values !== undefined) made[entry.name] = cut(entry, values, call, b);
    }
    return made;
  };
  return {
    ...cellExampleOf(manifest, call, b),
    tangents: {
      params: tangents.params,
      inputs: cutAll(manifest.inputs, tangents.inputs),
      contexts: cutAll(manifest.contexts, tangents.contexts),
      states: cutAll(manifest.states, tangents.states),
    },
  };
}

/** A tensor of results that has a row for each example. */
export interface Row {
  readonly name: string;
  readonly entry: TensorEntry;
  /** Are numbers in the padding 0? A state keeps there what was given. */
  readonly zeroPadding: boolean;
}

/** Of everything that `runCall` gives. */
export function rowsOf({ inputs, outputs, contexts, states, has }: Manifest): Row[] {
  const rows = (prefix: string, entries: readonly TensorEntry[], zeroPadding: boolean): Row[] =>
    entries.filter(({ axes }) => axes.length > 0).map((entry) => ({ name: prefix + entry.name, entry, zeroPadding }));
  const results = (prefix: string): Row[] => [
    ...rows(prefix, outputs, true),
    ...rows(`${prefix}final `, states, false),
  ];
  const gradients = (prefix: string): Row[] => [
    ...rows(
      prefix,
      inputs.filter(({ dtype }) => dtype === "real"),
      true,
    ),
    ...rows(prefix, contexts, true),
    ...rows(`${prefix}initial `, states, false),
  ];
  return [
    ...results(""),
    ...(has.gradient ? gradients("gradient ") : []),
    ...(has.jvp ? results("jvp ") : []),
    ...(has.hvp ? gradients("hvp ") : []),
  ];
}
