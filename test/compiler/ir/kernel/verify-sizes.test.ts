/** Sizes that nobody gives, and names that two have, are told before anything is measured by them. */
import { expect, test } from "vitest";
import { problemsIn } from "../../../support/kernel-problems.js";

const program = (axes: string, buffer = "x: real[%B*%T]", kernel = ""): string =>
  `${axes}\nslot 0: real[%B*%T]\nbuffer ${buffer} slot 0 external\nkernel f {\n}\n${kernel}`;

test.each([
  ["what is in order", program("axes %T steps T"), []],
  ["a buffer", program("axes %T steps T", "x: real[%B*Q]"), ["the size of x has Q, which is no axis"]],
  ["no axes", program(""), ["the size of x has %T, which is no axis", "the size of slot 0 has %T, which is no axis"]],
  ["an axis that a call does not have", program("axes %T steps T, Q"), ["a call has no size Q"]],
  ["an axis twice", program("axes %T steps T, %T steps T"), ["two axes are called %T"]],
  ["a kernel twice", program("axes %T steps T", undefined, "kernel f {\n}\n"), ["two kernels are called f"]],
])("%s", (_, text, problems) => {
  expect(problemsIn(text)).toEqual(problems);
});
