/** Data as a run: tensors with their axes, or without that of the examples, cut to what is asked for; and noise. */
import { expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { drawNoise, takeData } from "../../../../compiler/tools/diagnose/data.js";
import { createRandom } from "../../../../runtime/index.js";

const leaky =
  "cell Leaky(N) {\n  input x: [N]\n  input k: index(3)\n  state h: [N]\n  param w: [3, N] ~ ones\n  h' = h * w[k] + x\n  output y = h'\n}";

const turn = (): Promise<void> => Promise.resolve();

it("a batch is cut to the first examples and steps, and shared tensors count for each", async () => {
  const { manifest } = await cell(leaky, { dimensions: { N: 2 } });
  const run = await takeData(
    manifest,
    new Map([
      ["x", { shape: [3, 2, 2], values: Array.from({ length: 12 }, (_, i) => i) }],
      ["k", { shape: [2], values: [1, 2] }],
      ["h", { shape: [2], values: [7, 8] }],
    ]),
    { batch: 2, steps: 1 },
    {},
    () => Promise.resolve(),
  );
  expect(run.inputs["x"]).toEqual(Float64Array.of(0, 1, 4, 5));
  expect(run.inputs["k"]).toEqual(Float64Array.of(1, 1));
  expect(run.states["h"]).toEqual(Float64Array.of(7, 8, 7, 8));
});

it.each([
  [[1, 2, 3], "x must have shape [steps, 2] or [examples, steps, 2], the data has [1, 2, 3]"],
  [[2], "x must have shape [steps, 2] or [examples, steps, 2], the data has [2]"],
  [[1, 0, 2], "x has no steps"],
  [[0, 1, 2], "x has no examples"],
])("a tensor of shape %j is refused", async (shape, message) => {
  const { manifest } = await cell(leaky, { dimensions: { N: 2 } });
  const data = new Map([["x", { shape, values: new Float64Array(shape.reduce((all, size) => all * size, 1)) }]]);
  await expect(takeData(manifest, data, {}, {}, turn)).rejects.toThrow(message);
});

it("noise has all inputs and contexts, by the axes of the manifest, and no states", async () => {
  const { manifest } = await cell(
    "cell A { input x: [2] input k: index(3) context m: [S] state h: [2] h' = tanh(h + x) + max(m) + real(k) output y = h' }",
  );
  const run = await drawNoise(manifest, createRandom(1), { batch: 2, steps: 5, sizes: { S: 3 } }, turn);
  expect([run.inputs["x"], run.inputs["k"], run.contexts["m"]].map((values) => values?.length)).toEqual([20, 10, 6]);
  expect(run.states).toEqual({});
  expect(new Set(run.inputs["k"])).toEqual(new Set([0, 1, 2]));
  expect(run.inputs["x"]!.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
});
