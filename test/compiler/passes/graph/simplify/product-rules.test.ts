/** Rules of products and sums. */
import { describe, it } from "vitest";
import { expectRewritten } from "../../../../support/graph-text.js";
import { constant, expectCases, expectUntouched, type RuleCase, simplified } from "../../../../support/simplified.js";

const products: readonly RuleCase[] = [
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

expectCases(products);

expectUntouched([
  ["the largest of products", "%a: real[2, H], %b: real[2, H]", "%p: real[2, H] = contract [0 1] [0 1] -> [0 1] %a, %b", "%r: real[H] = reduce max axes [0] %p"],
  ["the largest of sums", "%x: real[2, 3]", "%a: real[2] = reduce sum axes [1] %x", "%r: real[] = reduce max axes [0] %a"],
  ["the largest of zeros", "", constant("z", 0), "%Z: real[S, 2] = broadcast [S, 2] axes [] %z", "%r: real[2] = reduce max axes [0] %Z"],
]); // prettier-ignore

describe("sums over the batch", () => {
  it("of zeros are zero", () => {
    expectRewritten(
      simplified,
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
      simplified,
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
