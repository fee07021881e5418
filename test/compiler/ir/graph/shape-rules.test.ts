/** Types of results, and operands that do not fit: each is refused with a sentence. */
import { describe, expect, it, test } from "vitest";
import { printType } from "../../../../compiler/ir/graph/print.js";
import { typeOf } from "../../../../compiler/ir/graph/values.js";
import { functionOf } from "../../../support/graph-text.js";

const given =
  "%v: real[3], %w: real[2], %A: real[2, 3], %W: shared real[2, 3], %x: real[%T, 3], %i: index[2], %b: bool[3]";
const parsed = (line: string) => functionOf(`func f(${given}) -> (v: %v) {\n${line}\n}`);

describe("operands that do not fit", () => {
  it.each([
    ["%r: real[3] = add %v, %w", "add of shapes [3] and [2]"],
    ["%r: real[3] = add %v", "add takes 2 operands"],
    ["%r: real[3] = add %v, %b", "add of real, bool, expected real, real"],
    ["%r: bool[3] = and %v, %b", "and of real, bool, expected bool, bool"],
    ["%r: real[3] = select %v, %v, %v", "select of real, real, real, expected bool, real, real"],
    ["%r: real[2, 3] = broadcast [2, 3] axes [0] %v", "broadcast of [3] to [2, 3]"],
    ["%r: real[3, 2] = broadcast [3, 2] axes [1 0] %A", "broadcast axes order"],
    ["%r: real[3] = broadcast [3] axes [] %v", "broadcast axes do not match"],
    ["%r: real[] = reduce sum axes [1] %v", "reduce over axes 1 of [3]"],
    ["%r: real[] = reduce sum axes [0] %b", "reduce takes a real"],
    ["%r: real[2] = contract [0 1] [1] -> [0] %A, %w", "contract of 3 with 2"],
    ["%r: real[] = contract [0 1] [1] -> [] %A, %v", "contract label 0 is summed but in one operand only"],
    ["%r: real[] = contract [0 0] [0] -> [] %A, %v", "contract label twice in one operand"],
    ["%r: real[] = contract [0] [0] -> [1] %v, %v", "contract label 1 of the result is in no operand"],
    ["%r: real[] = contract [0] [0] -> [] parts 3 %v, %v", "contract in 3 parts: it has 1 or 4"],
    ["%r: real[1] = slice axis 1 start 0 length 1 %v", "slice axis"],
    ["%r: real[5] = pad axis 1 before 1 after 1 %v", "pad axis"],
    ["%r: real[4, 3] = concat axis 1 %A, %x", "concat of [2, 3] and [%T, 3] along axis 1"],
    ["%r: real[5] = concat axis 0 %v, %i", "concat of different kinds"],
    ["%r: real[4] = reshape [4] %v", "reshape of [3] to [4]"],
    ["%r: real[2, 3] = transpose [0 0] %A", "transpose permutation"],
    ["%r: real[3] = reverse axis 1 %v", "reverse axis"],
    ["%r: real[3, 2] = window axis 0 length 3 size 2 stride 1 dilation 1 %v", "3 windows of 2 in 3"],
    ["%r: real[2] = unwindow axis 0 size 2 stride 1 dilation 1 %A", "2 windows of 3 in 2"],
    ["%r: real[2] = gather %v, %w", "gather takes a table and an index"],
    ["%r: real[4] = scatter_add size 4 %i, %v", "scatter_add of [3] at [2]"],
    ["%r: index[3] = to_index %b", "to_index takes a real"],
    ["%r: shared real[2, 3] = batch_sum %W", "batch_sum takes a real value of each example"],
    ["%r: shared real[%T, 3] = batch_sum %x", "batch_sum of [%T, 3], which differs in size"],
  ])("%s", (line, problem) => {
    expect(() => parsed(line)).toThrow(problem);
  });
});

describe("loops whose operands do not fit", () => {
  const loop = (operands: string, inputs: string, outputs: string, lines = ""): string =>
    `%r: real[3], %s: real[%T, 3] = scan length %T carried 1 sequences 1 ${operands} body
      func step(${inputs}) -> (${outputs}) { ${lines} }`;
  it.each([
    [loop("%v, %x", "%h: real[3], %e: real[2]", "h: %h, y: %h"), "scan operand 1 is real[3], the body takes real[2]"],
    [loop("%v, %A", "%h: real[3], %e: real[3]", "h: %h, y: %h"), "scan sequence 1 is not over %T"],
    [loop("%v", "%h: real[3], %e: real[3]", "h: %h, y: %h"), "scan of 1 operands with a body of 2 inputs"],
    [loop("%v, %x, %A", "%h: real[3], %e: real[3], %k: shared real[2, 3]", "h: %h, y: %h"), "scan operand 2 is per example, the body takes a shared value"],
    [loop("%v, %x", "%h: real[3], %e: real[3]", "h: %n, y: %h", "%n: real[] = reduce sum axes [0] %h"), "carried value 0 changes its type"],
  ])("%s", (line, problem) => {
    expect(() => parsed(line)).toThrow(problem);
  }); // prettier-ignore
});

test.each([
  ["%r: shared real[2, 3] = neg %W", "shared real[2, 3]"],
  ["%r: real[2, 3] = add %W, %A", "real[2, 3]"],
  ["%r: bool[3] = lt %v, %v", "bool[3]"],
  ["%r: shared real[] = dimension H", "shared real[]"],
  // What differs in size from example to example is never the same for all.
  ["%r: real[] = dimension S", "real[]"],
  ["%r: real[%T] = iota %T", "real[%T]"],
  ["%c: shared real[] = constant real 1\n%r: real[%T] = broadcast [%T] axes [] %c", "real[%T]"],
  ["%r: real[2, 3] = gather %W, %i", "real[2, 3]"],
  ["%k: real[3] = reduce sum axes [0] %A\n%r: shared real[3] = batch_sum %k", "shared real[3]"],
])("%s", (line, expected) => {
  const fn = parsed(line);
  expect(printType(typeOf(fn, fn.instructions.at(-1)!.results[0]!))).toBe(expected);
});
