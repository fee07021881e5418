import { expect, it } from "vitest";
import { thinOut } from "../../../../compiler/tools/report/thin-out.js";

it("leaves a short curve as it is", () => {
  expect(thinOut([1, 2, 3], [5, 6, 7], 3)).toEqual({ x: [1, 2, 3], y: [5, 6, 7], low: [5, 6, 7], high: [5, 6, 7] });
});

it("takes the mean of stretches, each at its last point, and between which values it was", () => {
  const { x, y, low, high } = thinOut([1, 2, 3, 4, 5], [1, 3, 10, 20, 7], 3);
  expect([x, y, low, high]).toEqual([
    [2, 4, 5],
    [2, 15, 7],
    [1, 10, 7],
    [3, 20, 7],
  ]);
});

it("leaves out what is not finite", () => {
  expect(thinOut([1, 2, 3, 4], [NaN, 2, NaN, Infinity], 2)).toEqual({
    x: [2, 4],
    y: [2, NaN],
    low: [2, NaN],
    high: [2, NaN],
  });
});
