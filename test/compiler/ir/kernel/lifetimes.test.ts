/** From where to where buffers are in use: through whole loops where a value may come from the step before. */
import { expect, test } from "vitest";
import { lifetimes } from "../../../../compiler/ir/kernel/lifetimes.js";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";

const region = (text: string): string => `region r\n  ${text}`;
const inLoop = (...texts: readonly string[]): string =>
  `for t < 3\n${texts.map((text) => region(text).replace(/^/gmu, "  ")).join("\n")}`;
const of = (...lines: readonly string[]): string[] =>
  lifetimes({ name: "f", body: parseKernelBody(lines.join("\n")) }).map(({ name, first, last }) => `${name} ${first}-${last}`); // prettier-ignore

test("one region after the other", () => {
  expect(of(region("a[0] = x[0]"), region("b[0] = a[0]"), region("y[0] = b[0]"))).toEqual([
    "a 0-1",
    "x 0-0",
    "b 1-2",
    "y 2-2",
  ]);
});

test("what a loop writes before it reads lives in one round", () => {
  expect(of(inLoop("a[0] = 1", "y[0] = a[0]"))).toEqual(["a 1-2", "y 2-2"]);
});

test("what it reads first comes from the round before", () => {
  expect(of(inLoop("y[0] = a[0]", "a[0] = 1"))).toEqual(["a 0-3", "y 1-1"]);
});

test("what is used after the loop, too, lives through all of it", () => {
  expect(of(inLoop("a[0] = 1", "b[0] = 2"), region("y[0] = a[0]"))).toEqual(["a 0-4", "b 2-2", "y 4-4"]);
});
