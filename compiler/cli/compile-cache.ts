/** Where compiled code is kept from one command to the next: a directory that nobody but the user can write to, or none. */
import { existsSync, lstatSync, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

type Variables = Readonly<Record<string, string | undefined>>;

const groupAndOthersWrite = 0o022;
const sticky = 0o1000;

/**
 * The user's own directory for what can be made again, as the system has it; undefined where there is none.
 *
 * The folder for temporary files is no such place: every user can make a directory of any name there first, and what is put
 * into it is run as the code of the next command.
 */
export function cacheHome(
  platform: NodeJS.Platform = process.platform,
  variables: Variables = process.env,
  home = homedir(),
): string | undefined {
  if (platform === "win32") return variables["LOCALAPPDATA"] || undefined;
  if (platform === "darwin") return join(home, "Library", "Caches");
  const given = variables["XDG_CACHE_HOME"] ?? "";
  // A relative path there is to be ignored, says the XDG Base Directory Specification.
  return given.startsWith("/") ? given : join(home, ".cache");
}

/**
 * `recell` in the directory, made with mode 0700 where it is missing; undefined where anybody else could write there, or on the
 * way there, and where it cannot be made.
 */
export function privateCache(home: string | undefined): string | undefined {
  if (home === undefined) return undefined;
  const user = process.getuid?.();
  try {
    // Before anything is made: an administrator with somebody else's home leaves nothing there.
    if (user !== undefined && !isSafeWay(realpathSync(lastThatExists(home)), user)) return undefined;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const parent = realpathSync(home);
    const path = join(parent, "recell");
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    // As it is, not as it was asked for: it may have been there, and links are not followed.
    const { uid, mode, isDirectory } = statOf(path);
    const isOwn = user === undefined || (uid === user && (mode & 0o777) === 0o700);
    return isDirectory && isOwn ? path : undefined;
  } catch {
    return undefined;
  }
}

function lastThatExists(path: string): string {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/** Can nobody but the user and the administrator put another directory in the place of one on the way? */
function isSafeWay(path: string, user: number): boolean {
  for (let at = path; ; at = dirname(at)) {
    const { uid, mode } = statOf(at);
    const isTheirs = uid === user || uid === 0;
    // In a directory with the sticky bit only the owner of a file moves it away, and whose the one below is was just seen.
    const isClosed = (mode & groupAndOthersWrite) === 0 || (at !== path && (mode & sticky) !== 0);
    if (!isTheirs || !isClosed) return false;
    if (dirname(at) === at) return true;
  }
}

function statOf(path: string): { readonly uid: number; readonly mode: number; readonly isDirectory: boolean } {
  const stat = lstatSync(path);
  return { uid: stat.uid, mode: stat.mode, isDirectory: stat.isDirectory() };
}
