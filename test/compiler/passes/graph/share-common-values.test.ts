/** Equal instructions become one: the same operation on the same operands, in any order where they commute. */
import { describe, expect, it } from "vitest";
import { shareCommonValues } from "../../../../compiler/passes/graph/share-common-values.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { context, expectRewritten, expectUnchanged, functionOf, linesOf } from "../../../support/graph-text.js";

describe("share-common-values", () => {
  it("computes equal values once, and what is made of them", () => {
    expectRewritten(
      shareCommonValues,
      `func f(%x: real[3]) -> (y: %y) {
        %a: real[3] = tanh %x
        %b: real[3] = tanh %x
        %c: real[3] = exp %a
        %d: real[3] = exp %b
        %y: real[3] = sub %c, %d
      }`,
      `func f(%x: real[3]) -> (y: %y) {
        %a: real[3] = tanh %x
        %c: real[3] = exp %a
        %y: real[3] = sub %c, %c
      }`,
    );
  });

  it.each(["add", "mul"])("%s is the same in either order", (op) => {
    expectRewritten(
      shareCommonValues,
      `func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %a: real[3] = ${op} %x, %z
        %b: real[3] = ${op} %z, %x
        %y: real[3] = div %a, %b
      }`,
      `func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %a: real[3] = ${op} %x, %z
        %y: real[3] = div %a, %a
      }`,
    );
  });

  it.each(["eq", "ne"])("%s is the same in either order", (op) => {
    const text = (second: string, condition: string): string => `
      func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %a: bool[3] = ${op} %x, %z
        ${second}
        %s: real[3] = select %a, %x, %z
        %y: real[3] = select ${condition}, %s, %x
      }`;
    expectRewritten(shareCommonValues, text(`%b: bool[3] = ${op} %z, %x`, "%b"), text("", "%a"));
  });

  it.each(["and", "or"])("%s is the same in either order", (op) => {
    const text = (second: string, condition: string): string => `
      func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %p: bool[3] = lt %x, %z
        %q: bool[3] = le %z, %x
        %a: bool[3] = ${op} %p, %q
        ${second}
        %s: real[3] = select %a, %x, %z
        %y: real[3] = select ${condition}, %s, %x
      }`;
    expectRewritten(shareCommonValues, text(`%b: bool[3] = ${op} %q, %p`, "%b"), text("", "%a"));
  });

  it.each(["sub", "div", "min", "max", "strong_mul"])("%s with its operands exchanged is another value", (op) => {
    // Of min and max the order decides which zero or NaN it is.
    expectUnchanged(
      shareCommonValues,
      `func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %a: real[3] = ${op} %x, %z
        %b: real[3] = ${op} %z, %x
        %y: real[3] = add %a, %b
      }`,
    );
  });

  it("keeps operations apart that differ in a detail", () => {
    expectUnchanged(
      shareCommonValues,
      `func f(%x: real[4], %W: shared real[4, 4]) -> (y: %y, z: %z) {
        %a: real[2] = slice axis 0 start 0 length 2 %x
        %b: real[2] = slice axis 0 start 2 length 2 %x
        %y: real[2] = sub %a, %b
        %c: real[4] = contract [0 1] [1] -> [0] %W, %x
        %d: real[4] = contract [0 1] [0] -> [1] %W, %x
        %z: real[4] = sub %c, %d
      }`,
    );
  });

  it("keeps a derivative that is right all the same apart from one that is stopped", () => {
    expectUnchanged(
      shareCommonValues,
      `func f(%x: real[3]) -> (y: %y) {
        %a: real[3] = stop_gradient exact %x
        %b: real[3] = stop_gradient %x
        %y: real[3] = sub %a, %b
      }`,
    );
  });

  it("tells 0 from -0", () => {
    expectUnchanged(
      shareCommonValues,
      `func f() -> (y: %1, z: %0) {
        %0: shared real[] = constant real 0
        %1: shared real[] = constant real -0
      }`,
    );
  });

  it("keeps one of equal values of several rounds, which is of the first", () => {
    expectRewritten(
      shareCommonValues,
      `func f(%x: real[3]) -> (y: %y) {
        %a: real[3] round 0 = tanh %x
        %b: real[3] round 2 = tanh %x
        %y: real[3] round 2 = sub %a, %b
      }`,
      `func f(%x: real[3]) -> (y: %y) {
        %a: real[3] round 0 = tanh %x
        %y: real[3] round 2 = sub %a, %a
      }`,
    );
  });

  it("shares inside of a loop, and not with what stands around it", () => {
    expectRewritten(
      shareCommonValues,
      `func f(%a: real[3], %v: real[3]) -> (y: %y) {
        %e: real[3] = exp %v
        %h: real[3] = scan length %T carried 1 sequences 0 %a, %v body
          func step(%p: real[3], %w: real[3]) -> (p: %pn) {
            %s: real[3] = exp %w
            %t: real[3] = exp %w
            %u: real[3] = mul %s, %t
            %pn: real[3] = add %p, %u
          }
        %y: real[3] = mul %h, %e
      }`,
      `func f(%a: real[3], %v: real[3]) -> (y: %y) {
        %e: real[3] = exp %v
        %h: real[3] = scan length %T carried 1 sequences 0 %a, %v body
          func step(%p: real[3], %w: real[3]) -> (p: %pn) {
            %s: real[3] = exp %w
            %u: real[3] = mul %s, %s
            %pn: real[3] = add %p, %u
          }
        %y: real[3] = mul %h, %e
      }`,
    );
  });

  it("does not compare loops with each other", () => {
    const step = `func step(%p: real[3]) -> (p: %pn) {
      %pn: real[3] = tanh %p
    }`;
    expectUnchanged(
      shareCommonValues,
      `func f(%a: real[3]) -> (y: %y) {
        %h: real[3] = scan length %T carried 1 sequences 0 %a body
          ${step}
        %k: real[3] = scan length %T carried 1 sequences 0 %a body
          ${step}
        %y: real[3] = sub %h, %k
      }`,
    );
  });

  it("compares declared derivatives by what they do with tangents", () => {
    const declared = (name: string, op: string): string => `
      %${name}: real[3] = custom_derivative arguments 1 %v, %x tangent
        func own(%t: real[3]) -> (t: %u) {
          %u: real[3] = ${op} %t
        }`;
    const text = (lines: string, sum: string): string => `
      func f(%x: real[3]) -> (y: %y) {
        %v: real[3] = tanh %x
        ${declared("a", "neg")}
        ${lines}
        %y: real[3] = add ${sum}
      }`;
    expectRewritten(shareCommonValues, text(declared("b", "neg"), "%a, %b"), text("", "%a, %a"));
    const fn = functionOf(text(declared("b", "stop_gradient"), "%a, %b"));
    expect(linesOf(printFunction(shareCommonValues.run(fn, context)))).toEqual(linesOf(printFunction(fn)));
  });
});
