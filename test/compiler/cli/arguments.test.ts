import { expect, test } from "vitest";
import { sizesOption } from "../../../compiler/cli/arguments.js";

test("sizes are decimal numbers, as cells write them", () => {
  expect(sizesOption("dim", ["I=16,H=8", "a=-0.5", "b=.25", "c=1e-3"])).toEqual({
    I: 16,
    H: 8,
    a: -0.5,
    b: 0.25,
    c: 1e-3,
  });
});

test.each(["0x10", "0b1", "0o7", " 5", "5.", "+5", "1_000", "1e999", "Infinity", "٣"])("%s is none", (text) => {
  expect(() => sizesOption("dim", [`I=${text}`])).toThrow("--dim takes NAME=NUMBER, as in --dim H=128; got ");
});
