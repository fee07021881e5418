// Tensors of a call: how they are filled and handed out.
import { countOf, isPadding } from "./check.js";

/** @import { Core, AxisSizes, BufferedTensor, ToldSize } from "./instance-parts.js" */

/**
 * Copies a tensor that was checked into its buffer; one that was not given is zero.
 * @param {BufferedTensor} tensor
 * @param {AxisSizes} sizes
 */
export function write(tensor, sizes) {
  const { data, value, plain } = tensor;
  const count = countOf(tensor, sizes);
  tensor.value = undefined;
  if (value === undefined) fill(data, 0, count);
  else if (value !== plain) copy(data, /** @type {Float64Array} */ (value), count);
  else {
    for (let i = 0; i < count; i++) {
      // Kernels that go through all steps at once read a row for padding, too.
      data[i] = isPadding(tensor, i, count) ? 0 : /** @type {number} */ (plain[i]);
    }
  }
}

/**
 * Sets the first numbers of an array: one by one where they are few, as to call `fill` takes engines longer than that.
 * @param {BufferedTensor["data"]} data
 * @param {number} value
 * @param {number} count
 */
export function fill(data, value, count) {
  if (count > 16) data.fill(value, 0, count);
  else for (let i = 0; i < count; i++) data[i] = value;
}

/**
 * @param {BufferedTensor["data"]} data
 * @param {BufferedTensor["data"]} values
 * @param {number} count
 */
function copy(data, values, count) {
  // A tensor without elements may come from a detached buffer, which cannot be copied.
  if (count === 0) return;
  try {
    data.set(values);
  } catch {
    // Shared memory that another thread has made longer since.
    for (let i = 0; i < count; i++) data[i] = /** @type {number} */ (values[i]);
  }
}

/**
 * @param {readonly BufferedTensor[]} tensors
 * @param {AxisSizes} sizes
 */
export function writeAll(tensors, sizes) {
  for (let i = 0; i < tensors.length; i++) write(/** @type {BufferedTensor} */ (tensors[i]), sizes);
}

/**
 * An object without a prototype, so that every name is free for tensors.
 * @returns {Record<string, any>}
 */
export const record = () => Object.create(null);

/**
 * Results of a call by name: views of the buffers where nobody can take those away, arrays of their own where someone could
 * (a transfer to another thread takes the whole memory that an array is of). They are made again only where the sizes change
 * and where an array was taken.
 * @param {Pick<Core, "isTransferable">} core
 * @param {readonly BufferedTensor[]} tensors
 * @param {Readonly<Record<string, readonly ToldSize[]>>} groups
 * @returns {(sizes: AxisSizes) => Record<string, any>}
 */
export function resultOf({ isTransferable }, tensors, groups) {
  /** @type {AxisSizes} */
  let madeFor = [];
  /** @type {Record<string, any>} */
  let result;
  /** Arrays of the result, and the views that they are copied from. @type {[to: BufferedTensor["data"], from: BufferedTensor["data"]][]} */
  let copies = [];
  /** @type {(tensors: readonly ToldSize[], sizes: AxisSizes) => Record<string, any>} */
  const arrays = (tensors, sizes) => {
    const made = record();
    for (const tensor of tensors) {
      const view = tensor.data.subarray(0, countOf(tensor, sizes));
      made[tensor.name] = isTransferable ? view.slice() : view;
      if (isTransferable) copies.push([made[tensor.name], view]);
    }
    return made;
  };
  return (sizes) => {
    let same = result !== undefined;
    for (let i = 0; i < sizes.length && same; i++) same = sizes[i] === madeFor[i];
    for (let i = 0; i < copies.length && same; i++) {
      const [to, from] = /** @type {typeof copies[number]} */ (copies[i]);
      same = to.length === from.length;
      if (same) to.set(from);
    }
    if (same) return result;
    madeFor = [...sizes];
    copies = [];
    result = arrays(tensors, sizes);
    for (const name in groups) result[name] = Object.freeze(arrays(groups[name] ?? [], sizes));
    return Object.freeze(result);
  };
}
