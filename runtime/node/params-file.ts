/** Parameters of a module in files of this computer. */
import { loadParams, type LoadParamsOptions, saveParams } from "../io/params.js";
import type { FileUrl } from "./file-url.js";
import { nameOf, readRegularFile } from "./read-file.js";
import { writeFiles } from "./write-files.js";

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
