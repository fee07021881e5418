/** Files of this computer. Its types need none of Node's, as programs may be compiled without them. */
import type { FileToWrite } from "./file-to-write.js";
import { nodeFileSystem } from "./file-system.js";
import { replaceFiles } from "./replace-files.js";

export type { FileToWrite };

/**
 * Writes files that belong together: all of them, or, where one cannot be written, none, so that those that were there stay as they were.
 *
 * Each is written into a temporary file beside it, `.recell-….tmp`, which is on the disk before it takes the name. Folders are made.
 * A file that has its contents already is not touched. One that is there keeps its owner and mode. A link stays a link: the file that
 * it leads to is written. Anything but a regular file (a folder, a device, a pipe, a link to nothing) is refused, and so is a
 * read-only file.
 *
 * All is done before the function returns and in one turn of the event loop, for which SIGINT, SIGTERM and SIGHUP wait. A process
 * that is killed otherwise, or a computer without power, leaves whole files, some perhaps old and some new, and temporary files.
 *
 * @throws FileError where a file cannot be written; TypeError for a text that UTF-8 cannot hold.
 */
export function writeFiles(files: readonly FileToWrite[]): void {
  replaceFiles(files, nodeFileSystem);
}
