/** Lines in a file of this computer. */
import { appendFileSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import type { HistoryLog } from "../training/train/options.js";
import { FileError, reasonOf } from "./file-error.js";
import type { FileUrl } from "./file-url.js";
import { nameOf } from "./read-file.js";

/**
 * A file that gets a line for each event of training. A run that begins anew begins it anew, and one that goes on from a checkpoint cuts
 * off what came after that.
 *
 * @throws TypeError for what is no path; FileError where it cannot be written.
 * @example
 *     train({ …, history: historyFile("run/history.jsonl") });
 */
export function historyFile(path: string | FileUrl): HistoryLog {
  const name = nameOf("historyFile", path);
  const about = (action: () => void): void => {
    try {
      action();
    } catch (cause) {
      throw new FileError("system", `cannot write ${name}: ${reasonOf(cause)}`, name, { cause });
    }
  };
  return {
    write: (line) => about(() => appendFileSync(name, `${line}\n`)),
    cut: (lines) =>
      about(() => {
        mkdirSync(dirname(name), { recursive: true });
        appendFileSync(name, "");
        const bytes = readFileSync(name);
        let at = 0;
        for (let seen = 0; seen < lines && at < bytes.length; seen++) {
          const end = bytes.indexOf(0x0a, at);
          at = end < 0 ? bytes.length : end + 1;
        }
        truncateSync(name, at);
      }),
  };
}
