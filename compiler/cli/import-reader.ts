/** What a source may read by importing: cells of its project, and nothing else of the machine. */
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { ReadFile } from "../language/semantics/load-modules.js";
import { UsageError } from "./arguments.js";
import { readLimits } from "./read-limits.js";
import { readUpTo } from "./read-within.js";

const byteLimit = readLimits.source.bytes;

/**
 * Reads imports of a file: regular files that end with `.cell`, inside of `root`, links followed before both are asked.
 * Anything else is refused without being opened, so that no message shows what is in it, and no pipe or device is waited for.
 *
 * @param root Where left out, the folder of the nearest `package.json` above the file, or the file's own.
 * @throws UsageError where `root` is no folder.
 */
export function importReader(file: string, root: string | undefined): ReadFile {
  let inside: string | undefined;
  return (path) => {
    // Looked for at the first import: most files have none.
    inside ??= root === undefined ? projectOf(dirname(resolve(file))) : folderOf(root);
    if (path.length > longestPath) return { refused: `its path has more than ${longestPath} characters` };
    const target = withoutLinks(path);
    if (target === undefined || !isWithin(target, inside)) {
      return { refused: `it is outside of ${inside}`, help: "--root DIR says in which folder imported files may lie" };
    }
    if (!existsSync(target)) return undefined;
    if (!target.endsWith(".cell")) return { refused: "only files that end with `.cell` are imported" };
    return readRegular(target);
  };
}

/** What no system takes for a path is not looked for, folder by folder. */
const longestPath = 4096;

/**
 * Also of what does not exist: outside of the root nobody learns whether it does. So a link to what does not exist, or to
 * itself, is undefined, wherever it leads.
 */
function withoutLinks(path: string): string | undefined {
  let folder = resolve(path);
  const missing: string[] = [];
  for (;;) {
    try {
      return join(realpathSync(folder), ...missing);
    } catch {
      if (isLink(folder)) return undefined;
      missing.unshift(basename(folder));
      if (dirname(folder) === folder) return undefined;
      folder = dirname(folder);
    }
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function folderOf(root: string): string {
  try {
    const folder = realpathSync(root);
    if (lstatSync(folder).isDirectory()) return folder;
  } catch {
    // Told below.
  }
  throw new UsageError(`--root must be a folder, got ${JSON.stringify(root)}`);
}

function projectOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json"))) return realpathSync(at);
    if (dirname(at) === at) return existsSync(folder) ? realpathSync(folder) : folder;
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A path without links. Looked at before it is opened, and again afterwards: it may have been replaced meanwhile. */
function readRegular(path: string): ReturnType<ReadFile> {
  let descriptor: number | undefined;
  try {
    if (!lstatSync(path).isFile()) return notRegular;
    // Windows has neither flag.
    const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants as Partial<typeof constants>;
    descriptor = openSync(path, (O_RDONLY ?? 0) | O_NONBLOCK | O_NOFOLLOW);
    if (!fstatSync(descriptor).isFile()) return notRegular;
    return decode(readUpTo(descriptor, byteLimit));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { refused: `it cannot be read (${code ?? "unknown"})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const notRegular = { refused: "it is no regular file" };

function decode(bytes: Uint8Array | undefined): ReturnType<ReadFile> {
  if (bytes === undefined) return { refused: `it has more than ${byteLimit} bytes` };
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { refused: "it is not UTF-8" };
  }
}
