/** All input and output of the command line. */
import { readFileSync } from "node:fs";
import { FileError, reasonOf } from "../../runtime/node/file-error.js";
import { type FileToWrite, writeFiles } from "../../runtime/node/write-files.js";
import { UsageError } from "./arguments.js";

/** The name that stands for standard input. */
export const STDIN = "-";

/** @throws UsageError where the file cannot be read, or is not UTF-8. */
export function readText(path: string): string {
  const name = path === STDIN ? "standard input" : path;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path === STDIN ? 0 : path);
  } catch (error) {
    throw new UsageError(`cannot read ${name}: ${reasonOf(error)}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new UsageError(`cannot read ${name}: it is ${isUtf16 ? "UTF-16" : "not UTF-8"}; save it as UTF-8`);
  }
}

/** @throws UsageError where the file cannot be read. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${reasonOf(error)}`);
  }
}

/** The text of a file, or undefined where there is none: what the compiler's imports ask for. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
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
