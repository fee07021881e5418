/** Streams as streams of the web. */
import { ReadableStream } from "node:stream/web";
import { beforeAll, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../compiler/driver/in-process.js";
import { type CallValues, openStreams, type Streams, streamTransform, type TensorRecord } from "../../../runtime/index.js"; // prettier-ignore

let module: LoadedCell;
beforeAll(async () => {
  module = await cell("cell Sum() { input x: [] state s: [] s' = s + x output y = s' }");
});

const through = (streams: Streams, values: readonly unknown[], options = {}): ReadableStream<TensorRecord> =>
  ReadableStream.from(values.map((x) => ({ x: [x] }))).pipeThrough<TensorRecord>(
    streamTransform(streams, options) as never,
  );
async function read(stream: ReadableStream<TensorRecord>): Promise<number[]> {
  const made: number[] = [];
  for await (const { y } of stream) made.push(y![0]!);
  return made;
}

it("gives what each stream comes to, several of them together", async () => {
  const streams = openStreams(module, { capacity: 3 });
  const sizes: number[] = [];
  const counting = { ...streams, step: (...given: Parameters<Streams["step"]>) => (sizes.push(given[0].length), streams.step(...given)) }; // prettier-ignore
  const made = await Promise.all([
    read(through(counting, [1, 2, 3])),
    read(through(counting, [10, 20], { begin: { s: [100] } })),
  ]);
  expect(made).toEqual([
    [1, 3, 6],
    [110, 130],
  ]);
  expect(sizes).toContain(2);
  expect(streams.size).toBe(0);
});

it("makes no step that nobody waits for, and is closed where it is given up", async () => {
  const streams = openStreams(module, { capacity: 1 });
  let steps = 0;
  const counting = { ...streams, step: (...given: Parameters<Streams["step"]>) => (steps++, streams.step(...given)) };
  const reader = through(counting, [1, 2, 3, 4, 5]).getReader();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(steps).toBe(0);
  expect((await reader.read()).value!["y"]![0]).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(steps).toBe(1);
  await reader.cancel();
  expect(streams.size).toBe(0);
});

it("ends with the error of an input that is wrong", async () => {
  const streams = openStreams(module, { capacity: 1 });
  await expect(read(through(streams, [1, "no"]))).rejects.toThrow('step: x[0] must be a number, got "no"');
  expect(streams.size).toBe(0);
  const { writable, readable } = streamTransform(streams) as { writable: WritableStream<CallValues>; readable: ReadableStream }; // prettier-ignore
  const written = writable.getWriter();
  await written.abort(new Error("gone"));
  await expect(readable.getReader().read()).rejects.toThrow("gone");
  expect(streams.size).toBe(0);
});
