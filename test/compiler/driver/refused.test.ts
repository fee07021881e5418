/** What cannot be made of a source without errors is an error of the source; what is another error stays one. */
import { expect, test } from "vitest";
import { refused } from "../../../compiler/driver/refused.js";
import { MemoryLimitError } from "../../../compiler/emit/memory-limit.js";
import { SegmentsError } from "../../../compiler/program/segments/find-segments.js";

const span = { file: "a.cell", start: 3, end: 7 };

test("too much memory and no segments are told at the cell, with their help", () => {
  const options = { dtype: "f64", gradient: true, jvp: false, hvp: false } as const;
  expect([
    ...refused(new MemoryLimitError(2 ** 40, options), span),
    ...refused(new SegmentsError("`y` looks ahead", "do not"), span),
  ]).toMatchObject([
    { code: "memory-limit", severity: "error", span, help: expect.stringContaining("dtype f32") as string },
    { code: "no-segments", severity: "error", span, message: expect.stringContaining("`y` looks ahead") as string, help: "do not" },
  ]); // prettier-ignore
});

test("another error is thrown again", () => {
  const error = new RangeError("what");
  expect(() => refused(error, span)).toThrow(error);
});
