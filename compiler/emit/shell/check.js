// Checks of arguments. Every wrong call ends here, before anything is written. Texts are only made where a check
// fails, and what every call goes through is counted through: engines make an object for `for … of` where they do not see
// that they need none. So calls that go well leave no garbage behind.

/** @import { Names, Place, Sizes, Slot } from "./types.js" */

/**
 * A name as it stands in messages.
 * @param {string} name
 */
export const quote = (name) => (/^[\w.']+$/.test(name) ? name : JSON.stringify(name));

/**
 * The class of an array, also of one from another realm.
 * @param {unknown} value
 * @returns {string | undefined}
 */
function kindOf(value) {
  if (ArrayBuffer.isView(value)) return /** @type {DataView} */ (value)[Symbol.toStringTag];
  return Array.isArray(value) ? "Array" : undefined;
}

/**
 * What came, in words.
 * @param {unknown} value
 */
export function describe(value) {
  const kind = kindOf(value);
  if (kind === "DataView") return `DataView of ${/** @type {DataView} */ (value).byteLength} bytes`;
  if (kind !== undefined) return `${kind} of length ${/** @type {unknown[]} */ (value).length}`;
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/**
 * Reads an object's own values by name, each once: getters may give something else the second time. Other names than
 * those of `names` are errors, and what the object does not give is undefined.
 * @param {string} where
 * @param {unknown} value
 * @param {Names} names
 */
export function take(where, value, { byName, places }) {
  for (let i = 0; i < places.length; i++) /** @type {Place} */ (places[i]).value = undefined;
  if (typeof value !== "object" || value === null || kindOf(value) !== undefined) {
    throw new TypeError(`${where} must be an object, got ${describe(value)}`);
  }
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    const place = byName.get(name);
    if (place === undefined) {
      const known = [...byName.keys()].map(quote).join(", ");
      throw new TypeError(`${where}: unknown name ${quote(name)}; expected ${known || "no names at all"}`);
    }
    place.value = /** @type {Record<string, unknown>} */ (value)[name];
  }
}

/**
 * The same for names that are rarely asked for: the values in their order.
 * @param {string} where
 * @param {unknown} value
 * @param {readonly string[]} names
 */
export function fields(where, value, names) {
  const places = names.map(placeOf);
  take(where, value, namesOf(places));
  return places.map((place) => place.value);
}

/**
 * Values where a call gives none.
 * @type {Readonly<Record<string, unknown>>}
 */
export const none = Object.freeze(Object.create(null));

/** @type {(name: string) => Place} */
export const placeOf = (name) => ({ name, value: undefined });

/**
 * The names that a call may give.
 * @param {readonly Place[]} places
 * @returns {Names}
 */
export const namesOf = (places) => ({ byName: new Map(places.map((place) => [place.name, place])), places });

/**
 * The value as an integer from `low` to `high`.
 * @param {string} where
 * @param {string} what
 * @param {unknown} value
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function checkInteger(where, what, value, low, high) {
  if (typeof value !== "number") throw new TypeError(`${where}: ${what} must be a number, got ${describe(value)}`);
  if (!(Number.isInteger(value) && value >= low && value <= high)) {
    throw new RangeError(`${where}: ${what} must be an integer from ${low} to ${high}, got ${value}`);
  }
  return value;
}

/**
 * The number of values that a tensor has in a call.
 * @param {Slot} slot
 * @param {Sizes} sizes
 */
export function countOf(slot, sizes) {
  const { axes } = slot;
  let count = 1;
  for (let i = 0; i < axes.length; i++) {
    const axis = /** @type {number} */ (axes[i]);
    count *= axis < 0 ? /** @type {number} */ (sizes[~axis]) : axis;
  }
  return count;
}

// Written once: a literal in a function is a new object at every call.
const realKinds = /^Float(32|64)Array|^Array/;
const integerKinds = /^Array|nt(8|16|32)Array|Clamped|^Big/;

/**
 * Checks one tensor. Real numbers may be NaN or infinite; indices are integers from `slot.low` to `slot.high`.
 * @param {string} where
 * @param {Slot} slot
 * @param {unknown} value
 * @param {Sizes} sizes
 * @returns {ArrayLike<number>}
 */
export function checkTensor(where, slot, value, sizes) {
  const { name, axes, labels, high } = slot;
  const count = countOf(slot, sizes);
  const isReal = high === undefined;
  // The usual case first.
  if (isReal && (value instanceof Float32Array || value instanceof Float64Array) && value.length === count) {
    return value;
  }
  const kind = kindOf(value) ?? "";
  const isArray = (isReal ? realKinds : integerKinds).test(kind);
  const list = /** @type {ArrayLike<number>} */ (value);
  if (!isArray || list.length !== count) {
    // `[batch 2, steps 100, 64]`
    const shape = `shape [${axes.map((axis) => (axis < 0 ? `${labels[~axis]} ${sizes[~axis]}` : axis)).join(", ")}]`;
    const what = `${where}: ${quote(name)}`;
    const got = `got ${describe(value)}`;
    if (isArray) throw new RangeError(`${what} must have ${shape}, that is length ${count}; ${got}`);
    const type = `must be ${isReal ? "a Float32Array, Float64Array or array of numbers" : "an array of integers"}`;
    const missing = value === undefined;
    throw new TypeError(missing ? `${what} is missing: it ${type} of ${shape}` : `${what} ${type} of ${shape}, ${got}`);
  }
  if (isReal && kind !== "Array") return list;
  // Tokenisers give 64 bits; what does not fit into a number is out of every range.
  if (!kind.startsWith("Big")) {
    checkItems(where, slot, list, count);
    return list;
  }
  const numbers = Array.from(list, Number);
  checkItems(where, slot, numbers, count);
  return (slot.value = numbers);
}

/**
 * Is an entry of a sequence behind the last real step of its example? Whatever stands there is never read.
 * @param {Slot} slot
 * @param {number} i
 * @param {number} count
 */
export function isPadding({ ragged }, i, count) {
  if (ragged === undefined) return false;
  const [batch = 1, steps = 1] = ragged.sizes;
  const row = Math.floor((i * batch * steps) / count);
  return row % steps >= /** @type {number} */ (ragged.lengths[Math.floor(row / steps)]);
}

/**
 * Checks each number of a list.
 *
 * Integers are checked twice, as given and in the module's own memory, where nobody changes them any more: other threads
 * and getters can reach what was given between its check and its copy, and kernels must not see what they make of it.
 * @param {string} where
 * @param {Slot} slot
 * @param {ArrayLike<number>} list
 * @param {number} count
 */
export function checkItems(where, slot, list, count) {
  const { name, low, high } = slot;
  for (let i = 0; i < count; i++) {
    const item = list[i];
    const isFine = high === undefined || (Number.isInteger(item) && Number(item) >= low && Number(item) <= high);
    if (typeof item === "number" && (isFine || isPadding(slot, i, count))) continue;
    checkInteger(where, `${quote(name)}[${i}]`, item, low, high ?? 0);
  }
}

/**
 * Checks tensors that were taken.
 * @param {string} where
 * @param {readonly Slot[]} slots
 * @param {Sizes} sizes
 * @param {boolean} required
 */
export function checkTensors(where, slots, sizes, required) {
  for (let i = 0; i < slots.length; i++) {
    const slot = /** @type {Slot} */ (slots[i]);
    const { value } = slot;
    if (required || value !== undefined) checkTensor(where, slot, value, sizes);
  }
}
