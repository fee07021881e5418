import { expect, it } from "vitest";
import { firstApart, firstDifference, firstOtherBits, maxAbs } from "../../../../compiler/tools/calls/compare.js";

it("compares bits, in which zeros differ and NaN is one value", () => {
  expect(firstOtherBits([1, NaN, 0], [1, NaN, 0])).toBeUndefined();
  expect(firstOtherBits([1, NaN, 0], [1, NaN, -0])).toBe(2);
  expect(firstOtherBits([1], [1, undefined as never])).toBe(1);
  expect(firstDifference({ y: [1, -0] }, { y: [1, 0] })).toBe("y[1] is -0 and 0");
  expect(firstDifference({ y: [1] }, { y: [1, 2] })).toBe("y has 1 and 2 numbers");
  expect(firstDifference({ y: [1] }, {})).toBe("y is there only once");
});

it("compares numbers relative to the largest, or to 1", () => {
  expect(firstApart([1000.5, 0.5], [1000, 0], 1e-3)).toBeUndefined();
  expect(firstApart([0.5], [0.4], 0.05)).toBe(0);
  expect(firstApart([NaN, Infinity], [NaN, Infinity], 1e-3)).toBeUndefined();
  expect(firstApart([1], [NaN], 1e-3)).toBe(0);
  expect(firstApart([1, 2], [1], 1)).toBe(1);
  expect(maxAbs([1, -3, Infinity, NaN])).toBe(3);
});
