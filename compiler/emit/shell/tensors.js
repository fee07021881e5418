// Tensors of a call: how they are filled and handed out.
import { countOf, isPadding } from "./check.js";

/** @import { Core, AxisSizes, Slot, ToldSize } from "./types.js" */

/**
 * Copies a tensor that was checked into its buffer; one that was not given is zero.
 * @param {Slot} slot
 * @param {AxisSizes} sizes
 */
export function write(slot, sizes) {
  const { data, value, plain, ragged } = slot;
  const count = countOf(slot, sizes);
  slot.value = undefined;
  if (value === undefined) data.fill(0, 0, count);
  else if (value !== plain) copy(data, /** @type {Float64Array} */ (value), count);
  else {
    for (let i = 0; i < count; i++) {
      // Kernels that go through all steps at once read a row for padding, too.
      data[i] = ragged !== undefined && isPadding(slot, i, count) ? 0 : /** @type {number} */ (plain[i]);
    }
  }
}

/**
 * @param {Slot["data"]} data
 * @param {Slot["data"]} values
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
 * @param {readonly Slot[]} slots
 * @param {AxisSizes} sizes
 */
export function writeAll(slots, sizes) {
  for (let i = 0; i < slots.length; i++) write(/** @type {Slot} */ (slots[i]), sizes);
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
 * @param {readonly Slot[]} slots
 * @param {Readonly<Record<string, readonly ToldSize[]>>} groups
 * @returns {(sizes: AxisSizes) => Record<string, any>}
 */
export function resultOf({ isTransferable }, slots, groups) {
  /** @type {AxisSizes} */
  let madeFor = [];
  /** @type {Record<string, any>} */
  let result;
  /** Arrays of the result, and the views that they are copied from. @type {[to: Slot["data"], from: Slot["data"]][]} */
  let copies = [];
  /** @type {(slots: readonly ToldSize[], sizes: AxisSizes) => Record<string, any>} */
  const arrays = (slots, sizes) => {
    const made = record();
    for (const slot of slots) {
      const view = slot.data.subarray(0, countOf(slot, sizes));
      made[slot.name] = isTransferable ? view.slice() : view;
      if (isTransferable) copies.push([made[slot.name], view]);
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
    result = arrays(slots, sizes);
    for (const name in groups) result[name] = Object.freeze(arrays(groups[name] ?? [], sizes));
    return Object.freeze(result);
  };
}
