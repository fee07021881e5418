import { expect, it } from "vitest";
import { isSameData } from "../../../compiler/base/same-data.js";

it.each([
  [1, 1],
  [NaN, NaN],
  [null, null],
  [[], []],
  [{ a: [1, { b: "x" }] }, { a: [1, { b: "x" }] }],
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [{ a: 1, b: undefined }, { a: 1 }],
  [{ a: 1 }, { a: 1, b: undefined }],
])("%j is %j", (a, b) => {
  expect(isSameData(a, b)).toBe(true);
});

it.each([
  [1, 2],
  [0, -0],
  [NaN, Infinity],
  [null, {}],
  [undefined, null],
  [[], {}],
  [{}, []],
  [[1], [1, 2]],
  [[1, 2], [1]],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: 1, b: 2 }, { a: 1 }],
  [{ a: [1, { b: "x" }] }, { a: [1, { b: "y" }] }],
  [1, "1"],
])("%j is not %j", (a, b) => {
  expect(isSameData(a, b)).toBe(false);
});
