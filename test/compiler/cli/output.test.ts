import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { guardedOutput } from "../../../compiler/cli/output.js";

function streamOf(fd: number) {
  const written: string[] = [];
  let listener: (error: Error) => void = () => undefined;
  const stream = {
    fd,
    isTTY: true,
    write: (text: string) => written.push(text),
    on: (_: "error", given: (error: Error) => void) => (listener = given),
  };
  const fail = (code: string): void => listener(Object.assign(new Error(code), { code }));
  return { stream, written, fail };
}

test("a reader that has gone is no error, and gets nothing more", () => {
  const { stream, written, fail } = streamOf(-1);
  const failures: string[] = [];
  const out = guardedOutput(stream, (reason) => failures.push(reason));
  out.write("one");
  fail("EPIPE");
  out.write("two");
  fail("EPIPE");
  expect([written, failures]).toEqual([["one"], []]);
});

test("another failure is told once, in words", () => {
  const { stream, written, fail } = streamOf(-1);
  const failures: string[] = [];
  const out = guardedOutput(stream, (reason) => failures.push(reason));
  fail("ENOSPC");
  fail("EIO");
  out.write("two");
  expect([written, failures]).toEqual([[], ["the disk is full"]]);
});

test.runIf(process.platform === "linux")("a full device is told at once", () => {
  const file = openSync("/dev/full", "w");
  const { stream } = streamOf(file);
  const failures: string[] = [];
  guardedOutput({ ...stream, isTTY: false }, (reason) => failures.push(reason)).write("one");
  closeSync(file);
  expect(failures).toEqual(["the disk is full"]);
});
