// Checks of arguments. Every wrong call ends here, before anything is written. Texts are only made where a check
// fails: calls that go well leave no garbage behind.

/** @import { Sizes, Slot } from "./types.js" */

/**
 * A name as it stands in messages.
 * @param {string} name
 */
export const quote = (name) => (/^[\w.']+$/.test(name) ? name : JSON.stringify(name));

/**
 * The object's own property: a tensor may be called `constructor`.
 * @param {Record<string, unknown>} object
 * @param {string} name
 * @returns {unknown}
 */
export function own(object, name) {
  const value = object[name];
  return value === undefined || Object.hasOwn(object, name) ? value : undefined;
}

/**
 * The class of an array, also of one from another realm.
 * @param {unknown} value
 * @returns {string | undefined}
 */
function kindOf(value) {
  if (ArrayBuffer.isView(value)) return Reflect.get(value, Symbol.toStringTag) ?? "DataView";
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
 * The value as an object that has no other names than the known ones.
 * @param {string} where
 * @param {unknown} value
 * @param {ReadonlySet<string>} known
 * @returns {Record<string, unknown>}
 */
export function checkNames(where, value, known) {
  if (typeof value !== "object" || value === null || kindOf(value) !== undefined) {
    throw new TypeError(`${where} must be an object, got ${describe(value)}`);
  }
  for (const name in value) {
    if (!known.has(name) && Object.hasOwn(value, name)) {
      const names = [...known].map(quote).join(", ");
      throw new TypeError(`${where}: unknown name ${quote(name)}; expected ${names || "no names at all"}`);
    }
  }
  return /** @type {Record<string, unknown>} */ (value);
}

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
  let count = 1;
  for (const axis of slot.axes) count *= axis < 0 ? /** @type {number} */ (sizes[~axis]) : axis;
  return count;
}

/**
 * Checks one tensor. Real numbers may be NaN or infinite; indices are integers from `slot.low` to `slot.high`.
 * @param {string} where
 * @param {Slot} slot
 * @param {unknown} value
 * @param {Sizes} sizes
 * @returns {ArrayLike<number>}
 */
export function checkTensor(where, slot, value, sizes) {
  const { name, axes, labels, low, high } = slot;
  const count = countOf(slot, sizes);
  const isReal = high === undefined;
  // The usual case first.
  if (isReal && (value instanceof Float32Array || value instanceof Float64Array) && value.length === count) {
    return value;
  }
  const kind = kindOf(value) ?? "";
  const isArray = (isReal ? /^Float(32|64)Array|^Array/ : /^Array|nt(8|16|32)Array|Clamped/).test(kind);
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
  for (let i = 0; i < count; i++) {
    const item = list[i];
    if (typeof item !== "number" || !(isReal || (Number.isInteger(item) && item >= low && item <= high))) {
      checkInteger(where, `${quote(name)}[${i}]`, item, low, high ?? 0);
    }
  }
  return list;
}

/**
 * Checks the tensors of an object.
 * @param {string} where
 * @param {readonly Slot[]} slots
 * @param {Record<string, unknown>} given
 * @param {Sizes} sizes
 * @param {boolean} required
 */
export function checkTensors(where, slots, given, sizes, required) {
  for (const slot of slots) {
    const value = own(given, slot.name);
    if (required || value !== undefined) checkTensor(where, slot, value, sizes);
  }
}
