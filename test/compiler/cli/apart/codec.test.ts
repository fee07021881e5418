/** Values come through as they are, and nothing else is taken for one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode, headBytes, type Makers } from "../../../../compiler/cli/apart/codec.js";

const makers: Makers = {
  list: (items) => items,
  kinds: { Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array }, // prettier-ignore
};
const through = (value: unknown): unknown => decode(encode(7, value), 7, makers);

test("numbers of every kind, texts, lists, records and typed arrays", () => {
  const value = {
    __proto__: null,
    numbers: [0, -0, NaN, Infinity, -Infinity, 5e-324, 2 ** 53, -1.5],
    others: [undefined, null, true, false, "", "\ud800 ⊙ \u0000", ["u"], ["n", "NaN"], ["t", "Int8Array", 1]],
    arrays: [
      new Float32Array([1, NaN, -0]),
      new Float64Array(0),
      new Int32Array([-1, 2, 3]),
      new Uint8Array([1]).subarray(1),
    ],
    inner: { __proto__: null, toString: 1 },
  };
  const found = through(value) as typeof value;
  expect(found).toStrictEqual(value);
  expect(Object.getPrototypeOf(found)).toBeNull();
  const named = through(JSON.parse('{ "__proto__": 1, "constructor": 2 }')) as object;
  expect(Object.entries(named)).toEqual([
    ["__proto__", 1],
    ["constructor", 2],
  ]);
});

test("functions, symbols, views of other kinds, cycles and depth are no values", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [() => 1, Symbol("x"), 1n, new BigInt64Array(1), cycle])
    expect(() => encode(1, [value])).toThrow(/no value|too deep/u);
});

function frame(text: string, rest = 0, change: (head: DataView) => void = () => undefined): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const made = new Uint8Array(Math.ceil((headBytes + bytes.length) / 8) * 8 + rest);
  made.set(bytes, headBytes);
  const head = new DataView(made.buffer);
  [made.length, 1, bytes.length].forEach((value, i) => head.setUint32(4 * i, value, true));
  change(head);
  return made;
}

test.each([
  ["[]", 0],
  ["{}", 0],
  ["[1]", 0],
  ['["u", 1]', 0],
  ['["n", "1"]', 0],
  ['["n", 1]', 0],
  ['["a", {}]', 0],
  ['["a", [{}]]', 0],
  ['["o", [["a"]]]', 0],
  ['["o", [[1, 1]]]', 0],
  ['["o", [["a", 1], ["a", 2]]]', 0],
  ['["t", "Float32Array", 3]', 8],
  ['["t", "Float32Array", -1]', 8],
  ['["t", "Float32Array", 1.5]', 8],
  ['["t", "Float32Array", 1e300]', 8],
  ['["t", "Float32Array", "2"]', 8],
  ['["t", "ArrayBuffer", 8]', 8],
  ['["t", "__proto__", 8]', 8],
  ['["t", "constructor", 8]', 8],
  ["1", 8],
  ["nothing", 0],
  [`${"[".repeat(100)}${"]".repeat(100)}`, 0],
  [JSON.stringify(Array.from({ length: 20 }).reduce<unknown>((inner) => ["a", [inner]], 1)), 0],
])("%.40s with %i bytes is no value", (text, rest) => {
  expect(() => decode(frame(text, rest), 1, makers)).toThrow();
});

test("frames of other lengths and to other requests are refused", () => {
  expect(decode(frame("1"), 1, makers)).toBe(1);
  expect(() => decode(frame("1"), 2, makers)).toThrow("another request");
  for (const [at, value] of [
    [0, 8],
    [0, 2 ** 32 - 1],
    [8, 2 ** 32 - 1],
    [8, 6],
  ] as const)
    expect(() =>
      decode(
        frame("1", 0, (head) => head.setUint32(at, value, true)),
        1,
        makers,
      ),
    ).toThrow();
});

test("no bytes end otherwise than in a value or an error", () => {
  const good = encode(1, { x: [1, new Float32Array([1, 2, 3])], y: { z: "text" } });
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
      const changed = good.slice();
      changed[at] = value;
      try {
        decode(changed, 1, makers);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 2000 },
  );
});
