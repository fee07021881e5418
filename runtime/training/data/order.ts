/** In which order examples come: a function of the seed, the epoch and the data, and of nothing that happened before. */
import { randomStream } from "../../base/random.js";

/** Another one where the same seed gives another order. */
export const orderVersion = 1;

interface OrderOptions {
  readonly seed: number;
  readonly epoch: number;
  readonly count: number;
  /** Examples of an update. */
  readonly batch: number;
  /** Where examples of like lengths are to come together. */
  readonly lengthOf?: ((index: number) => number) | undefined;
}

/** Batches among which examples of like lengths are put together: more waste less padding, and mix less. */
const batchesSorted = 64;

/**
 * The examples of each batch of an epoch. The last one that does not divide is kept. With lengths, runs of 64 batches are sorted by
 * length, where order decides between equals, and the batches are put into random order again.
 */
export function orderOf({ seed, epoch, count, batch, lengthOf }: OrderOptions): readonly Uint32Array[] {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = randomStream(seed, "order", epoch);
  random.shuffle(order);
  if (lengthOf !== undefined) sortRuns(order, batch * batchesSorted, lengthOf);
  const batches: Uint32Array[] = [];
  for (let from = 0; from < count; from += batch) batches.push(order.subarray(from, Math.min(from + batch, count)));
  return lengthOf === undefined ? batches : random.shuffle(batches);
}

function sortRuns(order: Uint32Array, run: number, lengthOf: (index: number) => number): void {
  for (let from = 0; from < order.length; from += run) {
    const part = Array.from(order.subarray(from, from + run), (index) => ({ index, length: lengthOf(index) }));
    // Stable by the language.
    part.sort((a, b) => a.length - b.length);
    order.set(
      part.map(({ index }) => index),
      from,
    );
  }
}
