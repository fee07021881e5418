/** A file system in which chosen calls fail, for tests of what writes files. */
import { type FileSystem, nodeFileSystem } from "../../runtime/node/file-system.js";

export type CallName = keyof FileSystem;

/** @param meddle Runs each call, the `count`-th from 1, by `proceed`, or fails, or ends the process. */
export function meddledFiles(meddle: (count: number, name: CallName, proceed: () => unknown) => unknown): FileSystem {
  let count = 0;
  const names = Object.keys(nodeFileSystem) as CallName[];
  const wrapped = names.map((name) => {
    const call = nodeFileSystem[name] as unknown;
    if (typeof call !== "function") return [name, call] as const;
    // Waiting for the disk changes nothing that a test can see.
    if (name === "fsyncSync") return [name, () => meddle(++count, name, () => undefined)] as const;
    const run = (...given: unknown[]): unknown => meddle(++count, name, () => Reflect.apply(call, undefined, given));
    return [name, run] as const;
  });
  return Object.fromEntries(wrapped) as unknown as FileSystem;
}

export const systemError = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });
