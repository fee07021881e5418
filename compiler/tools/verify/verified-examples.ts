/** Single examples of a call, and what of its results is theirs. */
import { dataInGradient, realStates } from "../calls/tensors.js";
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import * as calls from "../calls/single-examples.js";
import { isShared } from "../calls/sizes.js";
import type { DirectedCall } from "../calls/draw-call.js";

/** Example `b` as a call of its own, without padding. */
export function exampleOf(manifest: Manifest, call: DirectedCall, b: number): DirectedCall {
  const { params, inputs, contexts, states } = calls.exampleOf(manifest, { ...call, ...call.tangents }, b);
  return { ...calls.exampleOf(manifest, call, b), tangents: { params, inputs, contexts, states } };
}

/** A tensor of results that has a row for each example. */
export interface Row {
  readonly name: string;
  readonly entry: TensorEntry;
  /** Are numbers in the padding 0? A state keeps there what was given. */
  readonly zeroPadding: boolean;
}

/** Of everything that `runCall` gives. */
export function rowsOf(manifest: Manifest): Row[] {
  const { outputs, states, has } = manifest;
  const real = realStates({ states });
  const rows = (prefix: string, entries: readonly TensorEntry[], zeroPadding: boolean): Row[] =>
    entries.filter((entry) => !isShared(entry)).map((entry) => ({ name: prefix + entry.name, entry, zeroPadding }));
  const results = (prefix: string, own = real): Row[] => [
    ...rows(prefix, outputs, true),
    ...rows(`${prefix}final `, own, false),
  ];
  const data = Object.values(dataInGradient(manifest)).flat();
  const gradients = (prefix: string): Row[] => [...rows(prefix, data, true), ...rows(`${prefix}initial `, real, false)];
  return [
    ...results("", states),
    ...(has.gradient ? gradients("gradient ") : []),
    ...(has.jvp ? results("jvp ") : []),
    ...(has.hvp ? gradients("hvp ") : []),
  ];
}
