/** Windows are places of what they look at, and gradients of their weights have channels as columns. */
import { expect, it } from "vitest";
import { bodyOf, kernelOf } from "../../../support/kernel-text.js";

it("a product reads windows where they lie", () => {
  const text = bodyOf(
    kernelOf(`func f(%x: real[9, 2], %W: shared real[3, 2, 4]) -> (r: %r) {
      %w: real[3, 4, 2] = window axis 0 length 3 size 4 stride 2 dilation 1 %x
      %r: real[3, 3] = contract [0 1 2] [3 2 1] -> [0 3] %w, %W }`),
  );
  expect(text.match(/region/gu)).toHaveLength(1);
  expect(text).toContain("x[b * 18 + i * 4 + k * 2 + l]");
});

it("of the gradient of weights the channels that lie side by side are columns, not the places of a window", () => {
  const text = bodyOf(
    kernelOf(`func f(%x: real[%T, 6, 4], %d: real[%T, 4, 5]) -> (r: %r) {
      %w: real[%T, 4, 3, 4] = window axis 1 length 4 size 3 stride 1 dilation 1 %x
      %p: real[5, 4, 3] = contract [4 0 1] [4 0 3 2] -> [1 2 3] %d, %w
      %r: shared real[5, 4, 3] = batch_sum %p }`),
  );
  expect(text).toContain("columns i < 5");
  expect(text).toContain("rows j < 4");
});

it("a single channel is no column where the places of a window can be", () => {
  const text = bodyOf(
    kernelOf(`func f(%d: real[4, 5], %W: shared real[5, 1, 3]) -> (r: %r) {
      %r: real[4, 3, 1] = contract [0 1] [1 3 2] -> [0 2 3] %d, %W }`),
  );
  expect(text).toContain("columns j < 3");
});
