/**
 * Values as bytes, between a process and its child: numbers, texts, arrays, objects without prototypes, typed arrays. The receiver
 * takes nothing for granted. How long the JSON text is is checked before it is decoded, which bounds what its tree may take (some
 * twenty times as much); kinds, depth and counts are checked in that tree, and sizes before a typed array is made.
 *
 * A frame is its length, a number that says which request it belongs to, the length of a JSON text, the text, and the bytes of the
 * typed arrays that it names, each at a multiple of 8.
 */

/** What arrays and typed arrays are made with: another realm has its own. */
export interface Makers {
  list(items: readonly unknown[]): unknown;
  readonly kinds: Readonly<Record<string, new (length: number) => ArrayBufferView>>;
}

export const headBytes = 12;
const align = 8;
const limits = { depth: 12, nodes: 1_000_000 };

/** Bytes of an answer's JSON text: numbers are in typed arrays, so that little is left but names. */
const longestAnswer = 2 ** 22;

/** Bytes of an element, by kind. */
const widths: ReadonlyMap<string, number> = new Map([
  ["Int8Array", 1],
  ["Uint8Array", 1],
  ["Uint8ClampedArray", 1],
  ["Int16Array", 2],
  ["Uint16Array", 2],
  ["Int32Array", 4],
  ["Uint32Array", 4],
  ["Float32Array", 4],
  ["Float64Array", 8],
]);

/** Kinds of typed arrays that are sent. */
export const kindNames: readonly string[] = [...widths.keys()];

// Taken before anything foreign runs, and working on arrays of every realm.
const typed = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (name: string | symbol): ((of: unknown) => unknown) => {
  const { get } = Object.getOwnPropertyDescriptor(typed, name) as { get(): unknown };
  return (of) => Reflect.apply(get, of, []);
};
const kindOf = getter(Symbol.toStringTag) as (of: unknown) => string | undefined;
const bufferOf = getter("buffer") as (of: unknown) => ArrayBuffer;
const offsetOf = getter("byteOffset") as (of: unknown) => number;
const bytesOf = getter("byteLength") as (of: unknown) => number;

class WireError extends Error {
  override readonly name = "WireError";
}

export function encode(request: number, value: unknown): Uint8Array {
  const parts: Uint8Array[] = [];
  let data = 0;
  let nodes = 0;
  const put = (given: unknown, depth: number): unknown => {
    nodes += 1;
    if (depth > limits.depth || nodes > limits.nodes) throw new WireError("a value is too large or too deep");
    if (given === undefined) return ["u"];
    if (given === null || typeof given === "boolean" || typeof given === "string") return given;
    if (typeof given === "number") {
      const isMinusZero = Object.is(given, -0);
      return Number.isFinite(given) && !isMinusZero ? given : ["n", isMinusZero ? "-0" : String(given)];
    }
    if (typeof given !== "object") throw new WireError(`a ${typeof given} is no value`);
    const kind = kindOf(given);
    if (kind !== undefined) {
      const width = widths.get(kind);
      if (width === undefined) throw new WireError(`a ${kind} is no value`);
      const bytes = new Uint8Array(bufferOf(given), offsetOf(given), bytesOf(given));
      parts.push(bytes);
      data += Math.ceil(bytes.length / align) * align;
      return ["t", kind, bytes.length / width];
    }
    if (Array.isArray(given)) return ["a", Array.from({ length: given.length }, (_, i) => put(given[i], depth + 1))];
    return ["o", Object.keys(given).map((key) => [key, put((given as Record<string, unknown>)[key], depth + 1)])];
  };
  const text = new TextEncoder().encode(JSON.stringify(put(value, 0)));
  const start = Math.ceil((headBytes + text.length) / align) * align;
  const frame = new Uint8Array(start + data);
  const head = new DataView(frame.buffer);
  head.setUint32(0, frame.length, true);
  head.setUint32(4, request, true);
  head.setUint32(8, text.length, true);
  frame.set(text, headBytes);
  let at = start;
  for (const bytes of parts) {
    frame.set(bytes, at);
    at += Math.ceil(bytes.length / align) * align;
  }
  return frame;
}

/**
 * @param longest Bytes of the JSON text.
 * @throws WireError for anything that `encode` does not make, and for more than may be.
 */
export function decode(frame: Uint8Array, request: number, makers: Makers, longest = longestAnswer): unknown {
  const head = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < headBytes || head.getUint32(0, true) !== frame.length)
    throw new WireError("a frame of another length");
  if (head.getUint32(4, true) !== request) throw new WireError("an answer to another request");
  const length = head.getUint32(8, true);
  if (length > longest) throw new WireError(`a text of ${length} bytes, where ${longest} may be`);
  let at = Math.ceil((headBytes + length) / align) * align;
  if (at > frame.length) throw new WireError("a frame that is cut");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(frame.subarray(headBytes, headBytes + length));
  let nodes = 0;
  const wrong = (): never => {
    throw new WireError("a value of no known form");
  };
  const array = (kind: unknown, count: unknown): unknown => {
    const width = typeof kind === "string" ? widths.get(kind) : undefined;
    if (width === undefined || !Number.isSafeInteger(count) || (count as number) < 0) return wrong();
    const bytes = (count as number) * width;
    if (bytes > frame.length - at) return wrong();
    const make = makers.kinds[kind as string] as new (length: number) => ArrayBufferView;
    const made = new make(count as number);
    new Uint8Array(bufferOf(made)).set(frame.subarray(at, at + bytes));
    at += Math.ceil(bytes / align) * align;
    return made;
  };
  const take = (given: unknown, depth: number): unknown => {
    nodes += 1;
    if (depth > limits.depth || nodes > limits.nodes) throw new WireError("a value is too large or too deep");
    if (!Array.isArray(given)) return typeof given === "object" && given !== null ? wrong() : given;
    const [form, first, second] = given as unknown[];
    if (form === "u" && given.length === 1) return undefined;
    if (form === "n" && typeof first === "string" && ["NaN", "Infinity", "-Infinity", "-0"].includes(first))
      return Number(first);
    if (form === "t" && given.length === 3) return array(first, second);
    if (!Array.isArray(first) || given.length !== 2) return wrong();
    if (form === "a") return makers.list(first.map((item) => take(item, depth + 1)));
    if (form !== "o") return wrong();
    const made = Object.create(null) as Record<string, unknown>;
    for (const pair of first as unknown[]) {
      if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || pair[0] in made) return wrong();
      made[pair[0]] = take(pair[1], depth + 1);
    }
    return made;
  };
  const value = take(JSON.parse(text), 0);
  if (at !== frame.length) throw new WireError("bytes that belong to nothing");
  return value;
}

/** What both sides keep the last result of a method by; names of methods have no dot. */
export const resultKey = (method: string, entry?: string): string =>
  entry === undefined ? method : `${method}.${entry}`;
