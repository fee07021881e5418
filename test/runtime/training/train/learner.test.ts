/** What an update tells of its gradient. */
import { expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { arrays, sgd, train, type UpdateEvent } from "../../../../runtime/index.js";

it("tells the length of the gradient of each param every so many updates, before anything is cut", async () => {
  const source = "network Affine(; T) { input x, y: [T] param a, b: [] ~ zeros loss = sum((a * x + b - y) ^ 2) per T }";
  const module = await cell(source, { gradient: "params", target: "js" });
  const data = arrays({ x: [[0, 1, 2]], y: [[100, 300, 500]] });
  const told: UpdateEvent[] = [];
  const options = { module, data, optimizer: sgd({ learningRate: 1 }), batch: 1, updates: 5, seed: 0 };
  for await (const event of train({ ...options, norms: 2, clip: { value: 3, norm: 1 } })) {
    if (event.kind === "update") told.push(event);
  }
  expect(told.map(({ norms }) => Object.keys(norms ?? {}))).toEqual([[], ["a", "b"], [], ["a", "b"], []]);
  for (const { norm, norms } of told) if (norms) expect(Math.hypot(...Object.values(norms))).toBeCloseTo(norm, 6);
  expect(() => train({ ...options, norms: 0 })).toThrow("train: norms must be a positive integer, got 0");
});
