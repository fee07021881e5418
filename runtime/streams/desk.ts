/** Inputs that wait for a step, by the streams that they are of. */
import type { CallValues } from "../module/compiled-module.js";
import type { ServedInput, ServedOutput, ServeOptions } from "./serve-types.js";
import type { Streams } from "./stream-types.js";
import { stepTogether } from "./together.js";

interface Served<K> {
  readonly key: K;
  readonly id: number;
  readonly waiting: CallValues[];
  isEnding: boolean;
  /** When something of it came last. */
  used: number;
}

export class Desk<K> {
  /** In the order of last use. */
  private readonly served = new Map<K, Served<K>>();
  /** Streams that have something waiting: each is there once, however much that is. */
  private readonly waiting: Served<K>[] = [];
  private readonly streams: Streams;
  private readonly options: ServeOptions<K>;

  constructor(streams: Streams, options: ServeOptions<K>) {
    this.streams = streams;
    this.options = options;
  }

  get ready(): number {
    return this.waiting.length;
  }

  /** @returns "later" where there is no room yet; what is told of an input that is refused; undefined where all is well. */
  take({ key, input }: ServedInput<K>): ServedOutput<K> | "later" | undefined {
    const stream = this.served.get(key);
    if (input === undefined) {
      if (stream?.waiting.length === 0) this.end(stream);
      else if (stream !== undefined) stream.isEnding = true;
      return undefined;
    }
    // The next one of this key begins when that has ended.
    if (stream?.isEnding === true) return "later";
    if (stream !== undefined) return this.put(stream, input);
    try {
      const id = this.streams.open(this.options.begin?.(key) ?? {});
      return this.put({ key, id, waiting: [], isEnding: false, used: 0 }, input);
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) return { key, error };
      throw error;
    }
  }

  /** A step of as many as a call takes, the first that came first. */
  step(): ServedOutput<K>[] {
    const now = this.waiting.splice(0, this.streams.batch);
    const inputs = now.map(({ id, waiting }) => ({ id, input: waiting.shift()! }));
    const results = stepTogether(this.streams, inputs);
    for (const stream of now) {
      if (stream.waiting.length > 0) this.waiting.push(stream);
      else if (stream.isEnding) this.end(stream);
    }
    return results.map((output, i) => {
      const { key } = now[i]!;
      return output instanceof Error ? { key, error: output } : { key, output };
    });
  }

  /** Closes what has had nothing for so many milliseconds. */
  expire(idle: number): void {
    const before = Date.now() - idle;
    for (const stream of this.served.values()) {
      if (stream.used >= before) return;
      if (stream.waiting.length === 0) this.end(stream);
    }
  }

  close(): void {
    for (const stream of this.served.values()) this.end(stream);
  }

  private end({ key, id }: Served<K>): void {
    this.served.delete(key);
    this.streams.close(id);
  }

  private put(stream: Served<K>, input: CallValues): ServedOutput<K> | "later" | undefined {
    const { queue = 16, overflow = "wait" } = this.options;
    const { key, waiting } = stream;
    const isReady = waiting.length > 0;
    if (waiting.length >= queue) {
      if (overflow === "wait") return "later";
      if (overflow === "error") return { key, error: new RangeError(`serve: ${queue} inputs of this stream are waiting`) }; // prettier-ignore
      waiting.shift();
    }
    waiting.push(input);
    if (!isReady) this.waiting.push(stream);
    stream.used = Date.now();
    this.served.delete(key);
    this.served.set(key, stream);
    return undefined;
  }
}
