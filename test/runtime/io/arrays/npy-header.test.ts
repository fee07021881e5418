/** The header of NumPy arrays, of all versions, and what it may not be. */
import { expect, test } from "vitest";
import { parseNpyHeader, widthOf } from "../../../../runtime/io/arrays/npy-header.js";

function file(text: string, major = 1): Uint8Array {
  const length = major === 1 ? [text.length % 256, Math.floor(text.length / 256)] : [text.length, 0, 0, 0];
  const letters = [...text].map((letter) => letter.charCodeAt(0));
  return Uint8Array.from([
    0x93,
    ...[..."NUMPY"].map((letter) => letter.charCodeAt(0)),
    major,
    0,
    ...length,
    ...letters,
  ]);
}

const dictionary = (descr: string, shape: string): string =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;

test.each<[string, string, object]>([
  ["'<f8'", "(3, 2)", { element: { type: "f8", littleEndian: true }, shape: [3, 2] }],
  ["'>i4'", "(5,)", { element: { type: "i4", littleEndian: false }, shape: [5] }],
  ["'|b1'", "()", { element: { type: "b1", littleEndian: true }, shape: [] }],
  ['"<u2"', "(3L, 0)", { element: { type: "u2" }, shape: [3, 0] }],
])("%s of %s", (descr, shape, header) => {
  const text = dictionary(descr, shape);
  for (const major of [1, 2, 3]) {
    expect(parseNpyHeader(file(text, major))).toMatchObject({ ...header, fortranOrder: false, begin: text.length + (major === 1 ? 10 : 12) }); // prettier-ignore
  }
});

test("more is needed of every beginning", () => {
  const whole = file(dictionary("'<f4'", "(2,)"));
  for (let end = 0; end < whole.length; end++) expect(parseNpyHeader(whole.subarray(0, end))).toBeUndefined();
});

test.each<[string, Uint8Array, string]>([
  ["another file", Uint8Array.of(1, 2, 3), "this is no NumPy array (.npy)"],
  ["a version of later", file("{}", 4), "the array is of version 4.0; known are 1 to 3"],
  ["objects", file(dictionary("'|O'", "(2,)")), "Python objects are not read"],
  ["records", file(dictionary("[('a', '<f4')]", "(2,)")), "records of several fields"],
  ["the order of some host", file(dictionary("'=f4'", "(2,)")), "elements of type"],
  ["a shape that is none", file(dictionary("'<f4'", "(2, x)")), "expected a size"],
  ["a size beyond all", file(dictionary("'<f4'", "(9999999999999999,)")), "is too large"],
  ["nothing in it", file("{}        "), "must have descr, fortran_order and shape"],
  ["one thing twice", file("{'shape': (1,), 'shape': (2,)}"), "shape stands there twice"],
  ["something after it", file(`${dictionary("'<f4'", "(2,)").trim()} 1`), "something follows it"],
])("%s is told", (_, bytes, message) => {
  expect(() => parseNpyHeader(bytes)).toThrow(message);
});

test("bytes of elements", () => {
  expect(widthOf({ type: "f2", littleEndian: true })).toBe(2);
});
