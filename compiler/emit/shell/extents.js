// Sizes of axes that calls give by name.
import { checkInteger, checkTensor, convert, fields } from "./check.js";

/** @import { AxisSizes, BufferedTensor } from "./instance-parts.js" */

/**
 * Reads the size of an axis into `each`: a number for all examples; or a list with each example's own, where
 * the tensors are padded to the largest of them; or `{ padded, each }`, where they are padded to more.
 * @param {string} where
 * @param {BufferedTensor} tensor
 * @param {unknown} size
 * @param {Int32Array} each
 * @param {AxisSizes} sizes
 * @param {boolean} isOpen Is it the axis of a stream, which has one element at a time whatever is demanded of a sequence?
 * @returns {number} the padded size
 */
export function readExtent(where, tensor, size, each, sizes, isOpen) {
  const capacity = /** @type {number} */ (tensor.high);
  if (typeof size === "number") {
    checkInteger(where, tensor.name, size, isOpen ? 0 : tensor.low, capacity);
    each.fill(size);
    return size;
  }
  const nested = typeof size === "object" && size !== null && !Array.isArray(size) && !ArrayBuffer.isView(size);
  const [padded, own] = nested ? fields(`${where}: ${tensor.name}`, size, ["padded", "each"]) : [undefined, size];
  tensor.value = convert(tensor, own);
  checkTensor(where, tensor, sizes);
  let largest = tensor.low;
  for (let i = 0; i < /** @type {number} */ (sizes[0]); i++) {
    each[i] = /** @type {number} */ (tensor.plain?.[i]);
    largest = Math.max(largest, each[i] ?? 0);
  }
  return nested ? checkInteger(where, `${tensor.name}.padded`, padded, largest, capacity) : largest;
}
