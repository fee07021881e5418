/** Losses of segments; bits are in `numerics/segments.test.ts`. */
import { expect, test } from "vitest";
import type { CallResult } from "../../../runtime/module/compiled-module.js";
import { LossTotals } from "../../../runtime/sequence/segmented-call.js";

const result = (of: Record<string, number>): CallResult => {
  const tensors = Object.fromEntries(Object.entries(of).map(([name, value]) => [name, Float64Array.of(value)]));
  return { ...tensors, final: {} } as unknown as CallResult;
};

test("what goes along the segments adds up, and is the same in each elsewhere", () => {
  const totals = new LossTotals(["main", "small"], ["main.sum", "main.weight"]);
  for (const [sum, weight] of [
    [2, 3],
    [4, 5],
  ] as const)
    // prettier-ignore
    totals.add(result({ "main.sum": sum, "main.weight": weight, "small.sum": 7, "small.weight": 2 }));
  expect(totals.losses(undefined)).toEqual({
    loss: 0.75 + 3.5,
    losses: { main: { value: 0.75, sum: 6, weight: 8 }, small: { value: 3.5, sum: 7, weight: 2 } },
  });
  expect(totals.cotangents(undefined)).toEqual({ "main.sum": [1 / 8], "small.sum": [1 / 2] });
  expect(totals.cotangents({ small: 4 })).toEqual({ "main.sum": [1 / 8], "small.sum": [1 / 4] });
  expect(totals.losses(2).losses["main"]!.value).toBe(3);
});

test("of no weight a loss is 0, and so is its gradient", () => {
  const totals = new LossTotals(["main"], ["main.sum", "main.weight"]);
  expect([totals.cotangents(undefined), totals.losses(undefined).loss]).toEqual([{ "main.sum": [0] }, 0]);
});
