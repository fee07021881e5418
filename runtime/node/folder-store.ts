/** Checkpoints in a folder of a file system. */
import { join } from "node:path";
import type { CheckpointStore } from "../training/checkpoint/store.js";
import { FileError, reasonOf } from "./file-error.js";
import type { FileSystem } from "./file-system.js";
import { readRegularFile } from "./read-file.js";
import { replaceFiles } from "./replace-files.js";

/** What `checkpointFolder` gives, in the file system of this computer or in one of a test. */
export function storeIn(folder: string, system: FileSystem): CheckpointStore {
  return {
    async list() {
      return about(folder, () => {
        if (system.statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
        const names = system.readdirSync(folder);
        for (const name of names) if (unfinished.test(name)) system.unlinkSync(join(folder, name));
        return names.filter((name) => !unfinished.test(name));
      });
    },
    async read(name) {
      return readRegularFile(join(folder, name), system);
    },
    async write(name, bytes) {
      replaceFiles([{ path: join(folder, name), contents: bytes }], system);
    },
    async remove(name) {
      about(join(folder, name), () => system.unlinkSync(join(folder, name)));
    },
  };
}

/** As `replaceFiles` names them. */
const unfinished = /^\.recell-[0-9a-f]{16}\.tmp$/u;

function about<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw new FileError("system", `cannot use ${path}: ${reasonOf(cause)}`, path, { cause });
  }
}
