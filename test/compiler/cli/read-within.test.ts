/** Everything that the command line reads has an end: files, pipes, devices and standard input. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readBytes, readIfPresent, readText } from "../../../compiler/cli/files.js";
import { readLimits, streamLimit } from "../../../compiler/cli/read-limits.js";
import { readWithin } from "../../../compiler/cli/read-within.js";
import { recell } from "../../support/command-line.js";

const base = mkdtempSync(join(tmpdir(), "recell-read-"));
afterAll(() => rmSync(base, { recursive: true }));
const at = (name: string): string => join(base, name);
const limit = { bytes: 10, of: "a test" };

/** A file of so many bytes that takes no place. */
function hollow(name: string, bytes: number): string {
  writeFileSync(at(name), "");
  truncateSync(at(name), bytes);
  return at(name);
}

test("a file of as many bytes as may be is read, and none of one more", () => {
  writeFileSync(at("ten"), "0123456789");
  writeFileSync(at("eleven"), "0123456789a");
  expect(Buffer.from(readWithin(at("ten"), limit)).toString()).toBe("0123456789");
  expect(() => readWithin(at("eleven"), limit)).toThrow("it has more than 10 bytes, the most for a test");
});

test.each(Object.values(readLimits).filter(({ of }) => of !== readLimits.description.of))(
  "$of of one byte more than $bytes is refused before it is read",
  (own) => {
    const message = `cannot read ${at("large")}: it has more than ${own.bytes} bytes, the most for ${own.of}`;
    expect(() => readBytes(hollow("large", own.bytes + 1), own)).toThrow(message);
    expect(() => readText(at("large"), own)).toThrow(message);
  },
);

test("what is only looked at is passed over where it is too large or no file", () => {
  expect(readIfPresent(hollow("package.json", 2 ** 20 + 1), readLimits.description)).toBeUndefined();
  expect(readIfPresent(base, readLimits.description)).toBeUndefined();
});

describe.skipIf(process.platform === "win32")("pipes and devices", () => {
  execFileSync("mkfifo", [at("pipe")]);

  test("a device without end is refused", () => {
    expect(() => readWithin("/dev/zero", limit)).toThrow("it has more than 10 bytes");
    const { bytes, of } = streamLimit;
    expect(() => readWithin("/dev/zero", readLimits.params)).toThrow(`more than ${bytes} bytes, the most for ${of}`);
  });

  test("a pipe into which nobody writes is left", () => {
    expect(() => readWithin(at("pipe"), limit, 0.05)).toThrow("nothing has come for 0.05 seconds");
    expect(readIfPresent(at("pipe"), limit)).toBeUndefined();
  });

  test("a pipe whose writer says nothing is left", () => {
    const writer = openSync(at("pipe"), "r+");
    expect(() => readWithin(at("pipe"), limit, 0.05)).toThrow("nothing has come");
    closeSync(writer);
  });

  test("a pipe is read to its end, or to the limit", () => {
    const write = (command: string): void => void spawn("sh", ["-c", `{ ${command}; } > "$0"`, at("pipe")]);
    write("sleep 0.1; printf abc; sleep 0.1; printf def");
    expect(Buffer.from(readWithin(at("pipe"), limit, 30)).toString()).toBe("abcdef");
    write("for i in 1 2 3 4 5; do printf $i; sleep 0.01; done");
    expect(Buffer.from(readWithin(at("pipe"), { ...limit, bytes: 5 }, 30)).toString()).toBe("12345");
    write("yes");
    expect(() => readWithin(at("pipe"), limit, 30)).toThrow("more than 10 bytes");
  });

  const sizes = ["--dim", "I=2", "--dim", "H=2"];
  test.each([
    [["check", "/dev/zero"], "3000000 bytes, the most for a source"],
    [["fmt", "/dev/zero"], "3000000 bytes, the most for a source"],
    [["diagnose", "std/gru", ...sizes, "--data", "/dev/zero"], "67108864 bytes, the most for what is no regular file"],
    [["build", "std/gru", ...sizes, "--params", "/dev/zero"], "67108864 bytes, the most for what is no regular file"],
  ])("recell %j ends", async (args, message) => {
    const { code, error } = await recell(...args);
    expect([code, error]).toEqual([2, `recell: cannot read /dev/zero: it has more than ${message}\n`]);
  });
});
