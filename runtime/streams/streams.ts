/** What there is to do with open streams. */
import { checkOptionNames, describe } from "../base/options.js";
import type { Arena } from "./arena.js";
import { createClock } from "./clock.js";
import { createKeeping } from "./keeping.js";
import { createOpening } from "./opening.js";
import { createStep } from "./step.js";
import type { OpenOptions, Streams, StreamsParts } from "./stream-types.js";
import { checkIndex } from "./values.js";

export function createStreams(parts: StreamsParts): Streams {
  const { arena, params, batch } = parts;
  const opening = createOpening(parts);
  const clock = createClock();
  const step = createStep(parts, clock);
  const slotOf = (where: string, id: unknown): number => arena.slotOf(where, "the id", id);
  const keeping = createKeeping(parts, opening, clock);
  const { place } = keeping;
  return {
    bytesPerStream: arena.bytesPerStream,
    capacity: arena.capacity,
    batch,
    get size() {
      return arena.size;
    },
    get version() {
      return params.version;
    },
    open(values = {}, options = {}) {
      checkOptionNames("open", options, ["now", "example"]);
      const now = clock.read("open", options.now);
      const record = opening.record(values, exampleFor("open", parts, options));
      const id = place("open", record, now, 0);
      clock.set(now);
      return id;
    },
    close: (id) => arena.free(slotOf("close", id)),
    fork(id, options = {}) {
      checkOptionNames("fork", options, ["now", "example"]);
      const now = clock.read("fork", options.now);
      const from = slotOf("fork", id);
      const example = exampleFor("fork", parts, options);
      const record = arena.bytesOf(from).slice();
      if (example !== undefined) opening.setExample(record, example);
      const made = place("fork", record, now, arena.steps[from]!);
      clock.set(now);
      return made;
    },
    stepsOf: (id) => arena.steps[slotOf("stepsOf", id)]!,
    step,
    snapshot: (id) => keeping.snapshot(slotOf("snapshot", id)),
    restore: keeping.restore,
    swap(weights) {
      params.set("swap", weights);
      opening.forget();
      return params.version;
    },
    expire: (before, onExpire) => expire(arena, before, onExpire, keeping.snapshot),
  };
}

function expire(
  arena: Arena,
  before: unknown,
  onExpire: Parameters<Streams["expire"]>[1],
  snapshotOf: (slot: number) => Uint8Array,
): number {
  // prettier-ignore
  if (typeof before !== "number" || Number.isNaN(before)) {
    throw new TypeError(`expire: the first argument must be a time, got ${describe(before)}`);
  }
  let count = 0;
  for (let slot = arena.oldest(); slot >= 0 && arena.used[slot]! < before; slot = arena.oldest()) {
    const id = arena.idOf(slot);
    onExpire?.(id, snapshotOf(slot));
    // The callback may have closed it, or used it.
    if (arena.oldest() === slot && arena.idOf(slot) === id && arena.used[slot]! < before) {
      arena.free(slot);
      count++;
    }
  }
  return count;
}

function exampleFor(where: string, { manifest, seed }: StreamsParts, { example }: OpenOptions): number | undefined {
  if (example === undefined) return undefined;
  if (seed === undefined) throw new TypeError(`${where}: ${manifest.cell} draws nothing, so streams have no example`);
  checkIndex(where, "example", example);
  return example;
}
