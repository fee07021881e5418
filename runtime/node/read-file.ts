/** Reads regular files of this computer. */
import { constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "../base/options.js";
import { FileError, reasonOf } from "./file-error.js";
import { type FileSystem, nodeFileSystem } from "./file-system.js";

/** Opened so that nothing waits for the other end of a pipe. */
export function readRegularFile(path: string, system: FileSystem = nodeFileSystem): Uint8Array {
  let file: number | undefined;
  try {
    file = system.openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = system.fstatSync(file);
    if (!stats.isFile()) throw new FileError("not-a-file", `cannot read ${path}: it is no regular file`, path);
    return readBytes(file, stats.size, system);
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError("system", `cannot read ${path}: ${reasonOf(cause)}`, path, { cause });
  } finally {
    if (file !== undefined) system.closeSync(file);
  }
}

/** As many as the file has now: what the system makes while it is read, as in /proc, need not end. */
function readBytes(file: number, size: number, system: FileSystem): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    // Systems read at most 2 GiB at once.
    const count = system.readSync(file, bytes, at, Math.min(size - at, 2 ** 30), null);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

/** @throws TypeError for what is no path. */
export function nameOf(where: string, path: unknown): string {
  if (path instanceof URL && path.protocol === "file:") return fileURLToPath(path);
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
  const got = path instanceof URL ? `a URL that begins with ${describe(path.protocol)}` : describe(path);
  throw new TypeError(`${where}: the path must be a text or a file URL, got ${got}`);
}
