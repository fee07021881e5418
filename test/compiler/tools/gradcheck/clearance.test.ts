/** How far a point may move before an operation chooses otherwise. */
import { expect, it } from "vitest";
import { clearanceOf, tieDistances } from "../../../../compiler/tools/gradcheck/clearance.js";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

/** A choice by whether an input is less than a number. */
function distanceFrom(x: number, limit: number): number {
  const b = new GraphBuilder("choice", shapeContext(cellAxes([])));
  const input = b.input("x", { dtype: "real", shape: [], shared: true });
  const isLess = b.map("lt", input, b.constantOf(limit, []));
  const fn = b.finish([{ name: "y", value: b.map("select", isLess, input, b.map("neg", input)) }]);
  const value = { shared: { shape: [], data: Float64Array.of(x) } };
  const [distance] = tieDistances(fn, [value], [new Map()], 2 ** -53, createRandom(1));
  return distance as number;
}

it("ends at the nearest tie", () => {
  expect(distanceFrom(0.5, 2)).toBeCloseTo(1.5, 12);
  expect(distanceFrom(2, 2)).toBe(0);
  expect(clearanceOf([1.5, 4, 0], [0.5, 8, 0])).toBe(0.5);
});

it("does not end at infinity, which no rounding brings nearer", () => {
  expect(distanceFrom(0.5, Infinity)).toBe(Infinity);
  expect(distanceFrom(-Infinity, 2)).toBe(Infinity);
  for (const speed of [3, Infinity, NaN]) {
    expect(clearanceOf([distanceFrom(0.5, Infinity)], [speed])).toBe(Infinity);
  }
});

it("is nothing where there is no number", () => {
  expect(distanceFrom(NaN, 2)).toBe(0);
  expect(clearanceOf([1, 2], [1, NaN])).toBe(0);
});
