/** Reads files, pipes and devices, each within a limit that is looked at while it reads. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type ReadLimit, streamLimit } from "./read-limits.js";

/** What was read is more than it may be, or nothing comes. */
class ReadError extends Error {
  override readonly name = "ReadError";
}

/**
 * Everything of a file, a pipe, a device or, where `path` is a number, of what is open.
 *
 * @param patience Seconds for which what is opened by its name may give nothing.
 * @throws ReadError, and the errors of the system.
 */
export function readWithin(path: string | number, limit: ReadLimit, patience = 5): Uint8Array {
  // Opening does not wait for the other end of a pipe: nobody may ever come.
  const file = typeof path === "number" ? path : openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    const least = !stats.isFile() && streamLimit.bytes < limit.bytes ? streamLimit : limit;
    if (stats.isFile() && stats.size > least.bytes) throw tooLarge(least);
    const isOfShell = typeof path === "number" || ofShell.test(path);
    const bytes = readUpTo(file, least.bytes, {
      expected: stats.isFile() ? stats.size + 1 : 0,
      patience: isOfShell ? Infinity : patience,
      awaitsWriter: stats.isFIFO() && !isOfShell,
    });
    if (bytes === undefined) throw tooLarge(least);
    return bytes;
  } finally {
    if (file !== path) closeSync(file);
  }
}

/** Standard input, terminals and `<(command)`: they have a writer from the beginning, however long it takes. */
const ofShell = /^\/(?:dev\/(?:fd\/|stdin$|tty$)|proc\/[^/]+\/fd\/)/u;

const tooLarge = ({ bytes, of }: ReadLimit): ReadError =>
  new ReadError(`it has more than ${bytes} bytes, the most for ${of}`);

interface ReadOptions {
  /** How many bytes will probably come: place is made for them at once. */
  readonly expected?: number;
  /** Seconds for which nothing may come. */
  readonly patience?: number;
  /** Whether what ends at once is a pipe to which a writer may yet come. */
  readonly awaitsWriter?: boolean;
}

/**
 * What is open, or undefined where it has more than `most` bytes. The size that the file system tells is not asked: files in /proc have
 * none, and others grow.
 */
export function readUpTo(file: number, most: number, options: ReadOptions = {}): Uint8Array | undefined {
  const { expected = 0, patience = 5, awaitsWriter = false } = options;
  let bytes = new Uint8Array(Math.min(most + 1, Math.max(65_536, expected)));
  let size = 0;
  let waits = 0;
  while (size <= most) {
    if (size === bytes.length) bytes = withPlace(bytes, Math.min(most + 1, 2 * size));
    const count = readSome(file, bytes.subarray(size));
    const hasNoWriterYet = awaitsWriter && count === 0 && size === 0;
    if (count === 0 && !hasNoWriterYet) return bytes.subarray(0, size);
    size += count ?? 0;
    waits = count === undefined || hasNoWriterYet ? waits + 1 : 0;
    if (waits * pause > 1000 * patience) throw new ReadError(`nothing has come for ${patience} seconds`);
    if (waits > 0) Atomics.wait(sleeper, 0, 0, pause);
  }
  return undefined;
}

function withPlace(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

/** Milliseconds between two looks at a pipe. */
const pause = 20;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Undefined where nothing has come yet. */
function readSome(file: number, into: Uint8Array): number | undefined {
  try {
    return readSync(file, into, 0, Math.min(into.length, 2 ** 30), null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EAGAIN") return undefined;
    // Windows says so where a pipe ends.
    if (code === "EOF") return 0;
    throw error;
  }
}
