import { expect, it } from "vitest";
import { orderOf } from "../../../../runtime/training/data/order.js";
import { randomStream } from "../../../../runtime/base/random.js";

it("an epoch has every example once, in an order of its own, and the rest in its last batch", () => {
  const epochs = [0, 1].map((epoch) => orderOf({ seed: 2 ** 40 + 1, epoch, count: 23, batch: 5 }));
  for (const batches of epochs) {
    expect(batches.map(({ length }) => length)).toEqual([5, 5, 5, 5, 3]);
    expect([...batches.flatMap((batch) => [...batch])].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 23 }, (_, i) => i),
    );
  }
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(orderOf({ seed: 2 ** 40 + 1, epoch: 1, count: 23, batch: 5 })).toEqual(epochs[1]);
  // All bits of the seed count.
  expect(orderOf({ seed: 1, epoch: 0, count: 23, batch: 5 })).not.toEqual(epochs[0]);
});

it("examples of like lengths come together where lengths are known", () => {
  const lengthOf = (index: number): number => (index * 37) % 50;
  const waste = (batches: readonly Uint32Array[]): number =>
    batches.reduce((sum, batch) => {
      const most = Math.max(...[...batch].map(lengthOf));
      return sum + [...batch].reduce((lost, index) => lost + most - lengthOf(index), 0);
    }, 0);
  const base = { seed: 3, epoch: 0, count: 200, batch: 8 };
  const sorted = orderOf({ ...base, lengthOf });
  expect(waste(sorted)).toBeLessThan(waste(orderOf(base)) / 5);
  expect(new Set(sorted.flatMap((batch) => [...batch])).size).toBe(200);
  const firsts = sorted.map((batch) => lengthOf(batch[0]!));
  expect(firsts).not.toEqual([...firsts].sort((a, b) => a - b));
});

it("streams of random numbers are told apart by purpose and numbers, and are the same everywhere", () => {
  const words = (purpose: string, ...places: number[]): number[] => {
    const random = randomStream(7, purpose, ...places);
    return [random.word(), random.word(), random.word()];
  };
  const drawn = [words("a"), words("b"), words("a", 0), words("a", 1), words("a", 2 ** 32 + 1), words("a", 1, 0)];
  expect(new Set(drawn.flat()).size).toBe(18);
  expect(words("a", 1)).toEqual(drawn[3]);
  expect(drawn[0]).toMatchInlineSnapshot(`
    [
      2747223288,
      2597584530,
      3180841560,
    ]
  `);
});
