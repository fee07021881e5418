/** Values that nobody expects, and random changes of right ones. */
import fc from "fast-check";

/** Plain values of any kind: what JSON, a structured clone or a literal can hold, and what they cannot. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    -0,
    -1,
    0.5,
    NaN,
    Infinity,
    2 ** 31,
    2 ** 53,
    1n,
    "",
    "x",
    "__proto__",
  ),
  fc
    .constantFrom<() => unknown>(
      () => [],
      () => ({}),
      () => Object.create(null),
      () => ({ toString: 1, valueOf: null }),
      () => Symbol("x"),
      () => () => 1,
      () => new Array(5),
      () => new Float32Array(3),
      () => new Float64Array(2),
      () => new BigInt64Array(2),
      () => new DataView(new ArrayBuffer(8)),
      () => new Map([["x", 1]]),
      () => new Date(0),
      () => structuredClone(new Float64Array(new ArrayBuffer(8)).buffer, { transfer: [] }),
    )
    .map((make) => make()),
  fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true, withSparseArray: true, maxDepth: 2 }),
);

type Change = readonly [path: readonly number[], how: "set" | "delete" | "add", value: unknown, key: string];

export const hostileChange: fc.Arbitrary<Change> = fc.tuple(
  fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }),
  fc.constantFrom("set", "set", "delete", "add"),
  hostileValue,
  fc.constantFrom("more", "__proto__", "length", "constructor", "0"),
);

const isOpen = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value);

/** The value with a place of it changed: the path goes down by the positions of keys. The value itself may change. */
export function changed(value: unknown, [path, how, put, key]: Change): unknown {
  let at = value;
  let last: string | undefined;
  let parent: Record<string, unknown> | undefined;
  for (const step of path) {
    if (!isOpen(at)) break;
    const keys = Object.keys(at);
    if (keys.length === 0) break;
    parent = at;
    last = keys[step % keys.length]!;
    at = at[last];
  }
  if (parent === undefined || last === undefined) return put;
  if (how === "delete") delete parent[last];
  else if (how === "add" && Array.isArray(parent)) parent.push(put);
  else {
    const name = how === "add" ? key : last;
    Object.defineProperty(parent, name, { value: put, enumerable: true, configurable: true, writable: true });
  }
  return value;
}
