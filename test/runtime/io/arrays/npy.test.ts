import { describe, expect, test } from "vitest";
import { ArrayFileError, readNpy, writeNpy } from "../../../../runtime/index.js";
import { bytesOf, recordedArrays } from "../../../support/recorded-arrays.js";

/** A file with this text as its header, and so many bytes after it. */
function fileOf(header: string, data = 24, version = 1): Uint8Array {
  const [text, wide] = [Buffer.from(header, "latin1"), version > 1];
  const length = [text.length & 255, text.length >> 8, ...(wide ? [0, 0] : [])];
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), version, 0, ...length, ...text, ...new Uint8Array(data)]);
}
const right = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

describe("arrays that NumPy has written", () => {
  test.each(recordedArrays.npy)("$name", ({ shape, values, bytes }) => {
    const read = readNpy(bytesOf(bytes));
    expect([read.shape, [...read.values]]).toEqual([shape, values]);
  });

  test("come back as they were, byte by byte where the order is ours", () => {
    for (const type of ["<f4", "<f8", "<i4", "|u1", "empty", "scalar"]) {
      const bytes = bytesOf(recordedArrays.npy.find(({ name }) => name === type)!.bytes);
      expect(writeNpy(readNpy(bytes))).toEqual(bytes);
    }
  });
});

test("the numbers are of the type of the file", () => {
  const types = recordedArrays.npy.slice(0, 7).map(({ bytes }) => readNpy(bytesOf(bytes)).values.constructor.name);
  expect(types.join(" ")).toBe(
    "Float32Array Float32Array Float64Array Float32Array Float32Array Float64Array Int8Array",
  );
});

describe("files that are none, or say what is not so", () => {
  test.each([
    ["foreign", Buffer.from("PK\u0003\u0004 and more"), /a ZIP archive/u],
    ["foreign", Buffer.from("x[0],x[1]\n1,2\n"), /text, such as CSV/u],
    ["truncated", fileOf(right).subarray(0, 40), /ends in its header, after 40 bytes/u],
    ["truncated", fileOf(right, 23), /\[2, 3\] of f4 takes 24 bytes, there are 23/u],
    ["invalid", fileOf(right, 25), /takes 24 bytes, there are 25/u],
    ["unsupported", fileOf(right, 24, 4), /version 4\.0; known are 1 to 3/u],
    ["truncated", fileOf(right.replace("2, 3", "9007199254740991, 9007199254740991")), /takes Infinity bytes/u],
    ["invalid", fileOf(right.replace("2, 3", "-1, 3")), /expected a size, got "-1, 3\)/u],
    ["invalid", fileOf(right.replace("2, 3", "99999999999999999999")), /a size of 10000000000000000 is too large/u],
    ["invalid", fileOf(right.replace("2, 3", Array(65).fill("1").join(", "))), /more than 64 axes/u],
    ["unsupported", fileOf(right.replace("'<f4'", "'|O'")), /type "\|O" are not read; .*Python objects/u],
    ["unsupported", fileOf(right.replace("'<f4'", "'<c8'")), /type "<c8" are not read; known are f2, f4/u],
    ["unsupported", fileOf(right.replace("'<f4'", "'f4'")), /with < or >/u],
    ["unsupported", fileOf(right.replace("'<f4'", "[('a', '<f4')]")), /records of several fields/u],
    ["invalid", fileOf(right.replace("'descr'", "'shape'")), /expected a size|expected \(, got "'<f4/u],
    ["invalid", fileOf("{'descr': '<f4'}"), /must have descr, fortran_order and shape/u],
    ["invalid", fileOf(right.replace("}", "} + exit()")), /something follows it/u],
    ["invalid", fileOf(right.replace("False", "os.remove")), /expected True or False, got "os\.remove/u],
    ["invalid", fileOf(`{'descr': '<f4', ${right.slice(1)}`), /descr stands there twice/u],
    [
      "unsupported",
      fileOf("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }").fill(255, -9, -1),
      /float64 cannot tell/u,
    ],
  ])("%s, %#", (code, bytes, message) => {
    let error: unknown;
    try {
      readNpy(bytes);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ArrayFileError);
    expect([(error as ArrayFileError).code, (error as ArrayFileError).message]).toEqual([code, expect.stringMatching(message)]); // prettier-ignore
  });

  test("an announced header of 4 GiB is refused, and one that is long may be right", () => {
    const file = fileOf(right, 24, 2);
    file[11] = 255;
    expect(() => readNpy(file)).toThrow("at most 65536 may be");
    expect(readNpy(fileOf(right.padEnd(60_000), 24, 2)).shape).toEqual([2, 3]);
  });
});

test("wrong calls say what was expected", () => {
  expect(() => readNpy("x" as never)).toThrow(/bytes must be a Uint8Array/u);
  expect(() => writeNpy({ shape: [3], values: [1, 2, 3] as never })).toThrow(/values must be one of Float32Array,/u);
  expect(() => writeNpy({ shape: [4], values: Float32Array.of(1) })).toThrow("shape [4] does not hold 1 values");
  expect(() => writeNpy({ shape: [-1], values: Float32Array.of() })).toThrow("integers of at least 0, got -1");
});
