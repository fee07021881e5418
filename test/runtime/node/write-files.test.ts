/** Files are whole, old or new, and of a set all or none, whatever fails: each call of the file system in turn, signals, SIGKILL. */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FileError } from "../../../runtime/node/file-error.js";
import { type FileSystem, nodeFileSystem } from "../../../runtime/node/file-system.js";
import { replaceFiles } from "../../../runtime/node/replace-files.js";
import type { FileToWrite } from "../../../runtime/node/write-files.js";
import { type CallName, meddledFiles, systemError } from "../../support/failing-files.js";
import { isFuzzing } from "../../support/fuzz.js";

const root = fs.mkdtempSync(join(tmpdir(), "recell-write-"));
let made = 0;

const writeFiles = (files: readonly FileToWrite[], system = nodeFileSystem): void => replaceFiles(files, system);
afterAll(() => fs.rmSync(root, { recursive: true }));

const newFolder = (): string => {
  const folder = join(root, String(made++));
  fs.mkdirSync(folder);
  return folder;
};
const contentsOf = (path: string): string | undefined =>
  fs.existsSync(path) ? fs.readFileSync(path, "utf8") : undefined;

/** Two files that were there, of which one is reached by a link, and one that was not, in a new folder. */
const names = ["gru.js", "gru.d.ts", "deep/er/gru.wasm"] as const;
const before = ["old module", "old types", undefined];
const after = ["new module", "new types, longer", "new kernels"];

function prepare(): { folder: string; files: { path: string; contents: string }[] } {
  const folder = newFolder();
  fs.writeFileSync(join(folder, "gru.js"), before[0]!, { mode: 0o640 });
  fs.mkdirSync(join(folder, "types"));
  fs.writeFileSync(join(folder, "types/real.d.ts"), before[1]!);
  fs.symlinkSync("types/real.d.ts", join(folder, "gru.d.ts"));
  return { folder, files: names.map((name, i) => ({ path: join(folder, name), contents: after[i]! })) };
}

const stateOf = (folder: string): (string | undefined)[] => names.map((name) => contentsOf(join(folder, name)));
const leftoversIn = (folder: string): string[] =>
  fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp"));

function errorOf(action: () => void): FileError | undefined {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(FileError);
    return error as FileError;
  }
  return undefined;
}

/** Every call that writing the set makes, by name. */
function callsOf(): CallName[] {
  const calls: CallName[] = [];
  writeFiles(
    prepare().files,
    meddledFiles((_, name, proceed) => (calls.push(name), proceed())),
  );
  return calls;
}

test("a set is written, with the mode and the link of what was there, and no temporary file stays", () => {
  const { folder, files } = prepare();
  writeFiles(files);
  expect(stateOf(folder)).toEqual(after);
  expect(leftoversIn(folder)).toEqual([]);
  expect(fs.statSync(join(folder, "gru.js")).mode & 0o777).toBe(0o640);
  expect(fs.lstatSync(join(folder, "gru.d.ts")).isSymbolicLink()).toBe(true);
});

test("contents are on the disk before they take a name, and the name before it is done", () => {
  const calls = callsOf();
  const at = (name: CallName): number[] => calls.flatMap((call, i) => (call === name ? [i] : []));
  const [syncs, renames] = [at("fsyncSync"), at("renameSync")];
  expect(renames).toHaveLength(3);
  expect(syncs.filter((i) => i < renames[0]!)).toHaveLength(3);
  // The folders of the files, and those in which folders were made.
  expect(syncs.filter((i) => i > renames[2]!)).toHaveLength(4);
});

describe("where a call of the system fails", () => {
  const calls = callsOf();
  test.each([
    ["ENOSPC", "before"],
    ["EIO", "after"],
  ])("once, each in turn, with %s %s it has done its work", (code, when) => {
    for (const [i, name] of calls.entries()) {
      const { folder, files } = prepare();
      const failing = meddledFiles((count, _, proceed) => {
        if (count !== i + 1) return proceed();
        if (when === "after") proceed();
        throw systemError(code);
      });
      const error = errorOf(() => writeFiles(files, failing));
      expect(stateOf(folder), `${name}, call ${i + 1}`).toEqual(error === undefined ? after : before);
      // Making a temporary file, or removing one, may fail in a way that leaves it.
      const left = leftoversIn(folder).length;
      const mayStay = ["unlinkSync", "openSync", "linkSync"].includes(name);
      expect(left, `${name}, call ${i + 1}`).toBeLessThanOrEqual(mayStay ? 1 : 0);
      expect(fs.existsSync(join(folder, "deep")) && left === 0).toBe(error === undefined && left === 0);
      if (error?.code === "system") expect(error.message).toMatch(/^cannot write .*: (the disk|a part)/u);
    }
  });

  test("and all that come after it, each file is whole, and what was there is told", () => {
    for (const i of calls.keys()) {
      const { folder, files } = prepare();
      const failing = meddledFiles((count, _, proceed) => {
        if (count <= i) return proceed();
        throw systemError("EIO");
      });
      const error = errorOf(() => writeFiles(files, failing));
      for (const [k, found] of stateOf(folder).entries()) {
        expect([before[k], after[k]]).toContain(found);
        if (found === before[k] || before[k] === undefined || error === undefined) continue;
        const [, kept = ""] = /is now (.*?\.tmp)/u.exec(error.message) ?? [];
        expect(before).toContain(contentsOf(kept));
      }
    }
  });
});

describe("in a process of its own", () => {
  let program = "";
  beforeAll(async () => {
    const entry = join(root, "entry.mjs");
    const url = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
    fs.writeFileSync(
      entry,
      `import { replaceFiles } from ${url("../../../runtime/node/replace-files.ts")};
       import { nodeFileSystem } from ${url("../../../runtime/node/file-system.ts")};
       import { meddledFiles } from ${url("../../support/failing-files.ts")};
       const { files, at, signal } = JSON.parse(process.argv[2]);
       const system = meddledFiles((count, _, proceed) => {
         if (count === at) process.kill(process.pid, signal);
         return proceed();
       });
       if (at < 0) process.on(signal, () => console.log("heard"));
       replaceFiles(files, at < 0 ? nodeFileSystem : system);
       if (at < 0) process.kill(process.pid, signal);
       setTimeout(() => console.log("ended"), at < 0 ? 20 : 10_000);`,
    );
    program = join(root, "program.mjs");
    const bundle = await rolldown({ input: entry, platform: "node", logLevel: "silent" });
    await bundle.write({ file: program, format: "esm" });
    await bundle.close();
  });

  const run = (given: object): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [program, JSON.stringify(given)], { encoding: "utf8" });
  const calls = callsOf().length;
  /** Calls at which the process is ended: all of them, or some. */
  const some = (count: number): number[] =>
    isFuzzing
      ? Array.from({ length: calls }, (_, i) => i + 1)
      : Array.from({ length: count }, (_, i) => 1 + Math.floor(((i + 0.5) * calls) / count));

  test.each(["SIGINT", "SIGTERM", "SIGHUP"])("%s waits until all is written, and ends the process then", (signal) => {
    for (const at of some(1)) {
      const { folder, files } = prepare();
      expect(run({ files, at, signal })).toMatchObject({ signal, stdout: "" });
      expect(stateOf(folder)).toEqual(after);
      expect(leftoversIn(folder)).toEqual([]);
    }
  });

  test("a listener of the program keeps its say", () => {
    const { files } = prepare();
    expect(run({ files, at: -1, signal: "SIGTERM" })).toMatchObject({ status: 0, stdout: "heard\nended\n" });
  });

  test("SIGKILL leaves whole files, and the next run is not disturbed by what it left", () => {
    for (const at of some(3)) {
      const { folder, files } = prepare();
      expect(run({ files, at, signal: "SIGKILL" })).toMatchObject({ signal: "SIGKILL" });
      for (const [k, found] of stateOf(folder).entries()) expect([before[k], after[k]]).toContain(found);
      writeFiles(files);
      expect(stateOf(folder)).toEqual(after);
    }
  });
});

describe("only regular files are written", () => {
  const refuses = (make: (path: string) => void, message: string): void => {
    const folder = newFolder();
    const path = join(folder, "gru.js");
    make(path);
    const kind = fs.lstatSync(path).mode;
    const other = join(folder, "gru.d.ts");
    const error = errorOf(() => {
      writeFiles([
        { path: other, contents: "types" },
        { path, contents: "module" },
      ]);
    });
    expect(error).toMatchObject({ code: "not-a-file", path });
    expect(error?.message).toBe(`cannot write ${path}: ${message.replace("FOLDER", folder)}`);
    expect(fs.lstatSync(path).mode).toBe(kind);
    expect(contentsOf(other)).toBeUndefined();
  };

  test.each<[string, (path: string) => void, string]>([
    ["a folder", (path) => fs.mkdirSync(path), "it is a directory"],
    ["a link to nothing", (path) => fs.symlinkSync("gone.js", path), "it is a link to FOLDER/gone.js, which does not exist"], // prettier-ignore
    ["a link to itself", (path) => fs.symlinkSync("gru.js", path), "its links lead in a circle"],
    ["a link to a folder", (path) => fs.symlinkSync(".", path), "it is a directory"],
  ])("not %s", (_, make, message) => {
    refuses(make, message);
  });

  test.runIf(process.platform !== "win32")("not a pipe, a device, or what stands for an open file", () => {
    const pipe = (path: string): unknown => execFileSync("mkfifo", [path]);
    refuses((path) => void pipe(path), "it is a pipe");
    refuses((path) => {
      pipe(`${path}.pipe`);
      fs.symlinkSync("gru.js.pipe", path);
    }, "it is a pipe");
    refuses((path) => {
      fs.symlinkSync("/dev/null", path);
    }, "it is a device");
  });

  test.runIf(process.platform === "linux")("not what stands for an open file", () => {
    const open = fs.openSync(join(newFolder(), "open"), "w");
    refuses((path) => {
      fs.symlinkSync(`/proc/self/fd/${open}`, path);
    }, "it stands for an open file, not for a place");
    fs.closeSync(open);
  });

  test.runIf(process.platform !== "win32")("not a socket", async () => {
    const folder = newFolder();
    const path = join(folder, "s");
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    expect(errorOf(() => writeFiles([{ path, contents: "module" }]))?.message).toMatch(/it is a socket$/u);
    await new Promise((resolve) => server.close(resolve));
  });
});

test("a read-only file is refused, but not where it has its contents already", () => {
  const path = join(newFolder(), "gru.js");
  fs.writeFileSync(path, "module", { mode: 0o444 });
  expect(errorOf(() => writeFiles([{ path, contents: "other" }]))).toMatchObject({ code: "read-only", path });
  writeFiles([{ path, contents: "module" }]);
  expect(contentsOf(path)).toBe("module");
});

test("two names of one file in one set are refused", () => {
  const folder = newFolder();
  fs.writeFileSync(join(folder, "a"), "old");
  fs.symlinkSync("a", join(folder, "b"));
  fs.linkSync(join(folder, "a"), join(folder, "c"));
  for (const name of ["b", "c", "./a"]) {
    const files = ["a", name].map((each) => ({ path: `${folder}/${each}`, contents: each }));
    expect(errorOf(() => writeFiles(files))).toMatchObject({ code: "same-file", path: `${folder}/${name}` });
  }
  expect(contentsOf(join(folder, "a"))).toBe("old");
});

test("what is as it should be is not touched", () => {
  const { files } = prepare();
  writeFiles(files);
  const times = files.map(({ path }) => fs.statSync(path).ino);
  writeFiles(files);
  expect(files.map(({ path }) => fs.statSync(path).ino)).toEqual(times);
});

test("a text that UTF-8 cannot hold is refused", () => {
  const path = join(newFolder(), "a");
  expect(() => writeFiles([{ path, contents: "\ud800" }])).toThrow(TypeError);
  expect(fs.existsSync(path)).toBe(false);
});

describe("owner and group", () => {
  /** The file seems to belong to others. */
  const ofOthers = (more: Partial<FileSystem>): FileSystem => ({
    ...nodeFileSystem,
    lstatSync: ((path: string, options: fs.StatSyncOptions) => {
      const found = fs.lstatSync(path, options) as fs.Stats | undefined;
      return found === undefined ? undefined : Object.assign(found, { uid: 4711, gid: 4712 });
    }) as FileSystem["lstatSync"],
    ...more,
  });

  test("stay what they are", () => {
    const path = join(newFolder(), "a");
    fs.writeFileSync(path, "old");
    const given: number[] = [];
    const system = ofOthers({ fchownSync: (_, uid, gid) => void given.push(uid, gid) });
    writeFiles([{ path, contents: "new" }], system);
    expect(given).toEqual([4711, 4712]);
    expect(contentsOf(path)).toBe("new");
  });

  test("that cannot stay are an error, and nothing is written", () => {
    const path = join(newFolder(), "a");
    fs.writeFileSync(path, "old");
    const system = ofOthers({
      fchownSync() {
        throw systemError("EPERM");
      },
    });
    const error = errorOf(() => writeFiles([{ path, contents: "new" }], system));
    expect(error).toMatchObject({ code: "owner", path });
    expect(error?.message).toContain("it belongs to user 4711 and group 4712");
    expect(fs.readdirSync(join(path, ".."))).toEqual(["a"]);
    expect(contentsOf(path)).toBe("old");
  });
});
