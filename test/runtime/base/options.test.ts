/** What is said of options that are misspelt, of the wrong kind, or out of their range. */
import { expect, test } from "vitest";
import { CallRangeError, CallTypeError } from "../../../runtime/base/errors.js";
import { checkCount, checkOption, checkOptionNames, checkPositive, checkSwitch, describe as said, isRecord } from "../../../runtime/base/options.js"; // prettier-ignore

test("names that nobody knows", () => {
  expect(() => { checkOptionNames("run", { steps: 1, batc: 2 }, ["batch", "steps"]); }).toThrow(new CallTypeError("run: unknown option batc; expected batch, steps")); // prettier-ignore
  expect(() => { checkOptionNames("run", [1], ["batch"]); }).toThrow(new CallTypeError("run: the options must be an object, got Array of length 1")); // prettier-ignore
  checkOptionNames("run", {}, []);
});

test("ranges have their lower end, and not their upper one", () => {
  expect(checkOption("p", 0, 0, 1)).toBe(0);
  expect(() => checkOption("p", 1, 0, 1)).toThrow(new CallRangeError("p must be a number in [0, 1), got 1"));
  expect(() => checkOption("p", NaN, 0)).toThrow(
    new CallRangeError("p must be a finite number of at least 0, got NaN"),
  );
  expect(() => checkPositive("rate", 0)).toThrow("rate must be a finite number above 0, got 0");
  expect(() => checkPositive("rate", Infinity)).toThrow("got Infinity");
});

test("counts and switches", () => {
  expect([checkCount("n", 3), checkSwitch("run", "train", undefined), checkSwitch("run", "train", true)]).toEqual([3, false, true]); // prettier-ignore
  for (const wrong of [0, 1.5, "2", 2 ** 53])
    expect(() => checkCount("n", wrong)).toThrow("n must be a positive integer, got");
  expect(() => checkSwitch("run", "train", 1)).toThrow(new CallTypeError("run: train must be true or false, got 1"));
});

test.each([
  ["2", '"2"'],
  [2n, "the bigint 2n"],
  [null, "null"],
  [[1, 2], "Array of length 2"],
  [new Float32Array(3), "Float32Array of length 3"],
  [new DataView(new ArrayBuffer(4)), "DataView of 4 bytes"],
  [new Map(), "a Map"],
  [{}, "an object"],
  [Object, "a function"],
  [{ forward: () => 0, params: {} }, "an instance"],
])("%o is said as %s", (value, text) => {
  expect(said(value)).toBe(text);
});

test("what has names of its own", () => {
  expect([{}, Object.create(null), [], new Map(), new Date(0), null, 1].map(isRecord)).toEqual([true, true, false, false, false, false, false]); // prettier-ignore
});
