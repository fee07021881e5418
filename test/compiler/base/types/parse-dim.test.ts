/** Dimensions as they are printed, read again. */
import { expect, test } from "vitest";
import { printDim } from "../../../../compiler/base/types/dim.js";
import { dim } from "../../../support/dims.js";

test.each([
  ["3", "3"],
  ["H - 1", "H - 1"],
  ["H -1", "H - 1"],
  ["2 * (H + 1) - H", "H + 2"],
  ["-H + 2*H", "H"],
  ["H * H / H", "H"],
  ["T / 2 * 2", "T"],
  ["floor(T / 2) + 1", "floor(T / 2) + 1"],
  ["floor(4 / 2)", "2"],
  ["floor(2 * T / 2)", "T"],
])("%s is %s", (text, printed) => {
  expect(printDim(dim(text))).toBe(printed);
  expect(dim(printed).key).toBe(dim(text).key);
});

test.each([
  ["H / (H + 1)", "division of a dimension by a sum"],
  ["(H", "expected )"],
  ["H + ", "expected a dimension"],
  ["H 2", "expected the end of the line"],
])("%s is none", (text, message) => {
  expect(() => dim(text)).toThrow(message);
});
