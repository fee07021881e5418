/** Streams that are fed by whoever has something, told apart by a key: what is there is stepped together. */
import { checkCount, checkOption, checkOptionNames, describe } from "../base/options.js";
import { after } from "../pool/host.js";
import { checkStreams } from "./check-streams.js";
import { Desk } from "./desk.js";
import type { ServedInput, ServedOutput, ServeOptions } from "./serve-types.js";
import type { Streams } from "./stream-types.js";

const known = ["gather", "queue", "overflow", "idle", "begin", "signal"];
const overflows = ["wait", "error", "drop-oldest"];

/**
 * Steps each stream that has input, as an async iterator of what comes of it. A key that is new opens a stream, an `input` of `undefined`
 * ends it, after what is waiting. Outputs of a key come in the order of its inputs. What is wrong with the input of a key is told as an
 * `error` of that key, and changes nothing for others. Nothing is computed before all outputs at hand were taken.
 *
 * Streams that it has opened are closed in the end.
 *
 * @throws TypeError or RangeError for wrong options; the signal's reason where it was aborted, and what the source throws.
 * @example
 *     for await (const { key, output, error } of serve(streams, frames())) if (output) key.send(output.y);
 */
export async function* serve<K>(
  streams: Streams,
  source: AsyncIterable<ServedInput<K>>,
  options: ServeOptions<K> = {},
): AsyncGenerator<ServedOutput<K>, void, undefined> {
  checkStreams("serve", streams);
  const { gather = 2, idle, signal } = checkOptions(options);
  const desk = new Desk(streams, options);
  const bell = createBell(gather);
  const inlet = createInlet(source, bell.ring);
  signal?.addEventListener?.("abort", bell.ring);
  /** Of which there is no room yet. */
  let held: ServedInput<K> | undefined;
  try {
    for (;;) {
      if (signal?.aborted === true) throw signal.reason;
      if (held !== undefined || inlet.isOver || bell.isDue || desk.ready >= streams.batch) {
        bell.stop();
        yield* desk.step();
        if (inlet.isOver && desk.ready === 0) return;
      }
      if (held === undefined && !inlet.isOver) {
        if (desk.ready > 0) bell.start();
        held = inlet.take();
        if (held === undefined) {
          await bell.wait();
          continue;
        }
      }
      const told = held && desk.take(held);
      if (told === "later") continue;
      held = undefined;
      if (told !== undefined) yield told;
      if (idle !== undefined) desk.expire(idle);
    }
  } finally {
    bell.stop();
    signal?.removeEventListener?.("abort", bell.ring);
    desk.close();
    inlet.close();
  }
}

function checkOptions<K>(options: ServeOptions<K>): ServeOptions<K> {
  checkOptionNames("serve", options, known);
  const { gather = 2, queue = 16, overflow = "wait", idle, begin } = options;
  checkOption("serve: gather", gather, 0);
  checkCount("serve: queue", queue);
  if (idle !== undefined) checkOption("serve: idle", idle, 0);
  if (!overflows.includes(overflow)) {
    throw new TypeError(`serve: overflow must be ${overflows.map((word) => JSON.stringify(word)).join(" or ")}, got ${describe(overflow)}`); // prettier-ignore
  }
  if (begin !== undefined && typeof begin !== "function") {
    throw new TypeError(`serve: begin must be a function, got ${describe(begin)}`);
  }
  return options;
}

/** What wakes up who waits: anything that rings, or a time that is over. A race of promises would keep each that never comes to an end. */
interface Bell {
  readonly ring: () => void;
  /** Until it rings, or has rung since the last time. */
  wait(): Promise<void>;
  /** The time runs, if it does not yet. */
  start(): void;
  stop(): void;
  readonly isDue: boolean;
}

function createBell(milliseconds: number): Bell {
  let [isDue, hasRung] = [false, false];
  let cancel: (() => void) | undefined;
  let wake: (() => void) | undefined;
  const ring = (): void => {
    hasRung = true;
    wake?.();
  };
  return {
    ring,
    async wait() {
      if (!hasRung) await new Promise<void>((resolve) => (wake = resolve));
      [wake, hasRung] = [undefined, false];
    },
    start() {
      cancel ??= after(milliseconds, () => {
        isDue = true;
        ring();
      });
    },
    stop() {
      cancel?.();
      [cancel, isDue] = [undefined, false];
    },
    get isDue() {
      return isDue;
    },
  };
}

/** A source that is asked for one item at a time, and rings when it is there. */
interface Inlet<Item> {
  readonly isOver: boolean;
  /** What has come; undefined where nothing has, or it is over. @throws what the source has thrown. */
  take(): Item | undefined;
  close(): void;
}

function createInlet<Item>(source: AsyncIterable<Item>, ring: () => void): Inlet<Item> {
  const items = source[Symbol.asyncIterator]();
  let [isOver, isReading] = [false, false];
  let come: (() => IteratorResult<Item>) | undefined;
  const arrive = (result: () => IteratorResult<Item>): void => {
    come = result;
    ring();
  };
  return {
    get isOver() {
      return isOver;
    },
    take() {
      if (!isReading) {
        isReading = true;
        items.next().then(
          (result) => arrive(() => result),
          (error: unknown) => arrive(() => {
            isOver = true;
            throw error;
          }), // prettier-ignore
        );
      }
      const result = come?.();
      if (result === undefined) return undefined;
      [come, isReading] = [undefined, false];
      if (result.done !== true) return result.value;
      isOver = true;
      return undefined;
    },
    close() {
      if (!isOver) void items.return?.();
    },
  };
}
