/** Records to rows and back as a small module of WebAssembly, which has many loads under way at once where plain loops have few. */
import { wasmModule } from "../base/webassembly.js";

const code = {
  ...{ block: 0x02, loop: 0x03, end: 0x0b, branchIf: 0x0d, get: 0x20, set: 0x21, tee: 0x22, load: 0x28, store: 0x36 },
  ...{ constant: 0x41, isZero: 0x45, less: 0x49, atLeast: 0x4f, add: 0x6a, multiply: 0x6c, and: 0x71 },
} as const;
const [loadVector, storeVector] = [
  [0xfd, 0x00],
  [0xfd, 0x0b],
];
const noResult = 0x40;

const [count, records, stride, rows, width, slot, source, target, at, vectors] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Copies what lies between `at` and a limit, so many bytes at a time; offsets and alignments are 0, as records may be of any numbers. */
const copyUpTo = (limit: number, width: number, load: readonly number[], store: readonly number[]): number[] => [
  ...[code.block, noResult, code.get, at, code.get, limit, code.atLeast, code.branchIf, 0, code.loop, noResult],
  ...[code.get, target, code.get, at, code.add, code.get, source, code.get, at, code.add],
  ...[...load, 0, 0, ...store, 0, 0],
  ...[code.get, at, code.constant, width, code.add, code.tee, at, code.get, limit, code.less, code.branchIf, 0],
  ...[code.end, code.end],
];

/** @param record Which of the two the record is; the other is the row. */
const move = (record: number): number[] => [
  ...[1, 5, 0x7f],
  // All of a row but what is left behind its last whole vector.
  ...[code.get, width, code.constant, 0x70, code.and, code.set, vectors],
  ...[code.get, count, code.constant, 4, code.multiply, code.set, count],
  ...[code.block, noResult, code.get, count, code.isZero, code.branchIf, 0, code.loop, noResult],
  ...[code.get, records, code.get, slot, code.load, 2, 0, code.get, stride, code.multiply, code.add, code.set, record],
  ...[code.get, rows, code.set, record === source ? target : source],
  ...[code.get, rows, code.get, width, code.add, code.set, rows, code.constant, 0, code.set, at],
  ...copyUpTo(vectors, 16, loadVector!, storeVector!),
  ...copyUpTo(width, 4, [code.load], [code.store]),
  ...[code.get, slot, code.constant, 4, code.add, code.tee, slot, code.get, count, code.less, code.branchIf, 0],
  ...[code.end, code.end, code.end],
];

/** Reads a word of each line of each record, one record after the other: many are on their way from far memory at once. */
const touch: readonly number[] = [
  ...[1, 5, 0x7f],
  ...[code.get, count, code.constant, 4, code.multiply, code.set, count],
  ...[code.block, noResult, code.get, count, code.isZero, code.branchIf, 0, code.loop, noResult],
  ...[code.get, records, code.get, slot, code.load, 2, 0, code.get, stride, code.multiply, code.add, code.set, source],
  ...[code.constant, 0, code.set, at, code.loop, noResult],
  ...[code.get, source, code.get, at, code.add, code.load, 2, 0, code.get, vectors, code.add, code.set, vectors],
  ...[
    code.get,
    at,
    code.constant,
    0xc0,
    0,
    code.add,
    code.tee,
    at,
    code.get,
    width,
    code.less,
    code.branchIf,
    0,
    code.end,
  ],
  ...[code.get, slot, code.constant, 4, code.add, code.tee, slot, code.get, count, code.less, code.branchIf, 0],
  ...[code.end, code.end],
  // So that it counts for something; rows are written afterwards.
  ...[code.get, rows, code.get, vectors, code.store, 2, 0, code.end],
];

/**
 * Exports `gather` and `scatter`, of the number of rows, where the tensor lies in the first record, bytes from record to record, where its
 * rows lie, and bytes of a row, multiples of 4. The places of the records stand at the beginning of the memory.
 */
export const encodeMoves = (): Uint8Array<ArrayBuffer> =>
  wasmModule(5, [
    { name: "gather", body: move(source) },
    { name: "scatter", body: move(target) },
    { name: "touch", body: touch },
  ]);
