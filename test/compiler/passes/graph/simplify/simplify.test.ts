/** A case for every rule of local rewriting, and what none of them may touch. */
import { describe, it } from "vitest";
import { removeUnusedValues } from "../../../../../compiler/passes/graph/remove-unused-values.js";
import { simplify } from "../../../../../compiler/passes/graph/simplify/simplify.js";
import type { GraphPass } from "../../../../../compiler/passes/pass.js";
import { printFunction } from "../../../../../compiler/ir/graph/print.js";
import { expectRewritten, functionOf } from "../../../../support/graph-text.js";

/** Rules leave what they looked at where it was. */
const pass: GraphPass = {
  ...simplify,
  run: (fn, context) => removeUnusedValues.run(simplify.run(fn, context), context),
};

/** Inputs, lines with the result `%r` (or another output), and lines of what becomes of them. */
type Case = readonly [
  name: string,
  inputs: string,
  lines: readonly string[],
  after: readonly string[],
  result?: string,
];

const constant = (name: string, value: number): string => `%${name}: shared real[] = constant real ${value}`;
/** A number in every element of `real[H]`. */
const filled = (name: string, value: number): string[] => [
  constant(name, value),
  `%${name}s: shared real[H] = broadcast [H] axes [] %${name}`,
];
const zeros = filled("z", 0);
const ones = filled("o", 1);
const minus = filled("m", -1);
const [x, xy] = ["%x: real[H]", "%x: real[H], %y: real[H]"];

const arithmetic: readonly Case[] = [
  ["x + 0 is x", x, [...zeros, "%r: real[H] = add %x, %zs"], [], "%x"],
  ["0 + x is x", x, [...zeros, "%r: real[H] = add %zs, %x"], [], "%x"],
  ["x - 0 is x", x, [...zeros, "%r: real[H] = sub %x, %zs"], [], "%x"],
  ["0 - x is -x", x, [...zeros, "%r: real[H] = sub %zs, %x"], ["%r: real[H] = neg %x"]],
  ["x * 1 is x", x, [...ones, "%r: real[H] = mul %x, %os"], [], "%x"],
  ["1 * x is x", x, [...ones, "%r: real[H] = mul %os, %x"], [], "%x"],
  ["x * -1 is -x", x, [...minus, "%r: real[H] = mul %x, %ms"], ["%r: real[H] = neg %x"]],
  ["-1 * x is -x", x, [...minus, "%r: real[H] = mul %ms, %x"], ["%r: real[H] = neg %x"]],
  ["x / 1 is x", x, [...ones, "%r: real[H] = div %x, %os"], [], "%x"],
  ["-(-x) is x", x, ["%n: real[H] = neg %x", "%r: real[H] = neg %n"], [], "%x"],
  ["x + (-y) is x - y", xy, ["%n: real[H] = neg %y", "%r: real[H] = add %x, %n"], ["%r: real[H] = sub %x, %y"]],
  ["(-x) + y is y - x", xy, ["%n: real[H] = neg %x", "%r: real[H] = add %n, %y"], ["%r: real[H] = sub %y, %x"]],
  ["x - (-y) is x + y", xy, ["%n: real[H] = neg %y", "%r: real[H] = sub %x, %n"], ["%r: real[H] = add %x, %y"]],
  ["a choice between x and x is x", xy, ["%c: bool[H] = lt %x, %y", "%r: real[H] = select %c, %x, %x"], [], "%x"],
  ["a strong product of zeros is zero", x, [...zeros, "%r: real[H] = strong_mul %zs, %x"], zeros, "%zs"],
  ["a strong quotient of zeros is zero", x, [...zeros, "%r: real[H] = strong_div %zs, %x"], zeros, "%zs"],
  ["a strong product of another number is a plain one", x, [...filled("c", 3), "%r: real[H] = strong_mul %cs, %x"],
    [...filled("c", 3), "%r: real[H] = mul %cs, %x"]],
  ["a strong product with a finite number is a plain one", x, [...filled("c", 3), "%r: real[H] = strong_mul %x, %cs"],
    [...filled("c", 3), "%r: real[H] = mul %x, %cs"]],
  ["also with 0", x, [...zeros, "%r: real[H] = strong_mul %x, %zs"], [...zeros, "%r: real[H] = mul %x, %zs"]],
  ["a strong quotient by a number other than 0 is a plain one", x, [...filled("c", 3), "%r: real[H] = strong_div %x, %cs"],
    [...filled("c", 3), "%r: real[H] = div %x, %cs"]],
  ["small whole numbers are added", "", [constant("a", 3), constant("b", -5), "%r: shared real[] = add %a, %b"], [constant("r", -2)]],
  ["small whole numbers are subtracted", "", [constant("a", 3), constant("b", 5), "%r: shared real[] = sub %a, %b"], [constant("r", -2)]],
  ["small whole numbers are multiplied", "", [constant("a", 3), constant("b", 5), "%r: shared real[] = mul %a, %b"], [constant("r", 15)]],
  ["quotients of float32 numbers are numbers", "", [constant("a", 3), constant("b", 40), "%r: shared real[] = div %a, %b"], [constant("r", 0.075)]],
  ["roots of float32 numbers are numbers", "", [constant("a", 2), "%r: shared real[] = sqrt %a"], [constant("r", Math.SQRT2)]],
  ["what rounds nothing is computed for any number", "", [constant("a", 0.3), "%r: shared real[] = neg %a"], [constant("r", -0.3)]],
  ["in every element", "", [...filled("a", 2.5), "%r: shared real[H] = floor %as"],
    [constant("0", 2), "%r: shared real[H] = broadcast [H] axes [] %0"]],
  ["an operation on values that repeat alike is done before repeating them", xy,
    ["%a: real[I, H] = broadcast [I, H] axes [1] %x", "%b: real[I, H] = broadcast [I, H] axes [1] %y", "%r: real[I, H] = mul %a, %b"],
    ["%2: real[H] = mul %x, %y", "%r: real[I, H] = broadcast [I, H] axes [1] %2"]],
  ["one that is the same everywhere repeats as the other does", "%x: real[H], %s: real[]",
    ["%a: real[I, H] = broadcast [I, H] axes [1] %x", "%b: real[I, H] = broadcast [I, H] axes [] %s", "%r: real[I, H] = mul %b, %a"],
    ["%2: real[H] = broadcast [H] axes [] %s", "%3: real[H] = mul %2, %x", "%r: real[I, H] = broadcast [I, H] axes [1] %3"]],
]; // prettier-ignore

const views: readonly Case[] = [
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

const products: readonly Case[] = [
  ["a product of a transposed matrix has its labels in another order", "%A: real[H, I], %x: real[H]",
    ["%t: real[I, H] = transpose [1 0] %A", "%r: real[I] = contract [0 1] [1] -> [0] %t, %x"], ["%r: real[I] = contract [1 0] [1] -> [0] %A, %x"]],
  ["also where it stands second, of more axes", "%x: real[4], %A: real[2, 3, 4]",
    ["%t: real[4, 2, 3] = transpose [2 0 1] %A", "%r: real[2, 3] = contract [0] [0 1 2] -> [1 2] %x, %t"], ["%r: real[2, 3] = contract [0] [1 2 0] -> [1 2] %x, %A"]],
  ["a dot product stays one", "%A: real[2, H], %x: real[2, H]",
    ["%t: real[H, 2] = transpose [1 0] %A", "%r: real[2] = contract [1 0] [0 1] -> [0] parts 4 %t, %x"], ["%r: real[2] = contract [0 1] [0 1] -> [0] parts 4 %A, %x"]],
  ["a transposed product has the labels of its result in another order", "%A: real[H], %x: real[I]",
    ["%p: real[H, I] = contract [0] [1] -> [0 1] %A, %x", "%r: real[I, H] = transpose [1 0] %p"], ["%r: real[I, H] = contract [0] [1] -> [1 0] %A, %x"]],
  ["a sum over time of products over time contracts time", "%a: real[%T, H], %b: real[%T, I]",
    ["%p: real[%T, H, I] = contract [0 1] [0 2] -> [0 1 2] %a, %b", "%r: real[H, I] = reduce sum axes [0] %p"], ["%r: real[H, I] = contract [0 1] [0 2] -> [1 2] %a, %b"]],
  ["an axis of one factor alone is summed first", "%a: real[%T, H], %b: real[H, I]",
    ["%p: real[%T, I] = contract [0 1] [1 2] -> [0 2] %a, %b", "%r: real[I] = reduce sum axes [0] %p"],
    ["%2: real[H] = reduce sum axes [0] %a", "%r: real[I] = contract [1] [1 2] -> [2] %2, %b"]],
  ["of the second factor, too", "%a: real[H, I], %b: real[I, %T]",
    ["%p: real[H, %T] = contract [0 1] [1 2] -> [0 2] %a, %b", "%r: real[H] = reduce sum axes [1] %p"],
    ["%2: real[I] = reduce sum axes [1] %b", "%r: real[H] = contract [0 1] [1] -> [0] %a, %2"]],
  ["a sum of dot products is one", "%a: real[%T, H], %b: real[H]",
    ["%p: real[%T] = contract [1 0] [0] -> [1] parts 4 %a, %b", "%r: real[] = reduce sum axes [0] %p"],
    ["%2: real[H] = reduce sum axes [0] %a", "%r: real[] = contract [0] [0] -> [] parts 4 %2, %b"]],
  ["sums of sums are one", "%x: real[2, 3, 4]",
    ["%a: real[2, 4] = reduce sum axes [1] %x", "%r: real[2] = reduce sum axes [1] %a"], ["%r: real[2] = reduce sum axes [1 2] %x"]],
  ["the largest of the largest", "%x: real[2, 3, 4]",
    ["%a: real[3, 4] = reduce max axes [0] %x", "%r: real[3] = reduce max axes [1] %a"], ["%r: real[3] = reduce max axes [0 2] %x"]],
  ["a sum of zeros is zero", "", [constant("z", 0), "%Z: shared real[2, H] = broadcast [2, H] axes [] %z", "%r: shared real[H] = reduce sum axes [0] %Z"],
    [constant("0", 0), "%r: shared real[H] = broadcast [H] axes [] %0"]],
]; // prettier-ignore

/** Each is a case of its own that looks like one of a rule. */
const untouched: readonly (readonly [name: string, inputs: string, ...lines: string[]])[] = [
  ["0 * x: x may be infinite", x, ...zeros, "%r: real[H] = mul %zs, %x"],
  ["1 / x", x, ...ones, "%r: real[H] = div %os, %x"],
  ["a strong quotient by 0", x, ...zeros, "%r: real[H] = strong_div %x, %zs"],
  ["a strong quotient by what is 0 in float32", x, ...filled("c", 1e-50), "%r: real[H] = strong_div %x, %cs"],
  ["a strong product with what is infinite in float32", x, ...filled("c", 1e39), "%r: real[H] = strong_mul %x, %cs"],
  ["a strong product of what is 0 in float32 only", x, ...filled("c", 1e-50), "%r: real[H] = strong_mul %cs, %x"],
  ["a strong product of two values", xy, "%r: real[H] = strong_mul %x, %y"],
  ["sums of fractions, which round", "", constant("a", 0.25), constant("b", 3), "%r: shared real[] = add %a, %b"],
  ["products of large numbers", "", constant("a", 2048), constant("b", 3), "%r: shared real[] = mul %a, %b"],
  ["quotients of what is no float32 number", "", constant("a", 0.1), constant("b", 3), "%r: shared real[] = div %a, %b"],
  ["quotients that are none in float32", "", constant("a", 2 ** 100), constant("b", 2 ** -100), "%r: shared real[] = div %a, %b"],
  ["exp of a constant, which is the target's own", "", constant("a", 0), "%r: shared real[] = exp %a"],
  ["values that repeat over different axes", "%x: real[H], %y: real[I]", "%a: real[I, H] = broadcast [I, H] axes [1] %x",
    "%b: real[I, H] = broadcast [I, H] axes [0] %y", "%r: real[I, H] = mul %a, %b"],
  ["a repeated value and one that is not", "%x: real[H], %y: real[I, H]", "%a: real[I, H] = broadcast [I, H] axes [1] %x", "%r: real[I, H] = mul %a, %y"],
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
  ["the largest of products", "%a: real[2, H], %b: real[2, H]", "%p: real[2, H] = contract [0 1] [0 1] -> [0 1] %a, %b", "%r: real[H] = reduce max axes [0] %p"],
  ["the largest of sums", "%x: real[2, 3]", "%a: real[2] = reduce sum axes [1] %x", "%r: real[] = reduce max axes [0] %a"],
  ["the largest of zeros", "", constant("z", 0), "%Z: real[S, 2] = broadcast [S, 2] axes [] %z", "%r: real[2] = reduce max axes [0] %Z"],
]; // prettier-ignore

describe.each([
  ["arithmetic", arithmetic],
  ["views", views],
  ["products", products],
])("%s", (_, cases) => {
  it.each(cases.map((entry) => ({ name: entry[0], entry })))("$name", ({ entry }) => {
    const [, inputs, lines, after, result = "%r"] = entry;
    const text = (body: readonly string[], value: string): string =>
      `func f(${inputs}) -> (r: ${value}) {\n${body.join("\n")}\n}`;
    // A result that is an input or an earlier value keeps its name.
    expectRewritten(pass, text(lines, "%r"), text(after, result));
  });
});

it.each(untouched)("leaves alone %s", (_, inputs, ...lines) => {
  const text = `func f(${inputs}) -> (r: %r) {\n${lines.join("\n")}\n}`;
  expectRewritten(simplify, text, text);
});

describe("sums over the batch", () => {
  it("of zeros are zero", () => {
    expectRewritten(
      pass,
      `func f(%x: real[2]) -> (r: %r) {
        %0: shared real[] = constant real 0
        %z: shared real[2] = broadcast [2] axes [] %0
        %e: real[2] = sub %x, %x
        %s: real[2] = strong_mul %z, %e
        %r: shared real[2] = batch_sum %s
      }`,
      `func f(%x: real[2]) -> (r: %z) {
        %1: shared real[] = constant real 0
        %z: shared real[2] = broadcast [2] axes [] %1
      }`,
    );
  });

  it("of what is the same for all examples count it once an example", () => {
    expectRewritten(
      pass,
      `func f(%x: real[2], %w: shared real[2]) -> (r: %r) {
        %c: bool[2] = lt %x, %x
        %s: real[2] = select %c, %w, %w
        %r: shared real[2] = batch_sum %s
      }`,
      `func f(%x: real[2], %w: shared real[2]) -> (r: %r) {
        %2: real[] = dimension %T
        %3: shared real[] = constant real 0
        %4: real[] = mul %2, %3
        %5: real[2] = broadcast [2] axes [] %4
        %6: real[2] = add %w, %5
        %r: shared real[2] = batch_sum %6
      }`,
    );
  });
});

describe("loops", () => {
  const loop = (before: string, operands: string, head: string, inputs: string, lines: string): string => `
    func f(%h0: real[3], %v: real[3]) -> (h: %last) {
      ${before}
      %last: real[3] = scan length %T carried 1 ${head} %h0${operands} body
        func step(%h: real[3]${inputs}) -> (h: %n) {
          ${lines}
        }
    }`;
  const repeated = "%vs: real[%T, 3] = broadcast [%T, 3] axes [1] %v";

  it("read a sequence that repeats one value once", () => {
    expectRewritten(
      pass,
      loop(repeated, ", %vs", "sequences 1", ", %x: real[3]", "%n: real[3] = add %h, %x"),
      loop("", ", %v", "sequences 0", ", %x: real[3]", "%n: real[3] = add %h, %x"),
    );
  });

  it("have constants inside, whether a sequence or not", () => {
    const constants = `
      %c: shared real[] = constant real 2
      %cs: real[%T, 3] = broadcast [%T, 3] axes [] %c
      %d: shared real[] = constant real 0.5`;
    expectRewritten(
      pass,
      loop(constants, ", %cs, %d", "sequences 1", ", %x: real[3], %s: shared real[]", `
        %ss: shared real[3] = broadcast [3] axes [] %s
        %a: real[3] = mul %h, %ss
        %n: real[3] = add %a, %x`),
      loop("", "", "sequences 0", "", `
        %1: shared real[] = constant real 2
        %2: shared real[3] = broadcast [3] axes [] %1
        %3: shared real[] = constant real 0.5
        %ss: shared real[3] = broadcast [3] axes [] %3
        %a: real[3] = mul %h, %ss
        %n: real[3] = add %a, %2`),
    ); // prettier-ignore
  });

  it("are simplified inside", () => {
    expectRewritten(
      pass,
      loop("", ", %v", "sequences 0", ", %w: real[3]", "%m: real[3] = neg %w\n%n: real[3] = add %h, %m"),
      loop("", ", %v", "sequences 0", ", %w: real[3]", "%n: real[3] = sub %h, %w"),
    );
  });

  it("have constants as far inside as they are read", () => {
    /** Loops in loops, the innermost of which makes `%l` of `%h`. */
    const nested = (depth: number, innermost: string, operand: string, input: string): string => {
      if (depth === 0) return innermost;
      const inner = nested(depth - 1, innermost, operand, input);
      const result = inner === "" ? "%h" : "%l";
      return `%l: real[3] = scan length 2 carried 1 sequences 0 %h${operand} body
        func step(%h: real[3]${input}) -> (h: ${result}) { ${inner} }`;
    };
    const around = (lines: string): string => `func f(%h: real[3]) -> (h: %l) { ${lines} }`;
    const zeros = "%c: shared real[] = constant real 0 %z: shared real[3] = broadcast [3] axes [] %c";
    const before = nested(7, "%l: real[3] = add %h, %z", ", %z", ", %z: shared real[3]");
    const after = printFunction(functionOf(around(nested(7, "", "", ""))));
    expectRewritten(pass, around(`${zeros} ${before}`), after);
  });

  it("keep constants that are states to begin with", () => {
    const text = `func f() -> (h: %last) {
      %c: shared real[] = constant real 2
      %1: shared real[3] = broadcast [3] axes [] %c
      %last: real[3] = scan length %T carried 1 sequences 0 %1 body
        func step(%h: real[3]) -> (h: %n) {
          %n: real[3] = tanh %h
        }
    }`;
    expectRewritten(simplify, text, text);
  });

  it("leaves sequences alone that move", () => {
    const moving = `func f(%h0: real[3], %t: real[%T]) -> (h: %last) {
      %ts: real[%T, 3] = broadcast [%T, 3] axes [0] %t
      %last: real[3] = scan length %T carried 1 sequences 1 %h0, %ts body
        func step(%h: real[3], %x: real[3]) -> (h: %n) {
          %n: real[3] = add %h, %x
        }
    }`;
    expectRewritten(simplify, moving, moving);
  });
});
