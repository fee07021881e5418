/** What equations tell streams is read where a program is made of them, and is in no program after that. */
import { expect, it } from "vitest";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { settled } from "../../../compiler/program/settled.js";
import { functionOf, linesOf } from "../../support/graph-text.js";

const told = (places: string, state: string, states: string): string => `
  func f(%h: real[], %x: real[%T]) -> (y: %y, last: %last) {
    %t: real[%T] = iota %T${places}
    %one: shared real[] = constant real 1
    %first: shared real[1] = reshape [1] %one
    %all: real[%T + 1] = concat axis 0${state} %first, %x
    %past: real[%T] = slice axis 0 start 0 length %T %all
    %y: real[%T] = add %t, %past
    %last: real[] = scan length %T carried 1 sequences 1${states} %h, %x body
      func step(%h: real[], %x: real[]) -> (h: %n) {
        %i: shared real[2] = iota 2${places}
        %s: shared real[] = reduce sum axes [0] %i
        %n: real[] = add %x, %s
      }
  }`;

it("nothing is left of it, in loops neither, and values keep their numbers", () => {
  const fn = functionOf(told(" places", ' state past before bound 3 "What was."', " states [low.h]"));
  const plain = settled(fn);
  expect(linesOf(printFunction(plain))).toEqual(linesOf(told("", "", "")));
  expect(plain.instructions.map(({ results }) => results)).toEqual(fn.instructions.map(({ results }) => results));
});

it.each([
  [
    "a network that streams",
    "network N(H; T) {\n  input x: [T, H]\n  y = before(cumsum(x, axis = T), fill(1, [H]))\n  place[t] = t * y[t]\n  output out = place\n}",
  ],
  [
    "one that does not",
    "network N(H; T) {\n  input x: [T, H]\n  y = before(x, fill(1, [H]))\n  place[t] = t * after(y, fill(1, [H]))[t]\n  output out = place\n}",
  ],
  ["a cell", "cell C(H) {\n  input x: [H]\n  state h: [H]\n  s[i] = i * x[i]\n  h' = h + s\n  output y = h'\n}"],
] as const)("none is in the program of %s", (_, source) => {
  const { program, diagnostics } = lowerSource(source, {}, "symbolic");
  expect(diagnostics).toEqual([]);
  expect(printFunction(program!.forward)).toBe(printFunction(settled(program!.forward)));
});
