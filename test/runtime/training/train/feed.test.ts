import { expect, it } from "vitest";
import type { BatchPacker, SizedExample } from "../../../../runtime/training/train/example-values.js";
import { createFeed, type Feed } from "../../../../runtime/training/train/feed.js";

const packer = { size: (example: object) => example as SizedExample } as Partial<BatchPacker> as BatchPacker;
const feedOf = (count: number, batch: number): Feed =>
  createFeed({ count, fingerprint: "it", read: () => ({}) }, packer, batch, 1);
const take = async (feed: Feed, batches: number): Promise<number[][]> => {
  const taken: number[][] = [];
  for (let i = 0; i < batches; i++) taken.push([...Array.from((await feed.next()).indices)]);
  return taken;
};

it.each([1, 3, 4, 5, 20])("goes on in an epoch with batches of %i, each example once", async (batch) => {
  const [first] = await take(feedOf(10, 4), 1);
  const feed = feedOf(10, batch);
  feed.seek(0, 4);
  const rest: number[] = [];
  while (feed.epoch === 0) rest.push(...(await take(feed, 1)).flat());
  expect([...first!, ...rest].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([feed.epoch, feed.taken]).toEqual([1, 0]);
  expect((await take(feed, 1))[0]).toHaveLength(Math.min(batch, 10));
});

it("goes on as it would have, and in the next epoch where all were taken", async () => {
  const whole = feedOf(10, 4);
  const batches = await take(whole, 5);
  expect([whole.epoch, whole.taken]).toEqual([1, 8]);
  const feed = feedOf(10, 4);
  feed.seek(0, 8);
  expect(await take(feed, 3)).toEqual(batches.slice(2));
  for (const taken of [10, 17]) {
    feed.seek(0, taken);
    expect([feed.epoch, feed.taken]).toEqual([1, 0]);
    expect(await take(feed, 2)).toEqual(batches.slice(3));
  }
});
