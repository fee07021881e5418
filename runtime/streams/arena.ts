/** Records of streams, outside of instances: taken, given back, and told apart from those that had their place before. */
import { describe } from "../base/options.js";
import { createRecords, type RecordMemory, type RecordSizes } from "./records.js";

/** So many streams there can be at once; an id is a generation times this, and a place. */
export const mostStreams = 2 ** 24;
/** After so many streams a place is not used again, so that no id comes twice. */
const lastGeneration = 2 ** 29 - 1;

/** The place in an id; `%` would divide real numbers. */
export const slotIn = (id: number): number => id - Math.floor(id / mostStreams) * mostStreams;

export interface Arena extends RecordMemory {
  readonly capacity: number;
  readonly size: number;
  /** Of a stream, all in all. */
  readonly bytesPerStream: number;
  /** Of each place: the steps that its stream has made, and when it was last used. */
  readonly steps: Float64Array;
  readonly used: Float64Array;
  /** @throws RangeError where all are taken. */
  take(where: string, now: number): number;
  /** The only way that a stream ends. */
  free(slot: number): void;
  idOf(slot: number): number;
  /** @throws RangeError for an id of no open stream. */
  slotOf(where: string, place: string, id: unknown): number;
  /** Puts a stream behind all others in the order of last use. */
  touch(slot: number, now: number): void;
  /** The one that was not used for longest; -1 where there is none. */
  oldest(): number;
}

export function createArena(sizes: RecordSizes): Arena {
  const { bytes, capacity } = sizes;
  const open = createLine(capacity);
  /** Of places that are free, the next one. */
  const next = open.next;
  const generations = new Int32Array(capacity).fill(1);
  const isOpen = new Uint8Array(capacity);
  const [steps, used] = [new Float64Array(capacity), new Float64Array(capacity)];
  let [size, free, fresh] = [0, -1, 0];

  return {
    capacity,
    // Two links, a generation and whether it is open; steps and the time; the mark of `step`.
    bytesPerStream: bytes + 2 * 4 + 5 + 2 * 8 + 4,
    get size() {
      return size;
    },
    ...createRecords(sizes),
    steps,
    used,
    take(where, now) {
      let slot = free;
      if (slot >= 0) free = next[slot]!;
      else if (fresh < capacity) slot = fresh++;
      else throw noRoom(where, capacity);
      size++;
      isOpen[slot] = 1;
      steps[slot] = 0;
      open.append(slot);
      used[slot] = now;
      return slot;
    },
    free(slot) {
      open.remove(slot);
      size--;
      isOpen[slot] = 0;
      if (generations[slot]! >= lastGeneration) return;
      generations[slot]!++;
      next[slot] = free;
      free = slot;
    },
    idOf: (slot) => generations[slot]! * mostStreams + slot,
    slotOf(where, place, id) {
      if (typeof id === "number" && Number.isSafeInteger(id) && id >= 0) {
        const slot = slotIn(id);
        if (isOpen[slot] === 1 && generations[slot] === (id - slot) / mostStreams) return slot;
      }
      throw noStream(where, place, id);
    },
    touch(slot, now) {
      open.remove(slot);
      open.append(slot);
      used[slot] = now;
    },
    oldest: () => (size === 0 ? -1 : open.first()),
  };
}

/** Places in a ring, whose head is one place more; links of places that are not in it are free for others. */
function createLine(capacity: number) {
  const [next, previous] = [new Int32Array(capacity + 1), new Int32Array(capacity + 1)];
  const head = capacity;
  next[head] = previous[head] = head;
  return {
    next,
    first: (): number => next[head]!,
    append(slot: number): void {
      const last = previous[head]!;
      next[last] = slot;
      previous[slot] = last;
      next[slot] = head;
      previous[head] = slot;
    },
    remove(slot: number): void {
      next[previous[slot]!] = next[slot]!;
      previous[next[slot]!] = previous[slot]!;
    },
  };
}

const noRoom = (where: string, capacity: number): RangeError =>
  new RangeError(`${where}: all ${capacity} streams are open: close or expire some, or give a larger capacity`);

const noStream = (where: string, place: string, id: unknown): RangeError =>
  new RangeError(`${where}: ${place} must be the id of an open stream, got ${describe(id)}${past(id)}`);

/** Ids are only told by `open`, so that what looks like one was one. */
const past = (id: unknown): string =>
  typeof id === "number" && Number.isSafeInteger(id) && id >= mostStreams ? ", which was closed or has expired" : "";
