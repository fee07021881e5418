import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { adam, checkpoints, type Example, iterate, sgd, train, type TrainOptions } from "../../../../runtime/index.js";
import type { BatchPacker, SizedExample } from "../../../../runtime/training/train/example-values.js";
import { createStreamFeed } from "../../../../runtime/training/train/stream-feed.js";
import { memoryStore } from "../../../support/memory-store.js";

const packer = { size: (example: object) => example as SizedExample } as Partial<BatchPacker> as BatchPacker;
const some = (count: number) => () => Array.from({ length: count }, (_, i): Example => ({ x: [i] }));
const feedOf = (batch: number, shuffle: number, count = 10) =>
  createStreamFeed(iterate(some(count), { fingerprint: "it", shuffle }), packer, batch, 1);
type Feed = ReturnType<typeof feedOf>;
async function take(feed: Feed, batches: number): Promise<number[][]> {
  const taken: number[][] = [];
  for (let i = 0; i < batches; i++) taken.push(Array.from((await feed.next()).indices));
  return taken;
}
const counted = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe("examples that come in turn", () => {
  it("stay in their order where one waits at a time", async () => {
    const feed = feedOf(4, 1);
    expect(await take(feed, 3)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect([feed.epoch, feed.taken]).toEqual([1, 0]);
    expect(await take(feed, 1)).toEqual([[0, 1, 2, 3]]);
  });

  it.each([3, 10, 1000])(
    "are each taken once an epoch, drawn from %i, in another order every time",
    async (shuffle) => {
      const feed = feedOf(3, shuffle);
      const epochs = [(await take(feed, 4)).flat(), (await take(feed, 4)).flat()];
      for (const order of epochs) expect([...order].sort((a, b) => a - b)).toEqual(counted);
      expect(epochs[0]).not.toEqual(epochs[1]);
      // None comes before it was read.
      for (const order of epochs) order.forEach((number, place) => expect(number).toBeLessThan(place + shuffle));
    },
  );

  it("go on where another feed was", async () => {
    const whole = feedOf(4, 5);
    const batches = await take(whole, 6);
    for (const [epoch, taken, from] of [
      [0, 4, 1],
      [0, 10, 3],
      [1, 8, 5],
    ] as const) {
      const feed = feedOf(4, 5);
      feed.seek(epoch, taken);
      expect(await take(feed, 6 - from)).toEqual(batches.slice(from));
    }
  });

  it("must be some, of something to iterate over", async () => {
    await expect(feedOf(1, 1, 0).next()).rejects.toThrow("train: data gave no example in epoch 0");
    const wrong = iterate(() => "abc" as never, { fingerprint: "it" });
    await expect(createStreamFeed(wrong, packer, 1, 1).next()).rejects.toThrow(
      'train: data must open something to iterate over, got "abc"',
    );
  });
});

describe("training on what comes in turn", async () => {
  const source = "network Line(; T) { input x, y: [T] param a: [] ~ zeros loss = sum((a * x - y) ^ 2) per T }";
  const module = await cell(source, { gradient: true });
  let ended = 0;
  const data = iterate(
    async function* () {
      try {
        for (let i = 1; i <= 7; i++) yield await Promise.resolve({ x: [i, 1], y: [2 * i, 2] });
      } finally {
        ended++;
      }
    },
    { fingerprint: "seven", shuffle: 3 },
  );
  const base = (): TrainOptions => ({ module, data, optimizer: adam({ learningRate: 0.05 }), batch: 2, updates: 11, seed: 4 }); // prettier-ignore

  it("ends what it reads, and goes on to the same bits", async () => {
    const whole = train(base());
    await whole.finish();
    expect(ended).toBe(3);
    const store = checkpoints(memoryStore(), { every: 5 });
    await train({ ...base(), updates: 5, checkpoints: store }).finish();
    const further = train({ ...base(), checkpoints: store, resume: true });
    await further.finish();
    expect(further.instance.params["a"]).toEqual(whole.instance.params["a"]);
    const other = iterate(data.open, { fingerprint: "seven", shuffle: 4 });
    await expect(train({ ...base(), data: other, updates: 12, checkpoints: store, resume: true }).finish()).rejects.toThrow("data was"); // prettier-ignore
  });

  it("names the example that does not fit, and hands on what reading throws", async () => {
    const wrong = iterate(() => [{ x: [1], y: [2] }, { x: [1] }] as never, { fingerprint: "it", shuffle: 1 });
    const options = { ...base(), optimizer: sgd(), batch: 1 };
    await expect(train({ ...options, data: wrong }).finish()).rejects.toThrow("train: example 1 of the data: y is missing"); // prettier-ignore
    const broken = iterate(
      () => {
        throw new RangeError("no such file");
      },
      { fingerprint: "it" },
    );
    await expect(train({ ...options, data: broken }).finish()).rejects.toThrow("no such file");
  });

  it.each([
    [{ truncate: 2 }, "train: truncate needs data whose examples have numbers"],
    [{ standardize: { x: ["m", "d"] } }, "train: standardize needs data whose examples have numbers"],
    [{ validation: { data, every: 1 } }, "train: validation.data must be a source of examples"],
  ])("says what needs examples by number: %j", (option, message) => {
    expect(() => train({ ...base(), ...option } as TrainOptions)).toThrow(message);
  });
});
