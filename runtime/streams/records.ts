/** Where records lie, beside room for what several of them have, row after row. */
import { attempt } from "../base/webassembly.js";
import { encodeMoves } from "./encode-moves.js";

/** A tensor of records, and where its rows are put side by side: all in bytes, multiples of 4. */
export interface StagedRows {
  readonly at: number;
  readonly width: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

export interface RecordMemory {
  /** Where the record of a place lies: in which words of four bytes, and after how many other records. */
  wordsOf(slot: number): Int32Array;
  rowOf(slot: number): number;
  bytesOf(slot: number): Uint8Array;
  /** Room for so many rows of a tensor. */
  stage(at: number, width: number): StagedRows;
  /** Brings the records of some places nearer, all at once, before they are read. */
  approach(slots: Int32Array, size: number): void;
  /** Out of the records of some places into rows, one after the other, and back. */
  gather(staged: StagedRows, slots: Int32Array, size: number): void;
  scatter(staged: StagedRows, slots: Int32Array, size: number): void;
}

export interface RecordSizes {
  /** Of a record, a multiple of 64. */
  readonly bytes: number;
  readonly capacity: number;
  /** Rows that there is room for, tensors that are staged, and bytes of all of them in one row. */
  readonly batch: number;
  readonly tensors: number;
  readonly staged: number;
}

/** In one memory of WebAssembly where the host has one as large, and in arrays where not: the same bytes. */
export const createRecords = (sizes: RecordSizes): RecordMemory =>
  createWasmRecords(sizes) ?? createPlainRecords(sizes);

const page = 65536;
const line = 64;
const upTo = (bytes: number, whole: number): number => Math.ceil(bytes / whole) * whole;

type MoveRows = (count: number, records: number, stride: number, rows: number, width: number) => void;

/** @returns Nothing where the host has no WebAssembly, or no memory as large. */
export function createWasmRecords({ bytes, capacity, batch, tensors, staged }: RecordSizes): RecordMemory | undefined {
  const begin = upTo(4 * batch, line);
  // Each tensor begins at a line of its own.
  const records = begin + upTo(batch * staged, line) + tensors * line;
  const pages = Math.ceil((records + bytes * capacity) / page);
  const memory = pages > 65536 ? undefined : attempt(() => new WebAssembly.Memory({ initial: pages, maximum: pages }));
  const module = memory && attempt(() => new WebAssembly.Module(encodeMoves()));
  if (memory === undefined || module === undefined) return undefined;
  const { buffer } = memory;
  const { exports } = new WebAssembly.Instance(module, { host: { memory } });
  const { gather, scatter, touch } = exports as unknown as Readonly<Record<"gather" | "scatter" | "touch", MoveRows>>;
  const own = new Int32Array(buffer, 0, batch);
  const words = new Int32Array(buffer, records, (bytes / 4) * capacity);
  let next = begin;
  const moving =
    (move: MoveRows): RecordMemory["gather"] =>
    ({ at, width, byteOffset }, slots, size) => {
      own.set(slots);
      move(size, records + at, bytes, byteOffset, width);
    };
  return {
    wordsOf: () => words,
    rowOf: (slot) => slot,
    bytesOf: (slot) => new Uint8Array(buffer, records + slot * bytes, bytes),
    stage(at, width) {
      const byteOffset = next;
      next += upTo(batch * width, line);
      return { at, width, buffer, byteOffset };
    },
    approach(slots, size) {
      own.set(slots);
      touch(size, records, bytes, begin, bytes);
    },
    gather: moving(gather),
    scatter: moving(scatter),
  };
}

/** Host memory, at most so much of it in one array. */
const chunkBytes = 2 ** 28;

export function createPlainRecords({ bytes, capacity, batch }: RecordSizes): RecordMemory {
  const perChunk = Math.max(1, Math.min(capacity, Math.floor(chunkBytes / bytes)));
  const chunks = allocate(bytes, capacity, perChunk);
  const wordsOf = (slot: number): Int32Array => chunks[Math.floor(slot / perChunk)]!;
  const rowOf = (slot: number): number => slot % perChunk;
  const views = new WeakMap<StagedRows, Int32Array>();
  const placeOf = (slot: number, at: number): number => (rowOf(slot) * bytes + at) / 4;
  return {
    wordsOf,
    rowOf,
    bytesOf: (slot) => new Uint8Array(wordsOf(slot).buffer, rowOf(slot) * bytes, bytes),
    stage(at, width) {
      const rows = new Int32Array((batch * width) / 4);
      const staged = { at, width, buffer: rows.buffer, byteOffset: 0 };
      views.set(staged, rows);
      return staged;
    },
    approach: () => undefined,
    gather(staged, slots, size) {
      const [rows, count] = [views.get(staged)!, staged.width / 4];
      for (let b = 0; b < size; b++)
        copyWords(wordsOf(slots[b]!), placeOf(slots[b]!, staged.at), rows, b * count, count);
    },
    scatter(staged, slots, size) {
      const [rows, count] = [views.get(staged)!, staged.width / 4];
      for (let b = 0; b < size; b++)
        copyWords(rows, b * count, wordsOf(slots[b]!), placeOf(slots[b]!, staged.at), count);
    },
  };
}

/** Loops are fast over one kind of array alone; records are short, and views of them would be made anew for each. */
function copyWords(source: Int32Array, from: number, target: Int32Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) target[to + i] = source[from + i]!;
}

function allocate(bytes: number, capacity: number, perChunk: number): Int32Array[] {
  try {
    return Array.from(
      { length: Math.ceil(capacity / perChunk) },
      (_, i) => new Int32Array((bytes / 4) * Math.min(perChunk, capacity - i * perChunk)),
    );
  } catch (cause) {
    const message = `openStreams: ${capacity} streams of ${bytes} bytes take ${capacity * bytes} bytes, more than this host gives`;
    throw new RangeError(message, { cause });
  }
}
