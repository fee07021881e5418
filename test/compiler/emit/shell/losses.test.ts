/** What modules tell of their losses beside values: what these are divided by, and the states in the end. */
import { describe, expect, test } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { drawCall, drawExtents } from "../../../../compiler/tools/calls/draw-call.js";
import { passesPreserveMeaning } from "../../../../compiler/tools/testing/index.js";
import { createRandom } from "../../../../runtime/base/random.js";
import type { ModuleInstance } from "../../../../runtime/index.js";

const source = `import { GRU } from "std/gru"
network Two(H; T) {
  input x: [T, H]
  input counts: [T]
  use rnn = GRU(H, H)
  y = rnn(x)
  loss = sum(y * y, axis = [0, 1]) per sum(counts)
  loss small = sum(y, axis = [0, 1])
  output z = y
}`;
const options = { cell: "Two", dimensions: { H: 3 } };
const values = {
  x: Float64Array.from({ length: 2 * 4 * 3 }, (_, i) => Math.sin(i)),
  counts: [1, 0, 1, 1, 0, 1, NaN, NaN],
  sizes: { T: [4, 2] },
};

describe.each(["js", "wasm"] as const)("%s", (target) => {
  test("weights cost no forward, and are those of it", async () => {
    const module = await cell(source, { ...options, target });
    const instance: ModuleInstance = module.instantiate({ batch: 2, sizes: { T: 4 } });
    instance.init(1);
    const result = instance.forward(values);
    expect([result["loss.weight"]![0], result["small.weight"]![0]]).toEqual([4, 2]);
    const loss = result["loss.sum"]![0];
    expect(instance.weights!(values)).toEqual({ loss: 4, small: 2 });
    expect(instance.weights!({ ...values, sizes: { T: { padded: 4, each: [1, 2] } } })).toEqual({ loss: 2, small: 2 });
    expect(result["loss.sum"]![0]).toBe(loss);
    // What `backward` would differentiate was another call.
    expect(() => instance.backward!({ loss: [1] })).toThrow("backward: call forward first");
    expect(() => instance.weights!({ x: values.x, sizes: values.sizes })).toThrow("weights: counts is missing");
  });

  test("the gradient has the states in the end, as forward has them", async () => {
    const module = await cell(source, { ...options, target });
    const instance: ModuleInstance = module.instantiate({ batch: 2, sizes: { T: 4 } });
    instance.init(1);
    const end = instance.forward(values).final["rnn.h"]!.slice();
    expect(instance.gradient!(values).final["rnn.h"]).toEqual(end);
  });
});

test("one loss has no weights of its own, and the manifest tells programs apart", async () => {
  const one = await cell(source.replace(/ {2}loss small.*\n/u, ""), options);
  expect((one.instantiate({ sizes: { T: 1 } }) as ModuleInstance).weights).toBeUndefined();
  const [two, js, wide] = [
    await cell(source, options),
    await cell(source, { ...options, target: "js", dtype: "f64" }),
    await cell(source, { ...options, dimensions: { H: 4 } }),
  ];
  expect(js.manifest.program).toBe(two.manifest.program);
  expect(new Set([one, two, wide].map(({ manifest }) => manifest.program)).size).toBe(3);
  expect((await cell(source, { ...options, gradient: false })).manifest.program).toBe(two.manifest.program);
});

test("weights mean the same after every pass", async () => {
  const whole = source.replace("  output z = y\n", "");
  const { manifest } = await cell(whole, options);
  const random = createRandom(5);
  const extents = drawExtents(manifest, { batch: 3, steps: 1, sizes: { T: 4 } }, (most) => 1 + random.integer(most));
  const call = drawCall(manifest, extents, random, { number: () => random.uniform(0.5, 1), isDrawn: () => true });
  passesPreserveMeaning(whole, call, options);
});
