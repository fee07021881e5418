/** Batches of examples that come one after the other. */
import { CallTypeError } from "../../base/errors.js";
import { describe } from "../../base/options.js";
import { type Random, randomStream } from "../../base/random.js";
import type { ExampleStream } from "../data/iterate.js";
import type { Example } from "../data/source.js";
import type { BatchPacker } from "./example-values.js";
import type { Feed } from "./feed.js";

/**
 * Of the examples that wait the next one is drawn, and the one that comes takes its place. Draws are those of the epoch, from its
 * beginning: a feed that goes on where another was reads and draws what that one had.
 */
export function createStreamFeed(stream: ExampleStream, packer: BatchPacker, batch: number, seed: number): Feed {
  let [epoch, taken] = [0, 0];
  let passage: Passage | undefined;
  const close = async (): Promise<void> => {
    await passage?.close();
    passage = undefined;
  };
  const enter = async (): Promise<Passage> => {
    const entered = new Passage(stream, epoch, randomStream(seed, "order", epoch));
    passage = entered;
    await entered.fill();
    for (let i = 0; i < taken && entered.waiting > 0; i++) await entered.take();
    if (entered.waiting === 0 && taken === 0) {
      throw new CallTypeError(`train: data gave no example in epoch ${epoch}`);
    }
    return entered;
  };
  const turn = (): void => {
    [epoch, taken, passage] = [epoch + 1, 0, undefined];
  };
  return {
    get epoch() {
      return epoch;
    },
    get taken() {
      return taken;
    },
    async next() {
      let from = passage ?? (await enter());
      if (from.waiting === 0) {
        // What went on from had all of its epoch.
        turn();
        from = await enter();
      }
      const own = epoch;
      const drawn: Numbered[] = [];
      while (drawn.length < batch && from.waiting > 0) drawn.push(await from.take());
      taken += drawn.length;
      if (from.waiting === 0) turn();
      return {
        epoch: own,
        indices: drawn.map(({ number }) => number),
        examples: drawn.map(({ example, number }) => packer.size(example, `train: example ${number} of the data`)),
      };
    },
    seek(toEpoch, toTaken) {
      [epoch, taken, passage] = [toEpoch, toTaken, undefined];
    },
    close,
  };
}

interface Numbered {
  readonly example: Example;
  /** The how many-th of its epoch, from 0. */
  readonly number: number;
}

/** Once through the data. */
class Passage {
  private readonly source: AsyncIterator<Example> | Iterator<Example>;
  private readonly buffer: Numbered[] = [];
  private readonly most: number;
  private readonly random: Random;
  private come = 0;
  private isOver = false;

  constructor(stream: ExampleStream, epoch: number, random: Random) {
    this.source = iteratorOf(stream.open(epoch));
    this.most = stream.shuffle;
    this.random = random;
  }

  /** Examples that have come and were not taken; 0 at the end. */
  get waiting(): number {
    return this.buffer.length;
  }

  async fill(): Promise<void> {
    while (this.buffer.length < this.most) {
      const next = await this.read();
      if (next === undefined) return;
      this.buffer.push(next);
    }
  }

  async take(): Promise<Numbered> {
    const place = this.random.integer(this.buffer.length);
    const drawn = this.buffer[place]!;
    const next = await this.read();
    if (next !== undefined) this.buffer[place] = next;
    else this.buffer.splice(place, 1);
    return drawn;
  }

  async close(): Promise<void> {
    if (!this.isOver) await this.source.return?.();
    this.isOver = true;
  }

  private async read(): Promise<Numbered | undefined> {
    if (this.isOver) return undefined;
    const { done, value } = await this.source.next();
    if (done === true) {
      this.isOver = true;
      return undefined;
    }
    return { example: value, number: this.come++ };
  }
}

function iteratorOf(given: unknown): AsyncIterator<Example> | Iterator<Example> {
  const iterable = Object(given) as Partial<AsyncIterable<Example> & Iterable<Example>>;
  if (typeof given === "string" || (iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator]) === undefined) {
    throw new CallTypeError(`train: data must open something to iterate over, got ${describe(given)}`);
  }
  return iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]!();
}
