// Sizes of run-time dimensions.
import { checkInteger, checkNames, checkTensor, own } from "./check.js";

/** @import { Sizes, Slot } from "./types.js" */

/**
 * Reads the size of a run-time dimension into `each`: a number for all examples; or a list with each example's own, where
 * the tensors are padded to the largest of them; or `{ padded, each }`, where they are padded to more.
 * @param {string} where
 * @param {Slot} slot
 * @param {unknown} size
 * @param {Int32Array} each
 * @param {Sizes} sizes
 * @returns {number} the padded size
 */
export function readExtent(where, slot, size, each, sizes) {
  const capacity = /** @type {number} */ (slot.high);
  if (typeof size === "number") {
    checkInteger(where, slot.name, size, 1, capacity);
    each.fill(size);
    return size;
  }
  const nested = typeof size === "object" && size !== null && !Array.isArray(size) && !ArrayBuffer.isView(size);
  const parts = nested ? checkNames(`${where}: ${slot.name}`, size, new Set(["padded", "each"])) : undefined;
  const list = checkTensor(where, slot, parts === undefined ? size : own(parts, "each"), sizes);
  each.set(list);
  let largest = 1;
  for (let i = 0; i < list.length; i++) largest = Math.max(largest, list[i] ?? 1);
  return parts === undefined
    ? largest
    : checkInteger(where, `${slot.name}.padded`, own(parts, "padded"), largest, capacity);
}
