/** Rules of what moves and repeats elements. */
import { expectCases, expectUntouched, type RuleCase } from "../../../../support/simplified.js";

const x = "%x: real[H]";

const views: readonly RuleCase[] = [
  ["a value that repeats over nothing is itself", x, ["%r: real[H] = broadcast [H] axes [0] %x"], [], "%x"],
  ["what repeats repeated values repeats those", x,
    ["%a: real[I, H] = broadcast [I, H] axes [1] %x", "%r: real[2, I, H] = broadcast [2, I, H] axes [1 2] %a"],
    ["%r: real[2, I, H] = broadcast [2, I, H] axes [2] %x"]],
  ["the slice of all is the value", x, ["%r: real[H] = slice axis 0 start 0 length H %x"], [], "%x"],
  ["a slice of a slice is one", "%x: real[3*H]",
    ["%a: real[2*H] = slice axis 0 start H length 2*H %x", "%r: real[H] = slice axis 0 start H length H %a"],
    ["%r: real[H] = slice axis 0 start 2*H length H %x"]],
  ["a slice of joined values is the part", "%x: real[H], %y: real[I]",
    ["%c: real[H + I] = concat axis 0 %x, %y", "%r: real[I] = slice axis 0 start H length I %c"], [], "%y"],
  ["or several parts", "%x: real[H], %y: real[I], %w: real[2]",
    ["%c: real[H + I + 2] = concat axis 0 %x, %y, %w", "%r: real[I + 2] = slice axis 0 start H length I + 2 %c"],
    ["%r: real[I + 2] = concat axis 0 %y, %w"]],
  ["a slice of an axis that repeats repeats less", x,
    ["%a: real[4, H] = broadcast [4, H] axes [1] %x", "%r: real[2, H] = slice axis 0 start 1 length 2 %a"],
    ["%r: real[2, H] = broadcast [2, H] axes [1] %x"]],
  ["a slice of another axis is taken before repeating", "%x: real[5]",
    ["%a: real[4, 5] = broadcast [4, 5] axes [1] %x", "%r: real[4, 2] = slice axis 1 start 1 length 2 %a"],
    ["%1: real[2] = slice axis 0 start 1 length 2 %x", "%r: real[4, 2] = broadcast [4, 2] axes [1] %1"]],
  ["one value joined is the value", x, ["%r: real[H] = concat axis 0 %x"], [], "%x"],
  ["neighbouring slices that are all of a value are the value", "%x: real[2*H]",
    ["%a: real[H] = slice axis 0 start 0 length H %x", "%b: real[H] = slice axis 0 start H length H %x", "%r: real[2*H] = concat axis 0 %a, %b"], [], "%x"],
  ["neighbouring slices among others are one", "%x: real[5], %y: real[1]",
    ["%a: real[2] = slice axis 0 start 1 length 2 %x", "%b: real[1] = slice axis 0 start 3 length 1 %x", "%r: real[5] = concat axis 0 %y, %a, %b, %y"],
    ["%2: real[3] = slice axis 0 start 1 length 3 %x", "%r: real[5] = concat axis 0 %y, %2, %y"]],
  ["parts that repeat alike are joined before", "%x: real[2], %y: real[3]",
    ["%a: real[I, 2] = broadcast [I, 2] axes [1] %x", "%b: real[I, 3] = broadcast [I, 3] axes [1] %y", "%r: real[I, 5] = concat axis 1 %a, %b"],
    ["%2: real[5] = concat axis 0 %x, %y", "%r: real[I, 5] = broadcast [I, 5] axes [1] %2"]],
  ["a reshape to the same shape is nothing", "%x: real[2, 3]", ["%r: real[2, 3] = reshape [2, 3] %x"], [], "%x"],
  ["the last reshape decides", "%x: real[2, 3]", ["%a: real[6] = reshape [6] %x", "%r: real[3, 2] = reshape [3, 2] %a"], ["%r: real[3, 2] = reshape [3, 2] %x"]],
  ["back and forth is nothing", "%x: real[2, 3]", ["%a: real[6] = reshape [6] %x", "%r: real[2, 3] = reshape [2, 3] %a"], [], "%x"],
  ["a transpose that keeps the order is nothing", "%x: real[2, 3]", ["%r: real[2, 3] = transpose [0 1] %x"], [], "%x"],
  ["transposed twice is once", "%x: real[2, 3, 4]",
    ["%a: real[4, 2, 3] = transpose [2 0 1] %x", "%r: real[2, 4, 3] = transpose [1 0 2] %a"], ["%r: real[2, 4, 3] = transpose [0 2 1] %x"]],
  ["transposed back is nothing", "%x: real[2, 3]", ["%a: real[3, 2] = transpose [1 0] %x", "%r: real[2, 3] = transpose [1 0] %a"], [], "%x"],
  ["reversed twice is nothing", "%x: real[2, 3]", ["%a: real[2, 3] = reverse axis 1 %x", "%r: real[2, 3] = reverse axis 1 %a"], [], "%x"],
]; // prettier-ignore

expectCases(views);

expectUntouched([
  ["a slice across parts", "%x: real[H], %y: real[H]", "%c: real[2*H] = concat axis 0 %x, %y", "%r: real[H] = slice axis 0 start 1 length H %c"],
  ["a slice along another axis than the joined one", "%x: real[4, H], %y: real[4, H]", "%c: real[4, 2*H] = concat axis 1 %x, %y",
    "%r: real[2, 2*H] = slice axis 0 start 1 length 2 %c"],
  ["slices along two axes", "%x: real[4, 4]", "%a: real[2, 4] = slice axis 0 start 1 length 2 %x", "%r: real[2, 2] = slice axis 1 start 1 length 2 %a"],
  ["slices with a gap between them", "%x: real[5]", "%a: real[2] = slice axis 0 start 0 length 2 %x", "%b: real[2] = slice axis 0 start 3 length 2 %x",
    "%r: real[4] = concat axis 0 %a, %b"],
  ["slices of two values", "%x: real[4], %y: real[4]", "%a: real[2] = slice axis 0 start 0 length 2 %x", "%b: real[2] = slice axis 0 start 2 length 2 %y",
    "%r: real[4] = concat axis 0 %a, %b"],
  ["parts joined along the axis that repeats", x, "%a: real[2, H] = broadcast [2, H] axes [1] %x", "%b: real[3, H] = broadcast [3, H] axes [1] %x",
    "%r: real[5, H] = concat axis 0 %a, %b"],
  ["reversals of two axes", "%x: real[2, 3]", "%a: real[2, 3] = reverse axis 0 %x", "%r: real[2, 3] = reverse axis 1 %a"],
]); // prettier-ignore
