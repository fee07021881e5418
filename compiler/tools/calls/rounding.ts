/** What rounding is to calls. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import type { CellCall } from "./call.js";
import { mapTensors, ofTensor } from "./tensors.js";

/** Half of the distance from 1 to the next number. */
export const unitOf = { f32: 2 ** -24, f64: 2 ** -53 } as const;

/**
 * The call with everything that it takes moved by up to two units in its last place, cotangents left as they are.
 *
 * @param least Numbers below it are moved as far as it would be.
 */
export function disturb<Call extends CellCall>(manifest: Manifest, call: Call, random: Random, least = 0) {
  const unit = unitOf[manifest.dtype];
  const all = mapTensors(manifest, (tensor) => {
    const values = ofTensor(call, tensor);
    const isKept = tensor.dtype === "index" || tensor.role === "output" || tensor.role === "final";
    return (
      values &&
      Float64Array.from(values, (value) => (isKept ? value : moved(value, random.uniform(-4, 4) * unit, least)))
    );
  });
  return { ...call, ...all };
}

const moved = (value: number, by: number, least: number): number =>
  Math.abs(value) < least ? value + by * least : value * (1 + by);
