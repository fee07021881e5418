/** Bytes of a file or of standard input, as they come. */
import { closeSync, constants, openSync, read } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { reasonOf } from "../../../runtime/node/file-error.js";
import { UsageError } from "../arguments.js";
import { STDIN } from "../files.js";

const chunk = 65_536;

/** Milliseconds until a pipe that had nothing is looked at again. */
const pause = 20;

/**
 * @throws UsageError where the file cannot be opened or read.
 */
export async function* bytesOfInput(path: string): AsyncGenerator<Uint8Array> {
  const failed = (error: unknown): UsageError =>
    new UsageError(`cannot read ${path === STDIN ? "standard input" : path}: ${reasonOf(error)}`);
  let file = 0;
  try {
    if (path !== STDIN) file = openSync(path, constants.O_RDONLY);
  } catch (error) {
    throw failed(error);
  }
  try {
    for (;;) {
      const bytes = await readSome(file).catch((error: unknown) => {
        throw failed(error);
      });
      if (bytes === undefined) await setTimeout(pause);
      else if (bytes.length === 0) return;
      else yield bytes;
    }
  } finally {
    if (path !== STDIN) closeSync(file);
  }
}

/** Undefined where nothing has come yet. */
function readSome(file: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    read(file, new Uint8Array(chunk), 0, chunk, null, (error, count, bytes) => {
      if (error === null) resolve(bytes.subarray(0, count));
      else if (error.code === "EAGAIN") resolve(undefined);
      // Windows says so where a pipe ends.
      else if (error.code === "EOF") resolve(new Uint8Array());
      else reject(error);
    });
  });
}
