/** Where results go as they come: standard output, or a file that takes its name when it is whole. */
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import process from "node:process";
import { reasonOf } from "../../../runtime/node/file-error.js";
import { UsageError } from "../arguments.js";
import type { Terminal } from "../terminal.js";

export interface ResultDestination {
  write(part: string | Uint8Array): void;
  /** Writes over what stands at its beginning; only of files. */
  readonly rewrite?: (head: Uint8Array) => void;
  /** Has its reader gone? */
  isOver(): boolean;
  /** All is written. */
  finish(): void;
  /** Leaves nothing where `finish` was not called. */
  close(): void;
}

export const toTerminal = (terminal: Terminal): ResultDestination => ({
  write: (part) => terminal.out(part),
  isOver: () => terminal.isOver(),
  finish: () => undefined,
  close: () => undefined,
});

/**
 * @throws UsageError where it cannot be written.
 */
export function toFile(path: string): ResultDestination {
  const about = <Result>(action: () => Result): Result => {
    try {
      return action();
    } catch (error) {
      throw new UsageError(`cannot write ${path}: ${reasonOf(error)}`);
    }
  };
  const found = about(() => lstatSync(path, { throwIfNoEntry: false }));
  if (found !== undefined && !found.isFile()) throw new UsageError(`cannot write ${path}: it is no regular file`);
  const temporary = join(dirname(path), `.recell-${randomBytes(8).toString("hex")}.tmp`);
  const file = about(() => openSync(temporary, "wx", found?.mode ?? 0o666));
  let isOpen = true;
  const put = (bytes: Uint8Array, at: number | null): void => {
    for (let done = 0; done < bytes.length;) {
      done += about(() => writeSync(file, bytes, done, bytes.length - done, at === null ? null : at + done));
    }
  };
  const close = (): void => {
    process.off("SIGINT", interrupted);
    if (!isOpen) return;
    isOpen = false;
    closeSync(file);
    unlinkSync(temporary);
  };
  const interrupted = (): void => {
    close();
    process.kill(process.pid, "SIGINT");
  };
  process.once("SIGINT", interrupted);
  return {
    write: (part) => put(typeof part === "string" ? Buffer.from(part) : part, null),
    rewrite: (head) => put(head, 0),
    isOver: () => false,
    finish() {
      about(() => fsyncSync(file));
      isOpen = false;
      closeSync(file);
      about(() => renameSync(temporary, path));
    },
    close,
  };
}
