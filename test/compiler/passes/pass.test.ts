/** Passes run one after the other, and what goes wrong in one is told with its name. */
import { expect, test } from "vitest";
import { InvariantError } from "../../../compiler/base/diagnostics/invariant.js";
import { type Pass, runPasses } from "../../../compiler/passes/pass.js";

const pass = (name: string, run: (text: string) => string): Pass<string, undefined> => ({ name, summary: name, run });

test("each gets what the one before it gave, and an observer sees all", () => {
  const seen: string[] = [];
  const passes = [pass("one", (text) => `${text} 1`), pass("two", (text) => `${text} 2`)];
  expect(runPasses("0", passes, undefined, (name, text) => seen.push(`${name}: ${text}`))).toBe("0 1 2");
  expect(seen).toEqual(["one: 0 1", "two: 0 1 2"]);
});

test.each([new InvariantError("no value"), new TypeError("no value")])("a bug names its pass: %s", (bug) => {
  const faulty = pass("two", () => {
    throw bug;
  });
  const run = (): string => runPasses("", [pass("one", (text) => text), faulty], undefined);
  expect(run).toThrow(new InvariantError("pass two: no value", { cause: bug }));
});

test("what is no bug of a pass goes through as it is", () => {
  const limit = new RangeError("too deep");
  const deep = pass("one", () => {
    throw limit;
  });
  expect(() => runPasses("", [deep], undefined)).toThrow(limit);
});
