/** Streams that are fed: in order, together, and without one harming another. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../../compiler/driver/in-process.js";
import { openStreams, serve, type ServedInput, type ServedOutput, type Streams } from "../../../runtime/index.js";

let module: LoadedCell;
beforeAll(async () => {
  module = await cell("cell Sum() { input x: [] state s: [] s' = s + x output y = s' }");
});
const open = (capacity = 4, batch = 3): Streams => openStreams(module, { capacity, batch });

type Item = readonly [key: string, x: unknown];
async function* of(...items: readonly Item[]): AsyncGenerator<ServedInput<string>> {
  for (const [key, x] of items) {
    await Promise.resolve();
    yield x === undefined ? { key } : { key, input: { x: [x] } };
  }
}
const shown = ({ key, output, error }: ServedOutput<string>): string =>
  `${key} ${output === undefined ? error.message : String(output["y"]![0])}`;
async function all(answers: AsyncIterable<ServedOutput<string>>): Promise<string[]> {
  const made: string[] = [];
  for await (const answer of answers) made.push(shown(answer));
  return made;
}

describe("serve", () => {
  it("answers each key in its order, and opens one that has ended anew", async () => {
    const streams = open();
    const answers = await all(serve(streams, of(["a", 1], ["b", 10], ["a", 2], ["a", undefined], ["b", 20], ["a", 5])));
    expect(answers.filter((answer) => answer.startsWith("a"))).toEqual(["a 1", "a 3", "a 5"]);
    expect(answers.filter((answer) => answer.startsWith("b"))).toEqual(["b 10", "b 30"]);
    expect(streams.size).toBe(0);
  });

  it("steps together what has come within the time", async () => {
    const streams = open(9, 9);
    const ids: number[] = [];
    const counting = { ...streams, batch: 9, step: (...given: Parameters<Streams["step"]>) => (ids.push(given[0].length), streams.step(...given)) }; // prettier-ignore
    await all(serve(counting, of(["a", 1], ["b", 1], ["c", 1], ["a", 1]), { gather: 50 }));
    expect(ids).toEqual([3, 1]);
  });

  it("tells the faults of one key to that key alone", async () => {
    const streams = open(2);
    const answers = await all(serve(streams, of(["a", 1], ["b", "no"], ["c", 1], ["a", 2], ["b", 4]), { gather: 9 }));
    expect(answers.sort()).toEqual([
      "a 1",
      "a 3",
      "b 4",
      'b step: x[0] must be a number, got "no"',
      "c open: all 2 streams are open: close or expire some, or give a larger capacity",
    ]);
  });

  it.each([
    ["wait", ["a 1", "a 3", "a 6"]],
    ["error", ["a serve: 1 inputs of this stream are waiting", "a serve: 1 inputs of this stream are waiting", "a 1"]],
    ["drop-oldest", ["a 3"]],
  ] as const)("where a queue is full: %s", async (overflow, expected) => {
    expect(await all(serve(open(), of(["a", 1], ["a", 2], ["a", 3]), { queue: 1, overflow, gather: 50 }))).toEqual(expected); // prettier-ignore
  });

  it("closes what is idle, at the end, and where it is given up", async () => {
    const streams = open();
    async function* slow(): AsyncGenerator<ServedInput<string>> {
      yield { key: "a", input: { x: [1] } };
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield { key: "b", input: { x: [1] } };
      yield { key: "a", input: { x: [1] } };
    }
    expect(await all(serve(streams, slow(), { idle: 20, gather: 1 }))).toEqual(["a 1", "b 1", "a 1"]);
    let isClosed = false;
    async function* endless(): AsyncGenerator<ServedInput<string>> {
      try {
        for (;;) yield { key: "a", input: { x: [1] } };
      } finally {
        isClosed = true;
      }
    }
    const answers = serve(streams, endless());
    await answers.next();
    await answers.return();
    expect([streams.size, isClosed]).toEqual([0, true]);
  });

  it("ends by its signal while nothing comes, and by what the source throws", async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("enough")), 5);
    await expect(all(serve(open(), silent, { signal: abort.signal }))).rejects.toThrow("enough");
    async function* broken(): AsyncGenerator<ServedInput<string>> {
      await Promise.resolve();
      throw new Error("broken");
    }
    await expect(all(serve(open(), broken()))).rejects.toThrow("broken");
  });

  it("refuses wrong options", async () => {
    const wrong = [{ gater: 1 }, { gather: -1 }, { queue: 0 }, { overflow: "lose" }, { idle: NaN }, { begin: 3 }] as never[]; // prettier-ignore
    for (const options of wrong) {
      await expect(all(serve(open(), of(), options))).rejects.toThrow(/^(?:serve: )/);
    }
    for (const streams of [undefined, 3, {}, new Map()] as never[]) {
      await expect(all(serve(streams, of()))).rejects.toThrow(
        /^serve: the first argument must be streams \(from openStreams\), got /u,
      );
    }
  });
});
