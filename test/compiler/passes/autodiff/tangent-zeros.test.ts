/** Which tangents may hold zeros of what was not chosen, going forwards from the inputs. */
import { describe, expect, it } from "vitest";
import { type MaybeZeros, tangentZeros } from "../../../../compiler/passes/autodiff/tangent-zeros.js";
import { functionOf } from "../../../support/graph-text.js";

const inputs = "%x: real[4], %z: real[4], %c: real[4]";

/** That of `%y`, where x has a tangent without strong zeros, z one with them, and c none. */
function zerosOf(line: string): boolean | undefined {
  const fn = functionOf(`func f(${inputs}) -> (y: %y) {\n${line}\n}`);
  return tangentZeros(fn, [false, true, undefined]).values.get(fn.outputs[0]!);
}

const choice = (a: string, b: string): string => `%b: bool[4] = lt %x, %c\n%y: real[4] = select %b, %${a}, %${b}`;

describe("tangentZeros", () => {
  it.each([
    ["what has no tangent", "%y: real[4] = tanh %c", undefined],
    ["what has no derivative", "%y: real[4] = stop_gradient %z", undefined],
    ["a function", "%y: real[4] = tanh %x", false],
    ["a function of one with zeros", "%y: real[4] = tanh %z", true],
    ["a sum with one that has none", "%y: real[4] = add %x, %z", false],
    ["a sum with what has no tangent", "%y: real[4] = add %z, %c", true],
    ["a function that chooses", "%y: real[4] = abs %x", true],
    ["a maximum of two without zeros", "%y: real[4] = max %x, %x", false],
    ["a maximum with what has no tangent", "%y: real[4] = max %x, %c", true],
    ["a choice between two without zeros", choice("x", "x"), false],
    ["a choice of one with zeros", choice("x", "z"), true],
    ["a choice of one without a tangent", choice("x", "c"), true],
    ["parts of which one has no tangent", "%y: real[8] = concat axis 0 %x, %c", true],
    ["parts without zeros", "%y: real[8] = concat axis 0 %x, %x", false],
    ["a padding", "%y: real[5] = pad axis 0 before 1 after 0 %x", true],
    ["a view", "%y: real[2] = slice axis 0 start 1 length 2 %x", false],
  ])("%s: %s gives %s", (_, line, expected) => {
    expect(zerosOf(line)).toBe(expected);
  });

  const loop = (next: string, given: MaybeZeros) => {
    const fn = functionOf(`func f(%h0: real[4], %xs: real[%T, 4]) -> (h: %l) {
      %l: real[4] = scan length %T carried 1 sequences 1 %h0, %xs body
        func step(%h: real[4], %x: real[4]) -> (h: %n) { %n: real[4] = ${next} }
    }`);
    const { values, bodies } = tangentZeros(fn, given);
    return { given: bodies.get(fn.instructions[0]!), last: values.get(fn.outputs[0]!) };
  };

  it("gives every state a tangent, as a later step may", () => {
    expect(loop("add %h, %x", [undefined, false])).toEqual({ given: [false, false], last: false });
  });

  it("goes round loops until nothing changes", () => {
    expect(loop("abs %h", [false, undefined])).toEqual({ given: [true, undefined], last: true });
    expect(loop("mul %h, %x", [true, undefined])).toEqual({ given: [true, undefined], last: true });
  });
});
