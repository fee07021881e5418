/** What lies in memory that threads see, as it comes out on the other side of a message. */
import { expect, it } from "vitest";
import { bytesOf, KnownMemories, layoutOf, SharedMemories, tensorsIn } from "../../../runtime/pool/shared-memory.js";
import type { PoolTask } from "../../../runtime/pool/task.js";

const taskOf = (length: number): PoolTask => ({
  kind: "gradient",
  values: {
    x: Float32Array.of(...Array(length).keys()),
    lengths: [2, 1],
    sizes: { T: { padded: 3, each: [3] } },
    seed: 7,
  },
  cotangents: {
    y: Float64Array.of(0.5, -1),
    final: { h: Float32Array.of(3), n: Int32Array.of(-4) },
    missing: undefined,
  },
});

it("gives a task with the arrays that it had, whatever their types and depth", () => {
  const [memories, known] = [new SharedMemories(), new KnownMemories()];
  const given = taskOf(3);
  const placed = memories.placeTask("task 0", given);
  expect(placed.arrays.map(({ path, type, offset }) => [path.join(" "), type, offset])).toEqual([
    ["values x", "Float32Array", 0],
    ["cotangents y", "Float64Array", 16],
    ["cotangents final h", "Float32Array", 32],
    ["cotangents final n", "Int32Array", 40],
  ]);
  known.hear(structuredClone(memories.since(0).told));
  expect(known.task(structuredClone(placed))).toEqual(given);
});

it("gives arrays of classes of their own as what they are, and leaves those of types that it does not know", () => {
  const [memories, known] = [new SharedMemories(), new KnownMemories()];
  const unknown = new (class extends Float32Array {
    override get [Symbol.toStringTag]() {
      return "Float16Array" as "Float32Array";
    }
  })([1, 2]);
  const placed = memories.placeTask("task 0", { kind: "forward", values: { words: Buffer.from([1, 2]), unknown } });
  expect(placed.arrays.map(({ path, type }) => [path.join(" "), type])).toEqual([["values words", "Uint8Array"]]);
  known.hear(memories.since(0).told);
  const { words, unknown: left } = known.task(placed).values as Record<string, unknown>;
  expect([words, left]).toEqual([Uint8Array.of(1, 2), unknown]);
});

it("tells each memory once, and those that took the place of smaller ones", () => {
  const [memories, known] = [new SharedMemories(), new KnownMemories()];
  memories.placeTask("task 0", taskOf(3));
  const first = memories.since(0);
  expect(first.told.map(({ number, instead }) => [number, instead])).toEqual([[1, undefined]]);
  memories.placeTask("task 0", taskOf(2));
  expect(memories.since(first.last).told).toEqual([]);
  const large = memories.placeTask("task 0", taskOf(300));
  const second = memories.since(first.last);
  expect(second.told.map(({ number, instead }) => [number, instead])).toEqual([[2, 1]]);
  known.hear([...first.told, ...second.told]);
  expect(known.task(large)).toEqual(taskOf(300));
  expect(memories.since(second.last).told).toEqual([]);
});

it("leaves memory in which somebody may still write", () => {
  const memories = new SharedMemories();
  const before = memories.place("slot 0", 16);
  expect(memories.place("slot 0", 16)).toBe(before);
  memories.leave();
  expect(memories.place("slot 0", 16).buffer).not.toBe(before.buffer);
});

it("lays tensors one after the other", () => {
  for (const Numbers of [Float32Array, Float64Array]) {
    const layout = layoutOf([["a", new Numbers(3)], ["b", new Numbers(0)], ["c", new Numbers(2)]]); // prettier-ignore
    const memory = new SharedMemories().place("params", bytesOf(layout));
    const { a, c } = tensorsIn(memory.buffer, layout);
    a!.set([1, 2, 3]);
    c!.set([4, 5]);
    expect([...new Numbers(memory.buffer as unknown as ArrayBuffer)]).toEqual([1, 2, 3, 4, 5]);
  }
});
