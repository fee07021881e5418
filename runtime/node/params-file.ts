/** Parameters of a module in files of this computer. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadParams, type LoadParamsOptions, saveParams } from "../io/params.js";
import { describe } from "../options.js";
import { FileError, reasonOf } from "./file-error.js";
import { writeFiles } from "./write-files.js";

/** A `URL` of a file. */
export interface FileUrl {
  readonly href: string;
}

type Module = Parameters<typeof saveParams>[0];

/**
 * Writes what `saveParams` gives, so that whoever reads the file finds the old one or the new one, whole: it is written beside its
 * place and is on the disk before it takes the name. Owner and mode of a file that was there stay. All is done in one turn of the event
 * loop, for which SIGINT, SIGTERM and SIGHUP wait; the promise is there so that later versions may wait.
 *
 * Folders that are missing are made, as `writeFiles` does.
 *
 * @throws As `saveParams`, before anything is written. FileError where the file cannot be written: the old one is as it was then.
 * @example
 *     await saveParamsFile(module, instance, "gru.safetensors");
 */
export async function saveParamsFile(
  module: Module,
  instance: Parameters<typeof saveParams>[1],
  path: string | FileUrl,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  writeFiles([{ path: nameOf("saveParamsFile", path), contents: saveParams(module, instance, metadata) }]);
}

/**
 * Sets the parameters of an instance from a file, as `loadParams` does.
 *
 * @throws As `loadParams`. FileError where the file cannot be read, or is a folder, a device or a pipe.
 * @example
 *     await loadParamsFile(module, instance, "gru.safetensors");
 */
export async function loadParamsFile(
  module: Module,
  instance: Parameters<typeof loadParams>[1],
  path: string | FileUrl,
  options?: LoadParamsOptions,
): Promise<void> {
  loadParams(module, instance, readRegularFile(nameOf("loadParamsFile", path)), options);
}

/** Opened so that nothing waits for the other end of a pipe. */
function readRegularFile(path: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new FileError("not-a-file", `cannot read ${path}: it is no regular file`, path);
    return readBytes(file, stats.size);
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw new FileError("system", `cannot read ${path}: ${reasonOf(cause)}`, path, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** As many as the file has now: what the system makes while it is read, as in /proc, need not end. */
function readBytes(file: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    // Systems read at most 2 GiB at once.
    const count = readSync(file, bytes, at, Math.min(size - at, 2 ** 30), null);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}

function nameOf(where: string, path: unknown): string {
  if (path instanceof URL && path.protocol === "file:") return fileURLToPath(path);
  if (typeof path === "string" && path !== "" && !path.includes("\0")) return path;
  const got = path instanceof URL ? `a URL that begins with ${describe(path.protocol)}` : describe(path);
  throw new TypeError(`${where}: the path must be a text or a file URL, got ${got}`);
}
