/** The states of a cell as one vector for each example, in the order of the manifest. */
import { ofKey } from "../../base/at.js";
import type { FloatArray } from "../../../runtime/module/compiled-module.js";
import type { StateEntry } from "../../../runtime/module/manifest.js";
import { widthOf } from "../calls/sizes.js";

interface StatePart {
  readonly name: string;
  readonly from: number;
  readonly width: number;
}

export interface StateLayout {
  readonly parts: readonly StatePart[];
  /** Numbers for one example. */
  readonly size: number;
}

export function stateLayout(states: readonly StateEntry[], sizes: Readonly<Record<string, number>>): StateLayout {
  let from = 0;
  const parts = states.map((entry) => {
    const width = widthOf(entry, sizes);
    from += width;
    return { name: entry.name, from: from - width, width };
  });
  return { parts, size: from };
}

/** Tensors `[rows, …]` by name to one row-major `[rows, size]`. */
export function packStates(
  { parts, size }: StateLayout,
  tensors: Readonly<Record<string, FloatArray>>,
  rows: number,
): Float64Array {
  const packed = new Float64Array(rows * size);
  for (const { name, from, width } of parts) {
    const values = ofKey(tensors, name);
    for (let row = 0; row < rows; row++) {
      packed.set(values.subarray(row * width, (row + 1) * width), row * size + from);
    }
  }
  return packed;
}

export function unpackStates(
  { parts, size }: StateLayout,
  packed: Float64Array,
  rows: number,
): Record<string, Float64Array> {
  const tensors = Object.create(null) as Record<string, Float64Array>;
  for (const { name, from, width } of parts) {
    const values = (tensors[name] = new Float64Array(rows * width));
    for (let row = 0; row < rows; row++) {
      values.set(packed.subarray(row * size + from, row * size + from + width), row * width);
    }
  }
  return tensors;
}
