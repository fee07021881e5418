/** What loops are given: constants and values that repeat belong inside. */
import { describe, it } from "vitest";
import { simplify } from "../../../../../compiler/passes/graph/simplify/simplify.js";
import { expectRewritten } from "../../../../support/graph-text.js";
import { simplified } from "../../../../support/simplified.js";

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
      simplified,
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
      simplified,
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
