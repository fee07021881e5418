import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementBits, tensorBytes, type SafetensorsDtype } from "../../../runtime/io/element-types.js";
import { fromNumbers, toNumbers } from "../../../runtime/io/tensor-numbers.js";
import { readSafetensors, writeSafetensors, type SafeTensor } from "../../../runtime/io/safetensors.js";
import { SafetensorsError, type SafetensorsErrorCode } from "../../../runtime/base/errors.js";

const dtypes = Object.keys(elementBits) as SafetensorsDtype[];
const names = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "toString", "1", "0", "", "lower.W_i", 'a"b\\', "\u2028", "{", ":"),
);

const tensors: fc.Arbitrary<SafeTensor> = fc
  .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }) })
  .filter(({ dtype, shape }) => tensorBytes(dtype, shape) !== undefined)
  .chain(({ dtype, shape }) => {
    const length = tensorBytes(dtype, shape)!;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ dtype, shape, bytes }));
  });

const files = fc.record({
  tensors: fc.dictionary(names, tensors, { maxKeys: 6, noNullPrototype: false }),
  metadata: fc.dictionary(names, fc.string({ unit: "binary" }), { maxKeys: 3, noNullPrototype: false }),
});

/** A file from a header as text and the number of data bytes. */
function file(header: string, dataLength = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  return bytes;
}

function errorOf(bytes: Uint8Array): SafetensorsError {
  try {
    readSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

/** Tensors as plain data: `bytes` may be a view into a larger buffer, which must not matter. */
const plain = (found: ReadonlyMap<string, SafeTensor>) =>
  new Map([...found].map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape: [...shape], bytes: [...bytes] }]));

describe("safetensors", () => {
  it("reads back what it wrote", () => {
    fc.assert(
      fc.property(files, ({ tensors: given, metadata }) => {
        const entries = new Map(Object.entries(given).filter(([name]) => name !== "__metadata__"));
        const texts = new Map(Object.entries(metadata));
        const back = readSafetensors(writeSafetensors(entries, texts));
        expect(plain(back.tensors)).toEqual(plain(entries));
        expect(back.metadata).toEqual(texts);
      }),
    );
  });

  it("writes the same bytes in whatever order the tensors come, aligned and padded with spaces", () => {
    const a: SafeTensor = { dtype: "U8", shape: [3], bytes: new Uint8Array([1, 2, 3]) };
    const b = fromNumbers(new Float64Array([1, 2]), [2]);
    const first = writeSafetensors(
      new Map([
        ["a", a],
        ["b", b],
      ]),
    );
    expect(first).toEqual(
      writeSafetensors(
        new Map([
          ["b", b],
          ["a", a],
        ]),
      ),
    );
    const header = new TextDecoder().decode(first.subarray(8, first.length - 19));
    expect(header).toMatch(/^\{"b":\{"dtype":"F64","shape":\[2\],"data_offsets":\[0,16\]\},"a":.*\} *$/);
    expect(header.length % 8).toBe(0);
  });

  it("refuses to write what could not be read", () => {
    const a: SafeTensor = { dtype: "U8", shape: [1], bytes: new Uint8Array(1) };
    const write =
      (tensors: [unknown, unknown][], metadata: [unknown, unknown][] = []) =>
      () =>
        writeSafetensors(new Map(tensors) as never, new Map(metadata) as never);
    for (const wrong of [7, "\ud800", "a\udfff", Symbol.iterator, null]) {
      expect(write([[wrong, a]])).toThrow(TypeError);
      expect(write([["a", a]], [[wrong, "text"]])).toThrow(TypeError);
      expect(write([["a", a]], [["key", wrong]])).toThrow(TypeError);
    }
    expect(write([["a", { ...a, bytes: new Float32Array(1) }]])).toThrow(TypeError);
    expect(write([["a", { ...a, bytes: [1] }]])).toThrow(TypeError);
    expect(write([["a", a]], [["key", "x".repeat(100_000_001)]])).toThrow(RangeError);
  });

  it("never fails other than with its own error, however a file is damaged", () => {
    const whole = writeSafetensors(
      new Map([
        ["W", fromNumbers(new Float64Array(6), [2, 3])],
        ["b", fromNumbers(new Float32Array(3), [3])],
      ]),
      new Map([["format", "x"]]),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(40),
        (changes, cut) => {
          const bytes = whole.slice(0, whole.length - cut);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          try {
            readSafetensors(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(SafetensorsError);
          }
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(errorOf(bytes)).toBeInstanceOf(SafetensorsError);
      }),
    );
  });

  const entry = (fields: string): string => `{"W":{${fields}}}`;
  const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
  it.each<[string, SafetensorsErrorCode, Uint8Array]>([
    ["an empty file", "truncated", new Uint8Array()],
    ["a length without its header", "truncated", new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0])],
    ["a header of 2^63 bytes", "header-too-large", new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128])],
    ["a header of 2^32 bytes", "header-too-large", new Uint8Array([0, 0, 0, 0, 1, 0, 0, 0, 123])],
    ["a header of 0 bytes", "invalid-header", new Uint8Array(8)],
    ["a header that begins with a space", "invalid-header", file(" {}")],
    ["a header that is a list", "invalid-header", file("[]")],
    ["JSON that is not closed", "invalid-header", file('{"W":')],
    ["very deep JSON", "invalid-entry", file(`{"W":${"[".repeat(100_000)}`)],
    ["bytes that are not UTF-8", "invalid-header", new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d])],
    ["two tensors of one name", "duplicate-name", file(`{"W":{${good}},"W":{${good}}}`, 8)],
    ["two names that differ in their escapes only", "duplicate-name", file(`{"W":{${good}},"\\u0057":{${good}}}`, 8)],
    ["one field twice", "duplicate-name", file(entry(`${good},"dtype":"F32"`), 8)],
    ["metadata twice", "duplicate-name", file('{"__metadata__":{},"__metadata__":{}}')],
    [
      "a number as a fraction of a whole value",
      "invalid-shape",
      file(entry('"dtype":"U8","shape":[4.0],"data_offsets":[0,4]'), 4),
    ],
    [
      "an offset with an exponent",
      "invalid-offsets",
      file(entry('"dtype":"U8","shape":[4],"data_offsets":[0,4e0]'), 4),
    ],
    ["minus zero", "invalid-offsets", file(entry('"dtype":"U8","shape":[4],"data_offsets":[-0,4]'), 4)],
    ["half of a surrogate pair in a name", "invalid-header", file(`{"\\ud800":{${good}}}`, 8)],
    ["half of a surrogate pair in a field", "invalid-header", file(entry(`${good},"\\udc00":1`), 8)],
    [
      "a million axes",
      "invalid-shape",
      file(entry(`"dtype":"U8","shape":[${"1,".repeat(1e6)}1],"data_offsets":[0,1]`), 1),
    ],
    [
      "more texts than memory should be spent on",
      "invalid-entry",
      file(`{"__metadata__":{${'"":"",'.repeat(1e6)}"a":""}}`),
    ],
    ["metadata that is no text", "invalid-entry", file('{"__metadata__":{"a":1}}')],
    ["metadata that is a list", "invalid-entry", file('{"__metadata__":[]}')],
    ["an entry that is a number", "invalid-entry", file('{"W":1}')],
    ["an entry that is null", "invalid-entry", file('{"__proto__":null}')],
    ["a missing field", "invalid-entry", file(entry('"dtype":"F32","shape":[2]'), 8)],
    ["an unknown field", "invalid-entry", file(entry(`${good},"more":1`), 8)],
    ["a dtype that is a number", "invalid-entry", file(entry('"dtype":32,"shape":[2],"data_offsets":[0,8]'), 8)],
    ["an unknown dtype", "unknown-dtype", file(entry('"dtype":"F31","shape":[2],"data_offsets":[0,8]'), 8)],
    [
      "a dtype named as a method",
      "unknown-dtype",
      file(entry('"dtype":"toString","shape":[2],"data_offsets":[0,8]'), 8),
    ],
    ["a negative size", "invalid-shape", file(entry('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8)],
    ["a fraction as size", "invalid-shape", file(entry('"dtype":"F32","shape":[0.5],"data_offsets":[0,2]'), 2)],
    ["a size in quotes", "invalid-shape", file(entry('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'), 8)],
    ["sizes that overflow", "invalid-shape", file(entry('"dtype":"F32","shape":[1e9,1e9,1e9],"data_offsets":[0,0]'))],
    [
      "sizes that overflow beside a 0",
      "invalid-shape",
      file(entry('"dtype":"F32","shape":[1e9,1e9,0],"data_offsets":[0,0]')),
    ],
    ["offsets in the wrong order", "invalid-offsets", file(entry('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 8)],
    ["a negative offset", "invalid-offsets", file(entry('"dtype":"F32","shape":[2],"data_offsets":[-8,0]'), 8)],
    [
      "offsets that do not fit the shape",
      "invalid-offsets",
      file(entry('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 8),
    ],
    ["three offsets", "invalid-entry", file(entry('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'), 8)],
    ["data cut short", "truncated", file(entry(good), 7)],
    [
      "a tensor of a terabyte",
      "truncated",
      file(entry('"dtype":"U8","shape":[1000000000000],"data_offsets":[0,1000000000000]')),
    ],
    ["data too long", "hole", file(entry(good), 9)],
    ["data without tensors", "hole", file("{}", 1)],
    ["a hole at the start", "hole", file(entry('"dtype":"F32","shape":[2],"data_offsets":[4,12]'), 12)],
    ["two tensors on the same bytes", "overlap", file(`{"V":{${good}},"W":{${good}}}`, 8)],
  ])("refuses %s: %s", (_, code, bytes) => {
    expect(errorOf(bytes).code).toBe(code);
  });

  it("accepts what other writers do: spaces after the header, empty tensors, any order", () => {
    const header =
      '{"b":{"shape":[],"data_offsets":[0,4],"dtype":"F32"},"e":{"dtype":"F64","shape":[0,3],"data_offsets":[4,4]}}   ';
    const { tensors: found } = readSafetensors(file(header, 4));
    expect([...found.keys()]).toEqual(["b", "e"]);
    expect(toNumbers(found.get("b")!)).toEqual(new Float64Array(1));
  });

  it("takes null for no metadata, as the official reader does", () => {
    const { tensors: found, metadata } = readSafetensors(file(`{"__metadata__":null,"W":{${good}}}`, 8));
    expect([[...found.keys()], metadata.size]).toEqual([["W"], 0]);
  });

  it("names all types of the format where one is unknown, and shows names of any length and kind in few characters", () => {
    const { message } = errorOf(file(entry('"dtype":"F31","shape":[2],"data_offsets":[0,8]'), 8));
    for (const dtype of dtypes) expect(message).toContain(dtype);
    const name = `\u001b[2J\u009b\u202e${"x".repeat(1e6)}`;
    const error = errorOf(file(`{${JSON.stringify(name)}:0}`));
    expect(error.tensor).toBe(name);
    expect(error.message).toMatch(
      /^tensor "\\u001b\[2J\\u009b\\u202ex{54}…": its entry must be an object, got a number$/u,
    );
  });

  it("refuses to write names and metadata that no reader would take", () => {
    const tensor: SafeTensor = { dtype: "U8", shape: [1], bytes: new Uint8Array(1) };
    const half = "a\ud800";
    expect(() => writeSafetensors(new Map([[half, tensor]]))).toThrow(
      'the name of a tensor must be Unicode, got half of a surrogate pair in "a\\ud800"',
    );
    expect(() => writeSafetensors(new Map(), new Map([[half, ""]]))).toThrow(TypeError);
    expect(() => writeSafetensors(new Map(), new Map([["a", half]]))).toThrow(TypeError);
    expect(() => writeSafetensors(new Map(), new Map([["epoch", 7 as never]]))).toThrow(
      'the metadata "epoch" must be a text, got 7',
    );
    expect(() => writeSafetensors(new Map([[7 as never, tensor]]))).toThrow(TypeError);
  });

  it("refuses to write what it would not read", () => {
    const bytes = new Uint8Array(4);
    expect(() => writeSafetensors(new Map([["__metadata__", { dtype: "F32", shape: [], bytes }]]))).toThrow(TypeError);
    expect(() => writeSafetensors(new Map([["W", { dtype: "F32", shape: [2], bytes }]]))).toThrow(
      /takes 8 bytes, got 4/,
    );
    expect(() => writeSafetensors(new Map([["W", { dtype: "F32", shape: [-1], bytes }]]))).toThrow(RangeError);
  });
});

describe("what is given as a file", () => {
  const good = writeSafetensors(new Map([["W", fromNumbers(new Float32Array([1, 2]), [2])]]));

  it("may be a view or a whole buffer", () => {
    const buffer = good.buffer.slice(good.byteOffset, good.byteOffset + good.byteLength);
    const shared = new SharedArrayBuffer(good.length);
    new Uint8Array(shared).set(good);
    const all = [good, Buffer.from(good), buffer, new DataView(buffer as ArrayBuffer)] as Uint8Array[];
    for (const bytes of all)
      expect(plain(readSafetensors(bytes).tensors)).toEqual(plain(readSafetensors(good).tensors));
  });

  it.each([
    ["a text", "{}", 'bytes must be a Uint8Array or an ArrayBuffer, got "{}": read the file without an encoding'],
    ["a promise", Promise.resolve(good), /got a Promise: await it first/],
    ["a response", new Response(""), /got a Response: pass `await response\.arrayBuffer\(\)`/],
    ["a blob", new Blob([]), /got a Blob: pass `await blob/],
    ["floats", new Float32Array(4), /got Float32Array of length 4$/],
    ["nothing", undefined, /got undefined$/],
    ["a list", [1, 2], /got Array of length 2$/],
    ["an object that says it is a buffer", { [Symbol.toStringTag]: "ArrayBuffer", length: 2 ** 31 }, /got an object$/],
    [
      "floats that say they are bytes",
      Object.defineProperty(new Float32Array(4), Symbol.toStringTag, { value: "Uint8Array" }),
      /got Float32Array of length 4$/,
    ],
  ])("is refused as %s", (_, value, message) => {
    expect(() => readSafetensors(value as never)).toThrow(TypeError);
    expect(() => readSafetensors(value as never)).toThrow(message);
  });

  it("has the length that it has, whatever it says", () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 2 ** 40;
      }
      override subarray(): never {
        throw new Error("asked");
      }
    }
    expect(plain(readSafetensors(new Liar(good)).tensors)).toEqual(plain(readSafetensors(good).tensors));
  });

  const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
  it.each([
    ["version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n", /a Git LFS pointer/],
    ["<!DOCTYPE html><html><body>Not found</body></html>", /an HTML page/],
    ["\n\n  <html lang=en>", /an HTML page/],
    ["<?xml version='1.0'?>", /XML/],
    ["PK\x03\x04\x14\0\0\0\0\0", /a ZIP archive, such as PyTorch's \.pt/],
    ["\x80\x02\x8a\x0al\xfc\x9c\x46\xf9", /a Python pickle/],
    ["\x89HDF\r\n\x1a\n", /an HDF5 file/],
    ["\x93NUMPY\x01\0v\0{", /a NumPy array/],
    ["\x1f\x8b\x08\0\0\0\0\0\0\0", /compressed with gzip/],
    ['{"W": [1, 2]}', /but JSON$/],
    ["plainly nothing of the kind", /this is no safetensors file, or a damaged one/],
    ["\x80\x02\0\0\0\0\0\0{", /^the header has 640 bytes, but only 1 follow its length$/],
    ["\x1f\x8b\0\0\0\0\0\0{", /^the header has 35615 bytes/],
  ])("is recognised: %j", (text, message) => {
    expect(errorOf(ascii(text)).message).toMatch(message);
  });
});

describe("types of fewer than eight bits", () => {
  it("fill whole bytes or are refused", () => {
    const entry = (dtype: string, size: number, end: number): Uint8Array =>
      file(`{"W":{"dtype":"${dtype}","shape":[${size}],"data_offsets":[0,${end}]}}`, end);
    for (const [dtype, size, bytes] of [
      ["F4", 4, 2],
      ["F6_E2M3", 4, 3],
      ["F6_E3M2", 8, 6],
      ["C64", 2, 16],
    ] as const) {
      expect(readSafetensors(entry(dtype, size, bytes)).tensors.get("W")).toMatchObject({ dtype, shape: [size] });
    }
    expect(errorOf(entry("F4", 3, 2)).code).toBe("invalid-shape");
    expect(errorOf(entry("F6_E2M3", 2, 2)).code).toBe("invalid-shape");
    const bytes = new Uint8Array(2);
    expect(() => writeSafetensors(new Map([["W", { dtype: "F4", shape: [3], bytes }]]))).toThrow(RangeError);
  });
});

describe("numbers of stored tensors", () => {
  const stored = (dtype: SafetensorsDtype, ...bytes: number[]): SafeTensor => ({
    dtype,
    shape: [bytes.length / (elementBits[dtype] / 8)],
    bytes: new Uint8Array(bytes),
  });

  it("reads every type that a number can hold", () => {
    expect([...toNumbers(stored("F16", 0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c, 0xff, 0x7b))]).toEqual([
      1,
      -2,
      2 ** -24,
      Infinity,
      65504,
    ]);
    expect([...toNumbers(stored("BF16", 0x80, 0x3f, 0x49, 0xc0))]).toEqual([1, -3.140625]);
    expect([...toNumbers(stored("I32", 255, 255, 255, 255))]).toEqual([-1]);
    expect([...toNumbers(stored("U32", 255, 255, 255, 255))]).toEqual([4294967295]);
    expect([...toNumbers(stored("I16", 0, 128))]).toEqual([-32768]);
    expect([...toNumbers(stored("U16", 0, 128))]).toEqual([32768]);
    expect([...toNumbers(stored("I8", 128, 127))]).toEqual([-128, 127]);
    expect([...toNumbers(stored("BOOL", 0, 1))]).toEqual([0, 1]);
    expect(() => toNumbers(stored("I64", 0, 0, 0, 0, 0, 0, 0, 0))).toThrow(TypeError);
  });

  it("keeps every bit of floats, from any byte of a buffer", () => {
    fc.assert(
      fc.property(fc.float64Array(), fc.float32Array(), (doubles, singles) => {
        const written = writeSafetensors(
          new Map([
            ["d", fromNumbers(doubles, [doubles.length])],
            ["s", fromNumbers(singles, [singles.length])],
          ]),
        );
        const shifted = new Uint8Array(written.length + 3);
        shifted.set(written, 3);
        const { tensors: found } = readSafetensors(shifted.subarray(3));
        expect(toNumbers(found.get("d")!)).toEqual(doubles);
        expect(Float32Array.from(toNumbers(found.get("s")!))).toEqual(singles);
      }),
    );
  });
});
