// How arguments are read. Every one is read once, before any is checked, and all are checked before anything is written:
// getters, proxies and other threads may change what was given, so what code can run for is copied while it is read. A wrong
// call ends here and leaves nothing behind. Texts are only made where a check fails, and what every call goes through is
// counted through: engines make an object for `for … of` where they do not see that they need none. So calls that go well leave
// no garbage.

/** @import { CallNames, CallArgument, AxisSizes, BufferedTensor, SizedCall } from "./instance-parts.js" */

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
export function kindOf(value) {
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
  if (typeof value !== "object" || value === null) return String(value);
  const tag = textOf(value).slice("[object ".length, -1);
  return tag === "Object" ? "an object" : `${/^[AEIOU]/.test(tag) ? "an" : "a"} ${tag}`;
}

/** @param {object} value */
const textOf = (value) => Object.prototype.toString.call(value);

/**
 * Reads an object's own values by name, each once: getters may give something else the second time. Other names than
 * those of `names` are errors, and what the object does not give is undefined.
 * @param {string} where
 * @param {unknown} value
 * @param {CallNames} names
 */
export function take(where, value, { byName, places }) {
  for (let i = 0; i < places.length; i++) /** @type {CallArgument} */ (places[i]).value = undefined;
  if (typeof value !== "object" || value === null || kindOf(value) !== undefined) throw noObject(where, value, byName);
  let isEmpty = true;
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue;
    isEmpty = false;
    const place = byName.get(name);
    if (place === undefined) {
      throw new TypeError(`${where}: unknown name ${quote(name)}; expected ${known(byName)}`);
    }
    const given = /** @type {Record<string, unknown>} */ (value)[name];
    place.value = "data" in place ? convert(/** @type {BufferedTensor} */ (place), given) : given;
  }
  // A map or a promise has no names of its own either.
  if (isEmpty && textOf(value) !== "[object Object]") throw noObject(where, value, byName);
}

/** @type {(byName: CallNames["byName"]) => string} */
const known = (byName) => [...byName.keys()].map(quote).join(", ") || "no names at all";

/**
 * @param {string} where
 * @param {unknown} value
 * @param {CallNames["byName"]} byName
 */
const noObject = (where, value, byName) =>
  new TypeError(`${where}: expected an object with ${known(byName)}, got ${describe(value)}`);

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

/** @type {(name: string) => CallArgument} */
export const placeOf = (name) => ({ name, value: undefined });

/**
 * The names that a call may give.
 * @param {readonly CallArgument[]} places
 * @returns {CallNames}
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
 * An integer that need not be given.
 * @param {string} where
 * @param {CallArgument} place
 * @param {number} otherwise
 * @param {number} low
 * @param {number} high
 */
export const optionalInteger = (where, { name, value }, otherwise, low, high) =>
  checkInteger(where, name, value === undefined ? otherwise : value, low, high);

/**
 * The number of values that a tensor has in a call.
 * @param {Pick<BufferedTensor, "dims">} tensor
 * @param {AxisSizes} sizes
 */
export function countOf(tensor, sizes) {
  const { dims } = tensor;
  let count = 1;
  for (let i = 0; i < dims.length; i++) {
    const dim = /** @type {number} */ (dims[i]);
    count *= dim < 0 ? /** @type {number} */ (sizes[~dim]) : dim;
  }
  return count;
}

// Written once: a literal in a function is a new object at every call.
const realKinds = /^Float(32|64)Array|^Array/;
// Floats, too: what a module gives of places is an array of its numbers.
const integerKinds = /^Array|nt(8|16|32)Array|Clamped|^Big|^Float(32|64)/;

// What an array says of its length may be a lie: it may be a proxy, or have a `length` of its own.
const ownLength = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Int8Array.prototype), "length");
const lengthOf = /** @type {() => number} */ (ownLength?.get);

/**
 * Is it an array of floats of this realm, and no proxy of one?
 * @param {unknown} value
 */
const isFloats = (value) =>
  ArrayBuffer.isView(value) && (value instanceof Float32Array || value instanceof Float64Array);

/**
 * What a call gives for a tensor, so that nobody changes it any more: arrays of floats as they are, because no code runs for
 * their elements and all of them are right, and lists of other kinds as numbers in an array of the tensor's own.
 * @param {BufferedTensor} tensor
 * @param {unknown} value
 * @returns {unknown}
 */
export function convert(tensor, value) {
  const { data, high } = tensor;
  if (high === undefined && isFloats(value)) return value;
  const kind = kindOf(value);
  if (kind === undefined || !(high === undefined ? realKinds : integerKinds).test(kind)) return value;
  const list = /** @type {ArrayLike<unknown>} */ (value);
  const { length } = list;
  // What is longer than the tensor is refused for its length.
  const count = length < data.length ? length : data.length;
  if (tensor.plain === undefined || tensor.plain.length < count) tensor.plain = new Float64Array(count);
  tensor.kind = kind;
  tensor.length = length;
  tensor.fault = "";
  for (let i = 0; i < count && tensor.fault === ""; i++) {
    const item = list[i];
    // Tokenisers give 64 bits; what does not fit into a number is out of every range.
    const number = typeof item === "bigint" && kind.startsWith("Big") ? Number(item) : item;
    if (typeof number === "number") tensor.plain[i] = number;
    else tensor.fault = `[${i}] must be a number, got ${describe(item)}`;
  }
  return tensor.plain;
}

/**
 * Checks one tensor that was converted. Real numbers may be NaN or infinite; indices are integers from `tensor.low` to
 * `tensor.high`.
 * @param {string} where
 * @param {BufferedTensor} tensor
 * @param {AxisSizes} sizes
 */
export function checkTensor(where, tensor, sizes) {
  const { name, dims, labels, high, value, plain } = tensor;
  const count = countOf(tensor, sizes);
  const isPlain = value !== undefined && value === plain;
  const isArray = isPlain || (high === undefined && isFloats(value));
  if (isArray && (isPlain ? tensor.length : lengthOf.call(value)) === count) {
    if (isPlain && tensor.fault !== "") throw new TypeError(`${where}: ${quote(name)}${tensor.fault}`);
    if (high !== undefined) checkItems(where, tensor, /** @type {Float64Array} */ (plain), count);
    return;
  }
  // No callback: what it captures would be made at every call.
  let shape = "";
  for (let i = 0; i < dims.length; i++) {
    const dim = /** @type {number} */ (dims[i]);
    shape += `${i === 0 ? "" : ", "}${dim < 0 ? `${labels[~dim]} ${sizes[~dim]}` : dim}`;
  }
  const what = `${where}: ${quote(name)}`;
  const got = `got ${isPlain ? `${tensor.kind} of length ${tensor.length}` : describe(value)}`;
  if (isArray) throw new RangeError(`${what} must have shape [${shape}], that is length ${count}; ${got}`);
  const type = `must be ${high === undefined ? "a Float32Array, Float64Array or array of numbers" : "an array of integers"}`;
  throw new TypeError(
    value === undefined
      ? `${what} is missing: it ${type} of shape [${shape}]`
      : `${what} ${type} of shape [${shape}], ${got}`,
  );
}

/**
 * Is an element beyond the sizes of its example? Whatever stands there is never read.
 * @param {BufferedTensor} tensor
 * @param {number} i
 * @param {number} count
 */
export function isPadding({ ragged, dims }, i, count) {
  if (ragged === undefined || ragged.full) return false;
  const { sizes, extents } = ragged;
  // What one element of an axis has; the first axis is that of the examples.
  let part = count / /** @type {number} */ (sizes[0]);
  const example = Math.floor(i / part);
  for (let k = 1; k < dims.length; k++) {
    const dim = /** @type {number} */ (dims[k]);
    const size = dim < 0 ? /** @type {number} */ (sizes[~dim]) : dim;
    part /= size;
    if (dim < 0 && Math.floor(i / part) % size >= /** @type {number} */ (extents[~dim - 1]?.[example])) return true;
  }
  return false;
}

/**
 * Where examples have sizes of their own, indices beyond these may be any.
 * @param {readonly BufferedTensor[]} tensors
 * @param {SizedCall} call
 */
export function padIndices(tensors, call) {
  for (let i = 0; i < tensors.length; i++) {
    /** @type {BufferedTensor} */ (tensors[i]).ragged = call;
  }
}

/**
 * Checks integers, which nobody else can reach.
 * @param {string} where
 * @param {BufferedTensor} tensor
 * @param {ArrayLike<number>} list
 * @param {number} count
 */
function checkItems(where, tensor, list, count) {
  const { name, low, limit } = tensor;
  for (let i = 0; i < count; i++) {
    const item = list[i];
    const high = limit ? limit(i, count) : Number(tensor.high);
    const isFine = Number.isInteger(item) && Number(item) >= low && Number(item) <= high;
    if (!isFine && !isPadding(tensor, i, count)) checkInteger(where, `${quote(name)}[${i}]`, item, low, high);
  }
}

/**
 * Checks tensors that were taken.
 * @param {string} where
 * @param {readonly BufferedTensor[]} tensors
 * @param {AxisSizes} sizes
 * @param {readonly BufferedTensor[]} [optional] those that may be left out
 */
export function checkTensors(where, tensors, sizes, optional) {
  for (let i = 0; i < tensors.length; i++) {
    const tensor = /** @type {BufferedTensor} */ (tensors[i]);
    if (tensor.value !== undefined || !optional?.includes(tensor)) checkTensor(where, tensor, sizes);
  }
}
