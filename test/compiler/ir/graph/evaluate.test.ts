/** Functions over a batch: what examples share, each with its own sizes, loops, and sums over them. */
import { expect, test } from "vitest";
import { type BatchValue, evaluateFunction } from "../../../../compiler/ir/graph/evaluate.js";
import { tensor } from "../../../../compiler/ir/graph/tensor.js";
import { functionOf } from "../../../support/graph-text.js";

const sizes = [new Map([["%T", 3]]), new Map([["%T", 0]]), new Map([["%T", 1]])];
const xs: BatchValue = { examples: [tensor([3], [1, 2, 3]), tensor([0], []), tensor([1], [10])] };

const loop = (
  course: string,
): string => `func f(%h0: shared real[], %xs: real[%T], %w: shared real[]) -> (h: %last, ys: %ys) {
  %last: real[], %ys: real[%T] = scan length %T carried 1 sequences 1${course} %h0, %xs, %w body
    func step(%h: real[], %x: real[], %v: shared real[]) -> (h: %n, y: %y) {
      %d: real[] = mul %h, %v
      %n: real[] = add %d, %x
      %y: real[] = neg %h
    }
}`;
const numbers = (value: BatchValue | undefined): number[][] => {
  if (value === undefined || "shared" in value) throw new TypeError("one value for all examples");
  return value.examples.map(({ data }) => [...data]);
};

test("a loop goes through the steps of each example, there may be none", () => {
  const inputs = [{ shared: tensor([], [1]) }, xs, { shared: tensor([], [2]) }];
  const [last, ys] = evaluateFunction(functionOf(loop("")), inputs, sizes);
  // ((1 * 2 + 1) * 2 + 2) * 2 + 3
  expect(numbers(last)).toEqual([[19], [1], [12]]);
  expect(numbers(ys)).toEqual([[-1, -3, -8], [], [-1]]);
});

test("in reverse it begins with the last, and what it gives stays at its step", () => {
  const inputs = [{ shared: tensor([], [1]) }, xs, { shared: tensor([], [2]) }];
  const [last, ys] = evaluateFunction(functionOf(loop(" reverse")), inputs, sizes);
  // ((1 * 2 + 3) * 2 + 2) * 2 + 1
  expect(numbers(last)).toEqual([[25], [1], [12]]);
  expect(numbers(ys)).toEqual([[-12, -5, -1], [], [-1]]);
});

test("a sum over the batch is one for all, what all share is computed once", () => {
  const fn = functionOf(`func f(%xs: real[%T], %w: shared real[]) -> (s: %s, v: %v) {
    %v: shared real[] = neg %w
    %one: real[] = reduce sum axes [0] %xs
    %s: shared real[] = batch_sum %one
  }`);
  expect(evaluateFunction(fn, [xs, { shared: tensor([], [2]) }], sizes)).toEqual([
    { shared: tensor([], [16]) },
    { shared: tensor([], [-2]) },
  ]);
});

test("numbers that only select places are never made, however many there are", () => {
  const fn = functionOf(`func f(%i: index[]) -> (k: %k) {
    %n: shared real[1000000000000] = iota 1000000000000
    %k: real[] = gather %n, %i
  }`);
  expect(numbers(evaluateFunction(fn, [{ examples: [tensor([], [123456789])] }], [new Map()])[0])).toEqual([
    [123456789],
  ]);
});

test("a value that is not there yet, and inputs that are too few, are told", () => {
  const fn = functionOf(`func f(%x: real[], %y: real[]) -> (r: %r) {
    %a: real[] = neg %x
    %r: real[] = add %a, %y
  }`);
  const one: BatchValue = { examples: [tensor([], [1])] };
  expect(() => evaluateFunction(fn, [one], [new Map()])).toThrow("f takes 2 inputs, got 1");
  const turned = { ...fn, instructions: [...fn.instructions].reverse() };
  expect(() => evaluateFunction(turned, [one, one], [new Map()])).toThrow("%2 of f is used before it is defined");
});
