/** Compiled code is run again without being looked at, so it lies where nobody else can write. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheHome, privateCache } from "../../../compiler/cli/compile-cache.js";

let folder = "";
let home = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recell-cache-"));
  home = join(folder, "home", ".cache");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("the place is the user's own on every system, and never the shared one", () => {
  expect(cacheHome("linux", {}, "/home/ada")).toBe("/home/ada/.cache");
  expect(cacheHome("linux", { XDG_CACHE_HOME: "/data/cache" }, "/home/ada")).toBe("/data/cache");
  expect(cacheHome("linux", { XDG_CACHE_HOME: "cache" }, "/home/ada")).toBe("/home/ada/.cache");
  expect(cacheHome("darwin", {}, "/Users/ada")).toBe("/Users/ada/Library/Caches");
  expect(cacheHome("win32", { LOCALAPPDATA: "C:\\Local" }, "C:\\ada")).toBe("C:\\Local");
  expect(cacheHome("win32", {}, "C:\\ada")).toBeUndefined();
});

test("it is made for the user alone, and found again", () => {
  const made = privateCache(home);
  expect(made).toBe(join(home, "recell"));
  expect(statSync(made!).mode & 0o777).toBe(0o700);
  expect(privateCache(home)).toBe(made);
});

test("there is none where others may write, read, or have put something", () => {
  expect(privateCache(undefined)).toBeUndefined();
  for (const mode of [0o777, 0o770, 0o755]) {
    const own = join(home, mode.toString(8));
    mkdirSync(join(own, "recell"), { recursive: true });
    chmodSync(join(own, "recell"), mode);
    expect(privateCache(own), mode.toString(8)).toBeUndefined();
  }
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  expect(privateCache(open)).toBeUndefined();
  expect(privateCache(join(open, "below", "it"))).toBeUndefined();
  // With the sticky bit too, others may make the directory first.
  chmodSync(open, 0o1777);
  expect(privateCache(open)).toBeUndefined();
  const linked = join(folder, "linked");
  mkdirSync(linked);
  mkdirSync(join(folder, "target"), { mode: 0o700 });
  symlinkSync(join(folder, "target"), join(linked, "recell"));
  expect(privateCache(linked)).toBeUndefined();
  expect(privateCache(join(process.execPath, "no-directory"))).toBeUndefined();
});

test.runIf(process.getuid?.() === 0)("there is none in a directory of somebody else", async () => {
  const { chownSync } = await import("node:fs");
  mkdirSync(join(home, "recell"), { recursive: true, mode: 0o700 });
  chownSync(join(home, "recell"), 12345, 12345);
  expect(privateCache(home)).toBeUndefined();
  chownSync(join(home, "recell"), 0, 0);
  chownSync(home, 12345, 12345);
  expect(privateCache(home)).toBeUndefined();
  expect(privateCache(join(home, "further", "down"))).toBeUndefined();
  expect(existsSync(join(home, "further"))).toBe(false);
});

test("the command keeps nothing in the folder for temporary files", () => {
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const env = { PATH: process.env["PATH"], HOME: join(folder, "home"), TMPDIR: temporary };
  execFileSync(process.execPath, ["dist/compiler/cli/main.js", "--version"], { env });
  expect(readdirSync(temporary)).toEqual([]);
  const isKept = "enableCompileCache" in (process.getBuiltinModule("node:module") as object);
  expect(existsSync(join(home, "recell"))).toBe(isKept);
});
