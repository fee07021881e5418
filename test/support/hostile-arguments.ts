/** Arguments of calls in other guises, which must make no difference, and spoilt ones, which must be refused. */
import type { Random } from "../../runtime/index.js";

/** What a call is given: tensors and options by name, also within other objects. */
export type Arguments = Record<string, unknown>;

type List = Float64Array | Int32Array;

const isList = (value: unknown): value is List => value instanceof Float64Array || value instanceof Int32Array;

const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(items.length)] as T;

function onBuffer(list: List, buffer: ArrayBufferLike, offset = 0): List {
  const view = list instanceof Int32Array ? new Int32Array(buffer, offset) : new Float64Array(buffer, offset);
  view.set(list);
  return view;
}

interface Resizable extends ArrayBuffer {
  resize(length: number): void;
}

/** Of ES2024, which Node 20 has and the types do not know. */
function resizable(bytes: number): Resizable {
  const Buffer = ArrayBuffer as unknown as new (
    length: number,
    options: { readonly maxByteLength: number },
  ) => Resizable;
  return new Buffer(bytes, { maxByteLength: bytes + 8 });
}

class OwnLength extends Float64Array {
  override get length(): number {
    return 1;
  }
}

/** The same numbers in another object. */
const guises: ((list: List) => unknown)[] = [
  (list) => list,
  (list) => [...list],
  (list) => onBuffer(list, new SharedArrayBuffer(list.byteLength)),
  (list) => onBuffer(list, new ArrayBuffer(list.byteLength + 8), 8),
  (list) => onBuffer(list, resizable(list.byteLength)),
  (list) => (list instanceof Int32Array ? BigInt64Array.from(list, BigInt) : OwnLength.from(list)),
  (list) => new Proxy([...list], {}),
  (list) => {
    const items: unknown[] = new Array(list.length);
    list.forEach((item, i) => {
      let reads = 0;
      Object.defineProperty(items, i, { get: () => (reads++ === 0 ? item : NaN) });
    });
    return items;
  },
];

/** Own names of an object of tensors, also those of the objects in it: where each lives. */
function placesOf(given: Arguments): { readonly holder: Arguments; readonly name: string }[] {
  return Object.entries(given).flatMap(([name, value]) => [
    { holder: given, name },
    ...(typeof value === "object" && value !== null && !isList(value) && !Array.isArray(value)
      ? placesOf(value as Arguments)
      : []),
  ]);
}

/** A copy of an object and of the objects in it, but not of lists. */
export function copyOf(given: Arguments): Arguments {
  const entries = Object.entries(given).map(([name, value]) => [
    name,
    typeof value === "object" && value !== null && !isList(value) && !Array.isArray(value)
      ? copyOf(value as Arguments)
      : value,
  ]);
  return Object.fromEntries(entries) as Arguments;
}

function asGetter(holder: Arguments, name: string, get: () => unknown): void {
  Object.defineProperty(holder, name, { get, enumerable: true });
}

/** The same arguments as other objects; `nested` is called by some getters and must throw. */
export function disguise(given: Arguments, random: Random, nested: () => void): Arguments {
  const other = copyOf(given);
  for (const { holder, name } of placesOf(other)) {
    const { [name]: value } = holder;
    if (isList(value)) holder[name] = pick(random, guises)(value);
    if (random.integer(8) !== 0) continue;
    const { [name]: own } = holder;
    let reads = 0;
    asGetter(holder, name, () => {
      nested();
      return reads++ === 0 ? own : Symbol("read again");
    });
  }
  return other;
}

export class Refusal extends Error {}

const nonsense: readonly unknown[] = [
  null, "text", 7, 2n, Symbol("s"), true, {}, new Map(), new Date(0), Promise.resolve(), new DataView(new ArrayBuffer(8)), new Uint8Array(0), () => 0, NaN, [NaN, {}],
]; // prettier-ignore

type Spoiler = (list: List, random: Random) => unknown;

/** Of the numbers of a tensor something that is none. */
const spoilers: readonly Spoiler[] = [
  (list) => new Float64Array(list.length + 1),
  (list) => list.slice(1),
  (_, random) => pick(random, nonsense),
  (list, random) =>
    [...list].with(random.integer(list.length), pick(random, ["1", null, undefined, {}, 1n] as never[])),
  (list) => Object.defineProperty(list.slice(1), "length", { value: list.length }),
  (list) => new Proxy(list, { get: (target, key) => (key === "length" ? target.length : 1e300) }),
  (list, random) => {
    const at = String(random.integer(list.length));
    return new Proxy([...list], {
      get(target, key) {
        if (key === at) throw new Refusal("an element");
        return Reflect.get(target, key) as unknown;
      },
    });
  },
  (list) => new Proxy([...list], { get: (target, key) => (key === "length" ? 2 ** 40 : target[0]) }),
];

/** Of indices numbers that are none. */
const wrongIndices: readonly number[] = [-1, 0.5, 1e9, NaN, -Infinity, 2 ** 32];

/** Spoils one thing; undefined where there is nothing to spoil. */
export function spoil(given: Arguments, random: Random): Arguments | undefined {
  const other = copyOf(given);
  const places = placesOf(other);
  if (random.integer(6) === 0) {
    other["typo"] = 1;
    return other;
  }
  if (places.length === 0) return undefined;
  const { holder, name } = pick(random, places);
  const { [name]: value } = holder;
  if (random.integer(6) === 0) {
    asGetter(holder, name, () => {
      throw new Refusal(name);
    });
  } else if (!isList(value)) {
    holder[name] = pick(random, [null, "2", -1, 1e9, 1.5, Symbol("s"), 2n]);
  } else if (value.length === 0) {
    return undefined;
  } else if (value instanceof Int32Array && random.integer(2) === 0) {
    // In padding anything may stand.
    if (name !== "lengths" && "lengths" in given) return undefined;
    holder[name] = [...value].with(random.integer(value.length), pick(random, wrongIndices));
  } else if (value instanceof Float64Array && random.integer(4) === 0) {
    return takenAway(other, holder, name, value, random);
  } else {
    holder[name] = pick(random, spoilers)(value, random);
  }
  return other;
}

/** An array that becomes shorter while a later argument is read. */
function takenAway(given: Arguments, holder: Arguments, name: string, value: Float64Array, random: Random): Arguments {
  const { byteLength } = value;
  const buffer = resizable(byteLength);
  holder[name] = onBuffer(value, buffer);
  const shorten = pick(random, [
    (): void => buffer.resize(8 * random.integer(2)),
    (): void => void structuredClone(buffer, { transfer: [buffer] }),
  ]);
  // The last of the names that are read.
  const { [name]: own } = holder;
  const { ["batch"]: batch, ...others } = given;
  if (holder !== given || batch === undefined || name === "batch") {
    asGetter(holder, name, () => (shorten(), own));
    return given;
  }
  asGetter(others, "batch", () => (shorten(), batch));
  return others;
}
