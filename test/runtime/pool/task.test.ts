/** Results that are sent to another thread. */
import { expect, it } from "vitest";
import { copyOf } from "../../../runtime/pool/task.js";

it("copies views alone, and none of the memory around them", () => {
  const memory = Float32Array.from({ length: 1000 }, (_, i) => i);
  const made: number[] = [];
  const told = {
    final: { h: memory.subarray(2, 4) },
    outputs: {},
    losses: { loss: { sum: 1, weight: 2, value: 0.5 } },
    list: [1],
  };
  const copy = copyOf(told, ({ buffer }) => made.push(buffer.byteLength));
  expect(copy).toEqual(told);
  expect(made).toEqual([8]);
  memory.fill(0);
  expect([...copy.final.h]).toEqual([2, 3]);
});
