/** Writes files so that nobody ever sees half of one, and of a set that belongs together all or none. */
import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { FileError, reasonOf } from "./file-error.js";
import type { FileSystem } from "./file-system.js";
import { withSignalsHeld } from "./hold-signals.js";
import type { FileToWrite } from "./file-to-write.js";
import { checkDifferent, checkWritable, holds, type FilePlace, placeOf } from "./place.js";

interface FileReplacement extends FilePlace {
  readonly bytes: Uint8Array;
}

/** What `writeFiles` does, in the file system of this computer or in one of a test. */
export function replaceFiles(files: readonly FileToWrite[], system: FileSystem): void {
  const given = files.map(({ path, contents }) => ({ path, bytes: bytesOf(path, contents) }));
  withSignalsHeld(() => {
    const places = given.map(({ path, bytes }): FileReplacement => ({
      ...about(path, () => placeOf(path, system)),
      bytes,
    }));
    checkDifferent(places);
    const changed = places.filter((place) => !about(place.path, () => holds(place, place.bytes, system)));
    for (const place of changed) about(place.path, () => checkWritable(place, system));
    replaceAll(changed, system);
  });
}

function bytesOf(path: string, contents: string | Uint8Array): Uint8Array {
  if (typeof contents !== "string") return contents;
  if (/\p{Surrogate}/u.test(contents)) throw new TypeError(`${path}: the text has half of a character`);
  return Buffer.from(contents);
}

/** What takes a step back, and what is to be told where that fails. */
interface UndoStep {
  readonly undo: () => void;
  readonly failed?: string;
}

function replaceAll(works: readonly FileReplacement[], system: FileSystem): void {
  const steps: UndoStep[] = [];
  const kept: string[] = [];
  const folders = new Set<string>();
  try {
    const staged = works.map((work) => {
      const temporary = about(work.path, () => {
        makeFolder(dirname(work.target), system, steps, folders);
        return stage(work, system);
      });
      folders.add(dirname(work.target));
      steps.push({ undo: () => removeIfPresent(temporary, system) });
      return { work, temporary };
    });
    for (const { work, temporary } of staged) {
      about(work.path, () => kept.push(...replace(work, temporary, system, steps)));
    }
    about(works.map(({ path }) => path).join(", "), () => [...folders].forEach((folder) => syncFolder(folder, system)));
  } catch (error) {
    const problems = steps.reverse().flatMap((step) => problemOf(step));
    if (problems.length === 0 || !(error instanceof FileError)) throw error;
    throw new FileError(error.code, [error.message, ...problems].join("; "), error.path, { cause: error.cause });
  }
  // All is written; a name that stays behind disturbs nobody.
  for (const name of kept) problemOf({ undo: () => system.unlinkSync(name) });
}

function problemOf({ undo, failed }: UndoStep): string[] {
  try {
    undo();
    return [];
  } catch {
    return failed === undefined ? [] : [failed];
  }
}

/** Whatever goes wrong is told as a problem with this path. */
function about<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError("system", `cannot write ${path}: ${reasonOf(error)}`, path, { cause: error });
  }
}

const temporaryBeside = (target: string): string =>
  join(dirname(target), `.recell-${randomBytes(8).toString("hex")}.tmp`);

/** Writes the contents, with the owner and the mode of the file that is there, and waits until the disk has them. */
function stage({ path, target, old, bytes }: FileReplacement, system: FileSystem): string {
  const temporary = temporaryBeside(target);
  const file = system.openSync(temporary, "wx", old === undefined ? 0o666 : 0o600);
  try {
    try {
      if (old !== undefined) takeOver(path, file, old, system);
      system.writeFileSync(file, bytes);
      system.fsyncSync(file);
    } finally {
      system.closeSync(file);
    }
  } catch (error) {
    problemOf({ undo: () => system.unlinkSync(temporary) });
    throw error;
  }
  return temporary;
}

function takeOver(path: string, file: number, { uid, gid, mode }: Stats, system: FileSystem): void {
  const made = system.fstatSync(file);
  if (made.uid !== uid || made.gid !== gid) {
    try {
      system.fchownSync(file, uid, gid);
    } catch (cause) {
      const problem = `it belongs to user ${uid} and group ${gid}, which a new file in its place would not`;
      throw new FileError("owner", `cannot write ${path}: ${problem}; remove it first`, path, { cause });
    }
  }
  system.fchmodSync(file, mode & 0o7777);
}

/** @returns The name under which what was there is kept, if there was something. */
function replace(work: FileReplacement, temporary: string, system: FileSystem, steps: UndoStep[]): string[] {
  const { path, target, old } = work;
  const kept = old === undefined ? [] : [keep(work, system)];
  const [name] = kept;
  steps.push({
    undo() {
      // What the system said of the renaming may not be what it did.
      const isReplaced = system.lstatSync(temporary, { throwIfNoEntry: false }) === undefined;
      if (name === undefined) {
        if (isReplaced) system.unlinkSync(target);
      } else if (isReplaced) system.renameSync(name, target);
      else system.unlinkSync(name);
    },
    failed: name === undefined ? `${path} could not be removed` : `what ${path} was before is now ${name}`,
  });
  system.renameSync(temporary, target);
  return kept;
}

/** A second name for the file that is there, or a copy where the file system has no second names. */
function keep(work: FileReplacement, system: FileSystem): string {
  const kept = temporaryBeside(work.target);
  try {
    system.linkSync(work.target, kept);
    return kept;
  } catch {
    return stage({ ...work, bytes: system.readFileSync(work.target) }, system);
  }
}

function removeIfPresent(path: string, system: FileSystem): void {
  if (system.lstatSync(path, { throwIfNoEntry: false }) !== undefined) system.unlinkSync(path);
}

/**
 * Makes a folder and those above it, one at a time: `mkdirSync` with `recursive` does not return from file systems that answer "no such
 * file" to every new folder, such as /proc.
 */
function makeFolder(path: string, system: FileSystem, steps: UndoStep[], folders: Set<string>): void {
  const isThere = (): boolean => system.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isThere()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, system, steps, folders);
  try {
    system.mkdirSync(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!isThere()) throw error;
    return;
  }
  folders.add(parent);
  steps.push({ undo: () => system.rmdirSync(path) });
}

/** Waits until the disk has the names in a folder, where the system can do that: Windows and some file systems cannot. */
function syncFolder(path: string, system: FileSystem): void {
  let folder: number | undefined;
  try {
    folder = system.openSync(path, "r");
    system.fsyncSync(folder);
  } catch (error) {
    if (!cannotSync.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    if (folder !== undefined) system.closeSync(folder);
  }
}

const cannotSync = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EPERM"]);
