import { describe, expect, it } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/types.js";
import { shapeContext } from "../../../../compiler/ops/shape-rules.js";
import { removeUnusedValues } from "../../../../compiler/transform/graph/remove-unused-values.js";
import { shareCommonValues } from "../../../../compiler/transform/graph/share-common-values.js";
import { simplify } from "../../../../compiler/transform/graph/simplify/simplify.js";
import { randomInputs, randomSource, run, flatten, worstError } from "../../../support/evaluate-helpers.js";

const context = shapeContext([]);
const sizes = [
  new Map([
    ["H", 3],
    ["I", 2],
    ["%T", 4],
  ]),
  new Map([
    ["H", 3],
    ["I", 2],
    ["%T", 2],
  ]),
];

/** Simplifies one function, checks that it means the same, and gives the lines of its body without names of values. */
function lines(text: string): string[] {
  const fn = parseProgram(text).functions[0] as GraphFunction;
  const result = removeUnusedValues.run(shareCommonValues.run(simplify.run(fn, context), context), context);
  const inputs = randomInputs(fn, sizes, randomSource(7));
  const [before, after] = [run(fn, inputs, sizes), run(result, inputs, sizes)];
  for (const [name, value] of before) {
    expect(worstError(flatten(after.get(name) as never), flatten(value))).toBeLessThan(1e-14);
  }
  return printFunction(result)
    .split("\n")
    .slice(1, -2)
    .map((line) => line.trim().replace(/^[^=]*= /u, ""));
}

const f = (inputs: string, body: string, output = "%r"): string => `func f(${inputs}) -> (r: ${output}) {\n${body}\n}`;

describe("simplify", () => {
  const zero = "%z: shared real[] = constant real 0\n%zs: shared real[H] = broadcast [H] axes [] %z\n";
  const one = "%o: shared real[] = constant real 1\n%os: shared real[H] = broadcast [H] axes [] %o\n";
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["x + 0 is x", f("%x: real[H]", `${zero}%r: real[H] = add %x, %zs`), []],
    ["1 * x is x", f("%x: real[H]", `${one}%r: real[H] = mul %os, %x`), []],
    ["0 * x stays, x may be infinite", f("%x: real[H]", `${zero}%r: real[H] = mul %zs, %x`), ["constant real 0", "broadcast [H] axes [] %z", "mul %zs, %x"]],
    ["x + (-y) is x - y", f("%x: real[H], %y: real[H]", "%n: real[H] = neg %y\n%r: real[H] = add %x, %n"), ["sub %x, %y"]],
    ["-(-x) is x", f("%x: real[H]", "%n: real[H] = neg %x\n%r: real[H] = neg %n"), []],
    [
      "an operation on repeated values is done once",
      f("%x: real[H], %y: real[H]", "%a: real[I, H] = broadcast [I, H] axes [1] %x\n%b: real[I, H] = broadcast [I, H] axes [1] %y\n%r: real[I, H] = mul %a, %b"),
      ["mul %x, %y", "broadcast [I, H] axes [1] %2"],
    ],
    ["neighbouring slices of one value join", f("%x: real[2*H]", "%a: real[H] = slice axis 0 start 0 length H %x\n%b: real[H] = slice axis 0 start H length H %x\n%r: real[2*H] = concat axis 0 %a, %b"), []],
    ["a slice of joined values is the part", f("%x: real[H], %y: real[I]", "%c: real[H + I] = concat axis 0 %x, %y\n%r: real[I] = slice axis 0 start H length I %c"), []],
    ["a product of a transposed matrix relabels", f("%A: real[H, I], %x: real[H]", "%t: real[I, H] = transpose [1 0] %A\n%r: real[I] = contract [0 1] [1] -> [0] %t, %x"), ["contract [1 0] [1] -> [0] %A, %x"]],
    ["a dot product stays one", f("%A: real[2, H], %x: real[2, H]", "%t: real[H, 2] = transpose [1 0] %A\n%r: real[2] = contract [1 0] [0 1] -> [0] parts 4 %t, %x"), ["contract [0 1] [0 1] -> [0] parts 4 %A, %x"]],
    ["a sum of dot products is one", f("%a: real[%T, H], %b: real[H]", "%p: real[%T] = contract [1 0] [0] -> [1] parts 4 %a, %b\n%r: real[] = reduce sum axes [0] %p"), ["reduce sum axes [0] %a", "contract [0] [0] -> [] parts 4 %2, %b"]],
    ["a sum over time of products over time contracts time", f("%a: real[%T, H], %b: real[%T, I]", "%p: real[%T, H, I] = contract [0 1] [0 2] -> [0 1 2] %a, %b\n%r: real[H, I] = reduce sum axes [0] %p"), ["contract [0 1] [0 2] -> [1 2] %a, %b"]],
    ["an axis of one factor alone is summed first", f("%a: real[%T, H], %b: real[H, I]", "%p: real[%T, I] = contract [0 1] [1 2] -> [0 2] %a, %b\n%r: real[I] = reduce sum axes [0] %p"), ["reduce sum axes [0] %a", "contract [1] [1 2] -> [2] %2, %b"]],
  ]; // prettier-ignore
  it.each(cases)("%s", (_name, text, expected) => {
    expect(lines(text)).toEqual(expected);
  });
});

describe("share-common-values", () => {
  it("computes a + b and b + a once", () => {
    expect(
      lines(
        f("%a: real[H], %b: real[H]", "%x: real[H] = add %a, %b\n%y: real[H] = add %b, %a\n%r: real[H] = mul %x, %y"),
      ),
    ).toEqual(["add %a, %b", "mul %x, %x"]);
  });
});

describe("remove-unused-values", () => {
  it("drops states and stacked outputs of a loop that nothing reads", () => {
    const text = `func f(%a: real[H], %b: real[H], %x: real[%T, H]) -> (r: %ys) {
      %h: real[H], %k: real[H], %ys: real[%T, H], %zs: real[%T, H] = scan length %T carried 2 sequences 1 %a, %b, %x body
        func body(%p: real[H], %q: real[H], %e: real[H]) -> (p: %pn, q: %qn, y: %pn, z: %qn) {
          %pn: real[H] = add %p, %e
          %qn: real[H] = mul %q, %pn
        }
    }`;
    const fn = removeUnusedValues.run(parseProgram(text).functions[0] as GraphFunction, context);
    const scan = fn.instructions[0]?.operation;
    expect(scan?.kind === "scan" && [scan.carried, scan.body.instructions.length, scan.body.outputNames]).toEqual([
      1,
      1,
      ["p", "y"],
    ]);
    expect(fn.inputs.length).toBe(3);
  });
});
