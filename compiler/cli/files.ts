/** All input and output of the command line. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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

/** The same as `writeBytes`, for text. */
export function writeText(path: string, text: string): void {
  writeBytes(path, Buffer.from(text));
}

/**
 * Writes a file so that nobody ever sees half of it: into a temporary file beside it, which then takes its name.
 * Directories are made. Where the contents are already there, nothing is touched. A link stays a link: what it points to is
 * written. A file that is read-only stays as it is.
 *
 * @throws UsageError where the file cannot be written.
 */
export function writeBytes(path: string, bytes: Uint8Array): void {
  if (isWritten(path, bytes)) return;
  let temporary: string | undefined;
  try {
    makeDirectory(dirname(path));
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    // Renaming would replace it all the same, and so would root.
    if (mode !== undefined && (mode & 0o222) === 0) throw new UsageError("it is read-only");
    const target = mode === undefined ? path : realpathSync(path);
    temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.tmp`);
    writeFileSync(temporary, bytes, { flag: "wx", ...(mode === undefined ? {} : { mode }) });
    renameSync(temporary, target);
  } catch (error) {
    if (temporary !== undefined) removeIfPresent(temporary);
    throw new UsageError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

function isWritten(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

/**
 * Makes a directory and those above it, one at a time: `mkdirSync` with `recursive` does not return from file systems
 * that answer "no such file" to every new directory, such as /proc.
 */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/** The error that made the file useless is told, not one about removing it. */
function removeIfPresent(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It was never made, or cannot be reached any more.
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "no such file",
    EEXIST: "a part of the path is no directory",
    EISDIR: "it is a directory",
    EACCES: "permission denied",
    ENOTDIR: "a part of the path is no directory",
    ENOSPC: "the disk is full",
    EROFS: "the file system is read-only",
  };
  return (code === undefined ? undefined : reasons[code]) ?? (error instanceof Error ? error.message : String(error));
}
