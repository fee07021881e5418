/** Imports read regular cells inside the project's folder, and open nothing else. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../../../compiler/cli/arguments.js";
import { importReader } from "../../../compiler/cli/import-reader.js";

const base = mkdtempSync(join(tmpdir(), "recell-imports-"));
afterAll(() => {
  rmSync(base, { recursive: true });
});
const at = (...parts: string[]): string => join(base, ...parts);
for (const folder of ["project/cells", "plain"]) mkdirSync(at(folder), { recursive: true });
writeFileSync(at("project/package.json"), "{}");
writeFileSync(at("project/top.cell"), "top");
writeFileSync(at("project/secret.txt"), "secret");
writeFileSync(at("outside.cell"), "outside");
writeFileSync(at("project/cells/bytes.cell"), Uint8Array.of(0xff, 0xfe, 0x00));
writeFileSync(at("project/cells/huge.cell"), "");
truncateSync(at("project/cells/huge.cell"), 5e9);
mkdirSync(at("project/cells/folder.cell"));

const fromCells = importReader(at("project/cells/a.cell"), undefined);
const refused = (text: string): unknown =>
  expect.objectContaining({ refused: expect.stringContaining(text) as string });

test("a cell anywhere in the project", () => {
  expect(fromCells(at("project/top.cell"))).toBe("top");
  expect(fromCells(at("project/none.cell"))).toBeUndefined();
});

test.each([
  ["outside.cell", "outside of"],
  ["not-there.cell", "outside of"],
  ["project/secret.txt", "end with `.cell`"],
  ["project/cells/folder.cell", "no regular file"],
  ["project/cells/huge.cell", "more than"],
  ["project/cells/bytes.cell", "not UTF-8"],
])("%s is refused", (path, reason) => {
  expect(fromCells(at(path))).toEqual(refused(reason));
});

test("the folder of the file is the root where no package.json is above it", () => {
  const read = importReader(at("plain/a.cell"), undefined);
  expect(read(at("outside.cell"))).toEqual(refused("outside of"));
  expect(importReader(at("plain/a.cell"), base)(at("outside.cell"))).toBe("outside");
});

test("a path that no system has is refused at once", () => {
  expect(fromCells(`${at("project")}/${"a/".repeat(20_000)}b.cell`)).toEqual(refused("more than 4096 characters"));
});

test("a root that is no folder is wrong use", () => {
  expect(() => importReader(at("plain/a.cell"), at("outside.cell"))(at("outside.cell"))).toThrow(UsageError);
});

describe.skipIf(process.platform === "win32")("links, pipes and devices", () => {
  test.each([
    ["to a file outside", "../../outside.cell", "outside of"],
    ["to a file that is no cell", "../secret.txt", "end with `.cell`"],
    ["to a device", "/dev/zero", "outside of"],
    ["to what is not there outside", "../../not-there.cell", "outside of"],
  ])("a link %s is refused", (name, target, reason) => {
    const link = at("project/cells", `${name.replaceAll(" ", "-")}.cell`);
    symlinkSync(target, link);
    expect(fromCells(link)).toEqual(refused(reason));
  });

  test("a pipe is refused without being waited for", () => {
    execFileSync("mkfifo", [at("project/cells/pipe.cell")]);
    expect(fromCells(at("project/cells/pipe.cell"))).toEqual(refused("no regular file"));
  });

  test("a device inside the root is refused", () => {
    expect(importReader(at("plain/a.cell"), "/")("/dev/zero")).toEqual(refused("end with `.cell`"));
  });
});
