import { expect, it } from "vitest";
import { SourceFile } from "../../../../compiler/base/source/source-file.js";
import { placeOf } from "../../../../compiler/tools/diagnose/source-place.js";

it.each([
  ["h'", "h' = 2 * h"],
  ["x.im", "x.im = 2 * h"],
  [undefined, "2 * h"],
])("the equation of %s", (left, text) => {
  const file = new SourceFile("a.cell", "h' = 2 *\n  h");
  expect(placeOf({ file: "a.cell", start: 5, end: 12 }, () => file, left)).toEqual({ file: "a.cell", line: 1, text });
});
