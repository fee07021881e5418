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
export const own = (object, name) => (Object.hasOwn(object, name) ? object[name] : undefined);

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
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "bigint") return `the bigint ${value}n`;
  return typeof value === "function" ? "a function" : String(value);
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
    if (Object.hasOwn(value, name) && !known.has(name)) {
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
  if (!Number.isInteger(value) || value < low || value > high) {
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
 * A shape with the sizes of a call: `[batch 2, steps 100, 64]`.
 * @param {Slot} slot
 * @param {Sizes} sizes
 */
function shapeOf(slot, sizes) {
  return `[${slot.axes.map((axis) => (axis < 0 ? `${slot.labels[~axis]} ${sizes[~axis]}` : axis)).join(", ")}]`;
}

const realKinds = new Set(["Array", "Float32Array", "Float64Array"]);
const indexKinds = new Set(["Array", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array"]);
indexKinds.add("Int32Array").add("Uint32Array");

/**
 * Checks one tensor. Real numbers may be NaN or infinite; indices are integers from `slot.low` to `slot.high`.
 * @param {string} where
 * @param {Slot} slot
 * @param {unknown} value
 * @param {Sizes} sizes
 * @returns {ArrayLike<number>}
 */
export function checkTensor(where, slot, value, sizes) {
  const { low, high } = slot;
  const count = countOf(slot, sizes);
  // The usual case first.
  if (
    high === undefined &&
    (value instanceof Float32Array || value instanceof Float64Array) &&
    value.length === count
  ) {
    return value;
  }
  const kind = kindOf(value);
  const accepted = high === undefined ? realKinds : indexKinds;
  const list = /** @type {ArrayLike<number>} */ (value);
  if (kind === undefined || !accepted.has(kind)) {
    const wanted = high === undefined ? "a Float32Array, Float64Array or array of numbers" : "an array of integers";
    const what = `${where}: ${quote(slot.name)}${value === undefined ? " is missing: it" : ""}`;
    const got = value === undefined ? "" : `, got ${describe(value)}`;
    throw new TypeError(`${what} must be ${wanted} of shape ${shapeOf(slot, sizes)}${got}`);
  }
  if (list.length !== count) {
    const shape = `${shapeOf(slot, sizes)}, that is length ${count}`;
    throw new RangeError(`${where}: ${quote(slot.name)} must have shape ${shape}; got ${describe(value)}`);
  }
  for (let i = 0; i < count && (high !== undefined || kind === "Array"); i++) {
    const item = list[i];
    if (typeof item !== "number" || (high !== undefined && !(Number.isInteger(item) && item >= low && item <= high))) {
      const what = `${quote(slot.name)}[${i}]`;
      if (high !== undefined) checkInteger(where, what, item, low, high);
      throw new TypeError(`${where}: ${what} must be a number, got ${describe(item)}`);
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
