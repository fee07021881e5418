/** Where a file is written: only in the place of a regular file, or where nothing is. */
import { constants, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { FileError } from "./file-error.js";
import type { FileSystem } from "./file-system.js";

export interface FilePlace {
  /** As the caller named it. */
  readonly path: string;
  /** The file itself, where `path` is a link. */
  readonly target: string;
  /** The file that is there, which is a regular one. */
  readonly old: Stats | undefined;
}

/** @throws FileError where something else than a regular file is there. */
export function placeOf(path: string, system: FileSystem): FilePlace {
  let target = path;
  for (let links = 0; ; links++) {
    const found = system.lstatSync(target, { throwIfNoEntry: false });
    if (found === undefined && links > 0) {
      throw new FileError("not-a-file", `cannot write ${path}: it is a link to ${target}, which does not exist`, path);
    }
    if (found?.isSymbolicLink() !== true) {
      const other = found === undefined ? undefined : otherKind(found);
      if (other !== undefined) throw new FileError("not-a-file", `cannot write ${path}: it is ${other}`, path);
      return { path, target, old: found };
    }
    if (links === mostLinks)
      throw new FileError("not-a-file", `cannot write ${path}: its links lead in a circle`, path);
    const folder = system.realpathSync(dirname(target));
    if (isOfSystem(folder)) {
      throw new FileError("not-a-file", `cannot write ${path}: it stands for an open file, not for a place`, path);
    }
    target = resolve(folder, system.readlinkSync(target));
  }
}

/** As many as Linux follows. */
const mostLinks = 40;

/** Links such as /dev/stdin and /proc/self/fd/0 lead to whatever a process happens to have open. */
const isOfSystem = (folder: string): boolean => /^\/(?:dev|dev\/fd|proc|proc\/.*)$/u.test(folder);

function otherKind(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return "a directory";
  if (found.isFIFO()) return "a pipe";
  if (found.isSocket()) return "a socket";
  return "a device";
}

/** @throws FileError or the system's error where the file that is there must not be written. */
export function checkWritable({ path, target, old }: FilePlace, system: FileSystem): void {
  if (old === undefined) return;
  // Renaming would replace it all the same, and so would root.
  if ((old.mode & 0o222) === 0) throw new FileError("read-only", `cannot write ${path}: it is read-only`, path);
  system.accessSync(target, constants.W_OK);
}

/** Has the place these bytes already? Opened so that nothing waits, whatever has come there since it was looked at. */
export function holds({ target, old }: FilePlace, bytes: Uint8Array, system: FileSystem): boolean {
  if (old?.size !== bytes.length) return false;
  let file: number | undefined;
  try {
    file = system.openSync(target, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
    return system.fstatSync(file).isFile() && system.readFileSync(file).equals(bytes);
  } catch {
    // A file that cannot be read can perhaps be written.
    return false;
  } finally {
    if (file !== undefined) system.closeSync(file);
  }
}

/** @throws FileError where two places are one file. */
export function checkDifferent(places: readonly FilePlace[]): void {
  for (const [i, a] of places.entries()) {
    const b = places.slice(0, i).find((other) => isSame(a, other));
    if (b !== undefined) throw new FileError("same-file", `cannot write ${a.path}: ${b.path} is the same file`, a.path);
  }
}

function isSame(a: FilePlace, b: FilePlace): boolean {
  if (resolve(a.target) === resolve(b.target)) return true;
  return a.old !== undefined && b.old !== undefined && a.old.ino === b.old.ino && a.old.dev === b.old.dev;
}
