/** Standard output and standard error of the command, on which writing may fail. */
import { fstatSync, writeFileSync } from "node:fs";
import { reasonOf } from "../../runtime/node/file-error.js";
import type { OutputStream } from "./terminal.js";

interface NodeStream {
  readonly fd: number;
  readonly isTTY?: boolean;
  write(part: string | Uint8Array): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * The stream, and nothing that it does throws. A reader that has seen enough (`recell explain … | head`) is no error: what comes
 * after it is lost, and the command goes on to its end, as files may still have to be written. Another failure is told once.
 *
 * @param failed Is given the reason, in words.
 */
export function guardedOutput(stream: NodeStream, failed: (reason: string) => void): OutputStream {
  let isOver = false;
  const end = (error: unknown): void => {
    if (isOver) return;
    isOver = true;
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") failed(reasonOf(error));
  };
  stream.on("error", end);
  const put = isFile(stream)
    ? (part: string | Uint8Array) => writeFileSync(stream.fd, part)
    : (part: string | Uint8Array) => stream.write(part);
  return {
    ...(stream.isTTY === undefined ? {} : { isTTY: stream.isTTY }),
    isOver: () => isOver,
    write(part) {
      if (isOver) return;
      try {
        put(part);
      } catch (error) {
        end(error);
      }
    },
  };
}

/** Node's own stream takes a file's part of a text for the whole, where a disk has room for no more. */
function isFile({ fd, isTTY }: NodeStream): boolean {
  if (isTTY === true) return false;
  try {
    const found = fstatSync(fd);
    return found.isFile() || found.isCharacterDevice();
  } catch {
    return false;
  }
}
