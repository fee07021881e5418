/** Single examples of a call: where their numbers lie in the tensors of the batch. */
import { at } from "../../base/at.js";
import { ofStream } from "../../../runtime/module/axes.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { CallValues } from "../../../runtime/module/compiled-module.js";
import type { CellCall } from "./call.js";
import { emptyRecord } from "./records.js";
import { type CallExtents, type CallSizes, type Extent, isShared, partShape, type TensorAxes } from "./sizes.js";
import { type ByTensor, mapTensors, ofTensor } from "./tensors.js";

/**
 * Visits the places of example `b` that count: `from` in the tensor of the batch, `to` in the example's own. What all examples
 * share has none.
 */
export function eachPlace(
  tensor: TensorAxes,
  call: Extent,
  b: number,
  own: Extent,
  visit: (from: number, to: number) => void,
): void {
  if (isShared(tensor)) return;
  const [outer, inner] = [partShape(tensor, call), partShape(tensor, own)];
  let to = 0;
  const walk = (axis: number, from: number): void => {
    if (axis === inner.length) visit(from, to++);
    else for (let i = 0; i < (inner[axis] as number); i++) walk(axis + 1, from * (outer[axis] as number) + i);
  };
  walk(0, b);
}

/** The places of example `b` that count, in the tensor of the batch. */
export function placesOf(tensor: TensorAxes, call: CallExtents, b: number): number[] {
  const places: number[] = [];
  eachPlace(tensor, call, b, at(call.examples, b), (from) => places.push(from));
  return places;
}

/** The numbers of example `b`; all of them where examples share the tensor. */
export function cut(tensor: TensorAxes, values: ArrayLike<number>, call: CallExtents, b: number): Float64Array {
  if (isShared(tensor)) return Float64Array.from(values);
  return Float64Array.from(placesOf(tensor, call, b), (place) => values[place] as number);
}

/** Example `b` as a call of its own. */
export function exampleOf<Call extends CellCall>(
  manifest: Manifest,
  call: Call,
  b: number,
): Call & ByTensor<Float64Array> {
  const own = { number: b, ...at(call.examples, b) };
  const parts = mapTensors(manifest, (tensor) => {
    const values = ofTensor(call, tensor);
    return values && cut(tensor, values, call, b);
  });
  const { steps, sizes } = own;
  return { ...call, steps, sizes, batch: 1, examples: [own], ...parts };
}

/** The call with NaN wherever no example has an element; indices, which have no NaN, become 0. States are left as they are. */
export function withNaNPadding<Call extends CellCall>(manifest: Manifest, call: Call): Call & ByTensor<Float64Array> {
  const padded = mapTensors(manifest, (tensor) => {
    const values = ofTensor(call, tensor);
    if (values === undefined) return undefined;
    if (isShared(tensor) || tensor.role === "state") return Float64Array.from(values);
    const made = new Float64Array(values.length).fill(tensor.dtype === "index" ? 0 : NaN);
    for (const [b, own] of call.examples.entries())
      eachPlace(tensor, call, b, own, (at) => (made[at] = values[at] as number));
    return made;
  });
  return { ...call, ...padded };
}

/** What `step` and `steps` take for the steps from `from` to `to`. */
export function inputsAt(manifest: Manifest, call: CellCall, from: number, to: number): CallValues {
  const values = emptyRecord<unknown>();
  for (const { name, dtype } of ofStream(manifest, manifest.inputs)) {
    const own = stepsOf(call.inputs[name] ?? [], call, from, to);
    values[name] = dtype === "index" ? Int32Array.from(own) : own;
  }
  return values;
}

/** The steps from `from` to `to` of `[B, T, …]`. */
export function stepsOf(list: ArrayLike<number>, { batch, steps }: CallSizes, from: number, to: number): Float64Array {
  const width = list.length / (batch * steps);
  const count = (to - from) * width;
  return Float64Array.from({ length: batch * count }, (_, i) => {
    const b = Math.floor(i / count);
    return list[(b * steps + from) * width + (i - b * count)] as number;
  });
}
