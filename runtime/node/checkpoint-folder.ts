/** Checkpoints in a folder of this computer. Its types need none of Node's, as programs may be compiled without them. */
import type { CheckpointStore } from "../training/checkpoint/store.js";
import { nodeFileSystem } from "./file-system.js";
import type { FileUrl } from "./file-url.js";
import { storeIn } from "./folder-store.js";
import { nameOf } from "./read-file.js";

/**
 * A folder for the checkpoints of one run, which is made where it is missing. What is written is on the disk, with its name, before it
 * counts, as `writeFiles` does it, and older ones are only removed then: so a process that is killed, or a computer without power, leaves
 * the last whole one. A folder belongs to one run at a time; what a killed one left half written is removed.
 *
 * @throws TypeError for what is no path.
 * @example
 *     train({ …, checkpoints: checkpoints(checkpointFolder("run"), { every: 200 }), resume: true });
 */
export function checkpointFolder(path: string | FileUrl): CheckpointStore {
  return storeIn(nameOf("checkpointFolder", path), nodeFileSystem);
}
