/** Views are arithmetic on where a value lies; reshaping keeps it in place where its elements are in one line. */
import { expect, test } from "vitest";
import type { Dim } from "../../../../compiler/base/types/dim.js";
import { affineVariable } from "../../../../compiler/ir/kernel/affine.js";
import { printAccess } from "../../../../compiler/ir/kernel/print-expressions.js";
import {
  accessOf,
  broadcastLocation,
  type BufferLocation,
  denseLocation,
  fixLeading,
  isDense,
  reshapeGroups,
  reshapeLocation,
  reverseLocation,
  sliceLocation,
  transposeLocation,
  windowLocation,
} from "../../../../compiler/passes/to-kernels/location.js";
import { dim } from "../../../support/dims.js";

const shape = (...texts: readonly string[]): Dim[] => texts.map(dim);
const matrix = denseLocation("x", "real", shape("H", "K"), false);
const each = denseLocation("x", "real", shape("H", "K"), true);
const read = (location: BufferLocation, example?: string): string =>
  printAccess(
    accessOf(
      location,
      location.strides.map((_, i) => affineVariable("ijk"[i]!)),
      example,
    ),
  );

test.each<[string, BufferLocation, string]>([
  ["row after row", matrix, "x[i * K + j]"],
  ["a row", fixLeading(matrix, [affineVariable("r")]), "x[i + r * K]"],
  ["from a row on", sliceLocation(matrix, 0, dim("2")), "x[i * K + j + 2*K]"],
  ["turned round", transposeLocation(matrix, [1, 0]), "x[i + j * K]"],
  ["repeated", broadcastLocation(matrix, 3, [0, 2]), "x[i * K + k]"],
  ["backwards", reverseLocation(matrix, 1, dim("K")), "x[i * K + j * (-1) + (K - 1)]"],
  ["windows of its rows", windowLocation(matrix, 0, dim("2"), dim("1")), "x[i * (2*K) + j * K + k]"],
])("%s", (_, location, access) => {
  expect(read(location)).toBe(access);
});

test("each example has its own", () => {
  expect(read(each, "b")).toBe("x[b * (H*K) + i * K + j]");
  expect(() => read(each)).toThrow("no example at hand for x");
  expect([isDense(each, shape("H", "K")), isDense(matrix, shape("H", "K"))]).toEqual([true, false]);
});

test("reshaping goes by groups of axes", () => {
  expect(reshapeGroups(shape("H", "K", "2"), shape("H*K", "2"))).toEqual([
    { from: [0, 1], to: [0] },
    { from: [2], to: [1] },
  ]);
  const reshaped = (location: BufferLocation, ...to: readonly string[]): string => {
    const found = reshapeLocation(location, shape("H", "K"), shape(...to), new Set());
    return found === undefined ? "copied" : read(found);
  };
  expect(reshaped(matrix, "H*K")).toBe("x[i]");
  expect(reshaped(transposeLocation(matrix, [1, 0]), "H*K")).toBe("copied");
});
