/** A sequence function for one step: loops over the steps are their bodies, and other sizes stay. */
import { expect, test } from "vitest";
import { oneStep } from "../../../../compiler/passes/graph/one-step.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { numbersOf, randomInputs, randomSource, run } from "../../../support/evaluate-helpers.js";
import { context, functionOf, linesOf } from "../../../support/graph-text.js";

/** The function for one step of `%T`, which gives the bits that the whole function gives for a sequence of one step. */
function expectOneStep(before: string, after: string): void {
  const fn = functionOf(before);
  const step = oneStep(fn, "%T", context);
  expect(linesOf(printFunction(step))).toEqual(linesOf(after));
  expect(verifyFunction(step, context)).toEqual([]);
  const sizes = [new Map([["S", 3], ["%T", 1]])]; // prettier-ignore
  const inputs = randomInputs(fn, sizes, randomSource(7));
  const [expected, got] = [run(fn, inputs, sizes), run(step, inputs, sizes)];
  expect(fn.outputNames.length).toBeGreaterThan(0);
  for (const name of fn.outputNames) expect(numbersOf(got, name, sizes)).toEqual(numbersOf(expected, name, sizes));
}

test("a loop over the steps is its body once, between sequences of one step", () => {
  expectOneStep(
    `func f(%h0: real[3], %xs: real[%T, 3]) -> (h: %last, y: %ys) {
      %last: real[3], %ys: real[%T, 3] = scan length %T carried 1 sequences 1 %h0, %xs body
        func step(%h: real[3], %x: real[3]) -> (h: %hn, y: %y) {
          %s: real[3] = add %h, %x
          %hn: real[3] = tanh %s
          %y: real[3] = exp %hn
        }
    }`,
    `func f(%h0: real[3], %xs: real[1, 3]) -> (h: %hn, y: %ys) {
      %2: real[3] = reshape [3] %xs
      %s: real[3] = add %h0, %2
      %hn: real[3] = tanh %s
      %y: real[3] = exp %hn
      %ys: real[1, 3] = reshape [1, 3] %y
    }`,
  );
});

test("sizes that hold the steps are those of one step", () => {
  expectOneStep(
    `func f(%xs: real[%T, 3], %b: real[3]) -> (y: %y, n: %n) {
      %bs: real[%T, 3] = broadcast [%T, 3] axes [1] %b
      %y: real[%T, 3] = add %xs, %bs
      %n: real[] = dimension %T
    }`,
    `func f(%xs: real[1, 3], %b: real[3]) -> (y: %y, n: %n) {
      %bs: real[1, 3] = broadcast [1, 3] axes [1] %b
      %y: real[1, 3] = add %xs, %bs
      %n: shared real[] = dimension 1
    }`,
  );
});

test("inside of loops, too, what is the same for all examples at one step is shared", () => {
  expectOneStep(
    `func f(%h0: real[%T, 3], %b: shared real[3]) -> (h: %last) {
      %last: real[%T, 3] = scan length S carried 1 sequences 0 %h0, %b body
        func step(%h: real[%T, 3], %c: shared real[3]) -> (h: %hn) {
          %cs: real[%T, 3] = broadcast [%T, 3] axes [1] %c
          %hn: real[%T, 3] = add %h, %cs
        }
    }`,
    `func f(%h0: real[1, 3], %b: shared real[3]) -> (h: %last) {
      %last: real[1, 3] = scan length S carried 1 sequences 0 %h0, %b body
        func step(%h: real[1, 3], %c: shared real[3]) -> (h: %hn) {
          %cs: shared real[1, 3] = broadcast [1, 3] axes [1] %c
          %hn: real[1, 3] = add %h, %cs
        }
    }`,
  );
});

test("a loop over another axis stays a loop", () => {
  const text = `func f(%h0: real[3]) -> (h: %last) {
    %last: real[3] = scan length S carried 1 sequences 0 %h0 body
      func step(%h: real[3]) -> (h: %hn) {
        %hn: real[3] = tanh %h
      }
  }`;
  expectOneStep(text, text);
});
