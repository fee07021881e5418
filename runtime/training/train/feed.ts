/** Batches of examples in the order of their epoch. */
import { randomStream } from "../../base/random.js";
import { orderOf } from "../data/order.js";
import type { DataSource } from "../data/source.js";
import type { Track } from "./chunks.js";
import type { BatchPacker, SizedExample } from "./example-values.js";

export interface Batch {
  /** From 0. */
  readonly epoch: number;
  /** Numbers of the examples in the data. */
  readonly indices: ArrayLike<number>;
  readonly examples: readonly SizedExample[];
  /** Where examples are chunks: the track of each. */
  readonly tracks?: readonly Track[];
}

export interface Feed {
  /** The epoch of the next batch, and how many of its examples were taken. */
  readonly epoch: number;
  readonly taken: number;
  next(): Promise<Batch>;
  /**
   * Goes to where another feed was, which may have had batches of another size: the first batch ends where it would have ended, and has
   * no example that was taken. Where all were taken, the next epoch begins.
   */
  seek(epoch: number, taken: number): void;
  /** Ends what is being read. */
  close?(): Promise<void>;
}

export function createFeed(source: DataSource, packer: BatchPacker, batch: number, seed: number): Feed {
  const lengthOf = source.lengthOf === undefined ? undefined : (index: number) => source.lengthOf!(index);
  const { count } = source;
  const batches = (epoch: number): readonly Uint32Array[] => orderOf({ seed, epoch, count, batch, lengthOf });
  let [epoch, taken, place] = [0, 0, 0];
  /** Batches of the epoch, from where it was begun or gone to. */
  let order: readonly Uint32Array[] | undefined;
  const seek = (toEpoch: number, toTaken: number): void => {
    [epoch, taken] = toTaken < count ? [toEpoch, toTaken] : [toEpoch + 1, 0];
    [place, order] = [0, undefined];
  };
  return {
    get epoch() {
      return epoch;
    },
    get taken() {
      return taken;
    },
    async next() {
      order ??= withoutFirst(batches(epoch), taken);
      const indices = order[place]!;
      const own = epoch;
      const examples = await readExamples(source, packer, indices, (index) =>
        randomStream(seed, "example", own, index),
      );
      place++;
      taken += indices.length;
      if (place === order.length) seek(epoch + 1, 0);
      return { epoch: own, indices, examples };
    },
    seek,
  };
}

/** What is left of batches, one after the other, without so many examples. */
function withoutFirst(batches: readonly Uint32Array[], examples: number): readonly Uint32Array[] {
  let left = examples;
  return batches.flatMap((batch) => {
    const rest = batch.subarray(Math.min(left, batch.length));
    left -= batch.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}

/** Reads some examples, each of them with its sizes. */
export async function readExamples(
  source: DataSource,
  packer: BatchPacker,
  indices: ArrayLike<number>,
  randomOf: (index: number) => ReturnType<typeof randomStream>,
): Promise<SizedExample[]> {
  const read = Array.from(indices, async (index) =>
    packer.size(await source.read(index, randomOf(index)), `train: example ${index} of the data`),
  );
  return Promise.all(read);
}
