/** Files that a command is given and that it makes. */
import { statSync } from "node:fs";
import { FileError, reasonOf } from "../../runtime/node/file-error.js";
import { type FileToWrite, writeFiles } from "../../runtime/node/write-files.js";
import { UsageError } from "./arguments.js";
import type { ReadLimit } from "./read-limits.js";
import { readWithin } from "./read-within.js";

/** The name that stands for standard input. */
export const STDIN = "-";

/** @throws UsageError where the file cannot be read, has more than the limit, or is not UTF-8. */
export function readText(path: string, limit: ReadLimit): string {
  const bytes = readBytes(path, limit);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new UsageError(`cannot read ${nameOf(path)}: it is ${isUtf16 ? "UTF-16" : "not UTF-8"}; save it as UTF-8`);
  }
}

/** @throws UsageError where the file cannot be read, or has more than the limit. */
export function readBytes(path: string, limit: ReadLimit): Uint8Array {
  try {
    return readWithin(path === STDIN ? 0 : path, limit);
  } catch (error) {
    throw new UsageError(`cannot read ${nameOf(path)}: ${reasonOf(error)}`);
  }
}

const nameOf = (path: string): string => (path === STDIN ? "standard input" : path);

/** The text of a regular file; undefined where there is none, or more than the limit. */
export function readIfPresent(path: string, limit: ReadLimit): string | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    return new TextDecoder().decode(readWithin(path, limit));
  } catch {
    return undefined;
  }
}

/**
 * Writes files that belong together, all or none, as `writeFiles` does.
 *
 * @throws UsageError where one cannot be written.
 */
export function writeTogether(files: readonly FileToWrite[]): void {
  try {
    writeFiles(files);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new UsageError(error.message);
  }
}
