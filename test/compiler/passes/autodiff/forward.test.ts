/** Tangents beside values, of what has some, also in loops. */
import { expect, test } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { forwardMode } from "../../../../compiler/passes/autodiff/forward.js";
import { context, functionOf, linesOf } from "../../../support/graph-text.js";

/** @param active by input */
function expectForward(active: readonly boolean[], before: string, after: string, outputs: readonly boolean[]): void {
  const { fn, activeOutputs } = forwardMode(functionOf(before), active, context);
  expect(linesOf(printFunction(fn))).toEqual(linesOf(after));
  expect(verifyFunction(fn, context)).toEqual([]);
  expect(activeOutputs).toEqual(outputs);
}

test("stand after the values that they are of, and are none of what has none", () => {
  expectForward(
    [true, false],
    `func f(%x: real[2], %w: real[2]) -> (y: %y, z: %z) {
      %a: real[2] = mul %x, %w
      %y: real[2] = tanh %a
      %z: real[2] = neg %w
    }`,
    `func f_jvp(%x: real[2], %w: real[2], %tangent.x: real[2]) -> (y: %y, z: %z, tangent.y: %10) {
      %a: real[2] = mul %x, %w
      %4: real[2] = mul %tangent.x, %w
      %y: real[2] = tanh %a
      %6: shared real[] = constant real 1
      %7: shared real[2] = broadcast [2] axes [] %6
      %8: real[2] = mul %y, %y
      %9: real[2] = sub %7, %8
      %10: real[2] = mul %4, %9
      %z: real[2] = neg %w
    }`,
    [true, false],
  );
});

test("are carried by loops beside the values, from 0 on where the first value has none", () => {
  expectForward(
    [false, true, false],
    `func f(%h0: real[], %xs: real[%T], %w: real[]) -> (h: %last, ys: %ys) {
      %last: real[], %ys: real[%T] = scan length %T carried 1 sequences 1 %h0, %xs, %w body
        func step(%h: real[], %x: real[], %v: real[]) -> (h: %n, y: %h) {
          %d: real[] = mul %h, %v
          %n: real[] = add %d, %x
        }
    }`,
    `func f_jvp(%h0: real[], %xs: real[%T], %w: real[], %tangent.xs: real[%T]) -> (h: %last, ys: %ys, tangent.h: %6, tangent.ys: %8) {
      %4: shared real[] = constant real 0
      %last: real[], %6: real[], %ys: real[%T], %8: real[%T] = scan length %T carried 2 sequences 2 %h0, %4, %xs, %tangent.xs, %w body
        func step_jvp(%h: real[], %tangent.h: real[], %x: real[], %tangent.x: real[], %v: real[]) -> (h: %n, tangent.h: %8, y: %h, tangent.y: %tangent.h) {
          %d: real[] = mul %h, %v
          %6: real[] = mul %tangent.h, %v
          %n: real[] = add %d, %x
          %8: real[] = add %6, %tangent.x
        }
    }`,
    [true, true],
  );
});

test("of indices and of what stops derivatives are none", () => {
  expectForward(
    [true],
    `func f(%x: real[2]) -> (k: %k, s: %s) {
      %k: index[2] = to_index %x
      %s: real[2] = stop_gradient %x
    }`,
    `func f_jvp(%x: real[2], %tangent.x: real[2]) -> (k: %k, s: %s) {
      %k: index[2] = to_index %x
      %s: real[2] = stop_gradient %x
    }`,
    [false, false],
  );
});
