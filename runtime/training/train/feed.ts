/** Batches of examples in the order of their epoch. */
import { randomStream } from "../../random.js";
import { orderOf } from "../data/order.js";
import type { DataSource } from "../data/source.js";
import type { BatchPacker, SizedExample } from "./examples.js";

export interface Batch {
  /** From 0. */
  readonly epoch: number;
  /** Numbers of the examples in the data. */
  readonly indices: ArrayLike<number>;
  readonly examples: readonly SizedExample[];
}

export interface Feed {
  /** The epoch of the next batch, and how many of its batches were taken. */
  readonly epoch: number;
  readonly taken: number;
  next(): Promise<Batch>;
  /** Goes to where another feed was. */
  seek(epoch: number, taken: number): void;
}

export function createFeed(source: DataSource, packer: BatchPacker, batch: number, seed: number): Feed {
  const lengthOf = source.lengthOf === undefined ? undefined : (index: number) => source.lengthOf!(index);
  const { count } = source;
  const batches = (epoch: number): readonly Uint32Array[] => orderOf({ seed, epoch, count, batch, lengthOf });
  let [epoch, taken] = [0, 0];
  let order: readonly Uint32Array[] | undefined;
  return {
    get epoch() {
      return epoch;
    },
    get taken() {
      return taken;
    },
    async next() {
      order ??= batches(epoch);
      const indices = order[taken]!;
      const own = epoch;
      const examples = await readExamples(source, packer, indices, (index) =>
        randomStream(seed, "example", own, index),
      );
      taken++;
      if (taken === order.length) {
        [epoch, taken, order] = [epoch + 1, 0, undefined];
      }
      return { epoch: own, indices, examples };
    },
    seek(toEpoch, toTaken) {
      [epoch, taken, order] = [toEpoch, toTaken, undefined];
    },
  };
}

/** Reads some examples, each of them with its sizes. */
export async function readExamples(
  source: DataSource,
  packer: BatchPacker,
  indices: ArrayLike<number>,
  randomOf: (index: number) => ReturnType<typeof randomStream>,
): Promise<SizedExample[]> {
  const read = Array.from(indices, async (index) =>
    packer.size(await source.read(index, randomOf(index)), `example ${index} of the data`),
  );
  return Promise.all(read);
}
