/** All input and output of the command line. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "./arguments.js";

/** The name that stands for standard input. */
export const STDIN = "-";

/** @throws UsageError where the file cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path === STDIN ? 0 : path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path === STDIN ? "standard input" : path}: ${reasonOf(error)}`);
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
 * Writes a file so that nobody ever sees half of it: into a temporary file beside it, which then takes its name.
 * Directories are made. Where the text is already there, nothing is touched.
 *
 * @throws UsageError where the file cannot be written.
 */
export function writeText(path: string, text: string): void {
  if (readIfPresent(path) === text) return;
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    writeFileSync(temporary, text, { flag: "wx", ...(mode === undefined ? {} : { mode }) });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError(`cannot write ${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: "no such file",
    EISDIR: "it is a directory",
    EACCES: "permission denied",
    ENOTDIR: "a part of the path is no directory",
    ENOSPC: "the disk is full",
    EROFS: "the file system is read-only",
  };
  return (code === undefined ? undefined : reasons[code]) ?? (error instanceof Error ? error.message : String(error));
}
