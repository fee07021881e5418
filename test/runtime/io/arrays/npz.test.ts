import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ArrayFileError, type NpyArray, readNpz, writeNpz } from "../../../../runtime/index.js";
import { bytesOf, recordedArrays } from "../../../support/recorded-arrays.js";

const [stored, compressed] = recordedArrays.npz.map(({ bytes }) => bytesOf(bytes)) as [Uint8Array, Uint8Array];
const problemOf = (bytes: Uint8Array, options = {}): string => {
  try {
    readNpz(bytes, options);
  } catch (error) {
    if (error instanceof ArrayFileError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
};

describe("archives", () => {
  test.each(recordedArrays.npz)("that NumPy has written, $name", ({ bytes }) => {
    const arrays = readNpz(bytesOf(bytes));
    expect([...arrays.keys()]).toEqual(["kernel", "bias"]);
    expect(arrays.get("kernel")!.shape).toEqual([6, 4]);
    expect([...arrays.get("kernel")!.values]).toEqual(Array.from({ length: 24 }, (_, i) => i % 4));
    expect([...arrays.get("bias")!.values]).toEqual([0, 0, 0, 0, 0]);
  });

  test("come back, and the same arrays give the same bytes", () => {
    const arrays = new Map<string, NpyArray>([
      ["é/W", { shape: [2, 2], values: Float32Array.of(1, 2, 3, NaN) }],
      ["n", { shape: [], values: Int32Array.of(-7) }],
    ]);
    const file = writeNpz(arrays);
    expect(readNpz(file)).toEqual(arrays);
    expect(writeNpz(readNpz(file))).toEqual(file);
    expect(readNpz(writeNpz(new Map())).size).toBe(0);
  });
});

describe("archives that are none, or say what is not so", () => {
  const changed = (bytes: Uint8Array, from: string, offset: number, ...put: number[]): Uint8Array => {
    const copy = bytes.slice();
    copy.set(put, Buffer.from(copy).indexOf(from, "latin1") + offset);
    return copy;
  };
  const central = "PK\u0001\u0002";

  test.each([
    [new Uint8Array(30), /^foreign: .*it does not begin as one/u],
    [Uint8Array.from(Buffer.from("\u0093NUMPY\u0001\u0000", "latin1")), /^foreign: .*a NumPy array/u],
    [stored.subarray(0, 300), /^truncated: the archive has no directory/u],
    [changed(stored, "PK\u0005\u0006", 10, 3), /^invalid: the directory of the archive says 3 files, and has 2/u],
    [changed(stored, "PK\u0005\u0006", 10, 255, 255), /^unsupported: .*ZIP64/u],
    [changed(stored, central, 8, 1), /^unsupported: "kernel.npy" is encrypted/u],
    [changed(stored, central, 10, 12), /^unsupported: "kernel.npy" is compressed by method 12; known are 0 and 8/u],
    [changed(stored, central, 16, 0), /^invalid: "kernel.npy": its contents are not those of its checksum/u],
    [changed(stored, central, 24, 255, 255, 255, 255), /^unsupported: .*more than 4 GiB/u],
    [changed(stored, central, 20, 255, 255), /^invalid: files of the archive share bytes/u],
    [changed(stored, central, 42, 1), /^invalid: "kernel.npy": it has no header of its own/u],
    [changed(stored, central, 42, 255, 255), /^truncated: "kernel.npy": it begins after the end/u],
    [changed(compressed, central, 24, 255, 255), /^invalid: "kernel.npy": .*65535 bytes were announced, 224 came/u],
    [changed(compressed, central, 24, 9), /^invalid: "kernel.npy": .*more than the 9 bytes/u],
    [changed(stored, "NUMPY", 1, 0x20), /^invalid: "kernel.npy": its contents are not those/u],
  ])("%#", (bytes, message) => {
    expect(problemOf(bytes)).toMatch(message);
  });

  test("too much is not unpacked, and a bomb makes no more than it says", () => {
    expect(problemOf(compressed, { maxBytes: 300 })).toMatch(
      /^too-large: the arrays unpack to \d+ bytes, at most 300/u,
    );
    const zeros = deflateRawSync(new Uint8Array(10_000_000));
    const bomb = changed(compressed, central, 24, 0, 0, 1);
    expect(zeros.length).toBeLessThan(20_000);
    expect(problemOf(bomb)).toMatch(/^invalid/u);
    expect(() => readNpz(stored, { maxBytes: -1 })).toThrow(RangeError);
  });
});
