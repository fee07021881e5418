/** Declared derivatives are forgotten: the value takes the place of what had one. */
import { describe, it } from "vitest";
import { dropDerivatives } from "../../../../compiler/passes/graph/drop-derivatives.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";

const tangent = (shared = ""): string => `tangent
  func own(%t: ${shared}real[3]) -> (t: %u) {
    %u: ${shared}real[3] = neg %t
  }`;

describe("drop-derivatives", () => {
  it("puts the value in its place, and leaves what the derivative needed for others to remove", () => {
    expectRewritten(
      dropDerivatives,
      `func f(%x: real[3]) -> (y: %y) {
        %v: real[3] = tanh %x
        %c: real[3] = exp %x
        %d: real[3] = custom_derivative arguments 1 %v, %x, %c tangent
          func own(%t: real[3], %k: real[3]) -> (t: %u) {
            %u: real[3] = mul %t, %k
          }
        %y: real[3] = neg %d
      }`,
      `func f(%x: real[3]) -> (y: %y) {
        %v: real[3] = tanh %x
        %c: real[3] = exp %x
        %y: real[3] = neg %v
      }`,
    );
  });

  it("does so in loops", () => {
    const loop = (lines: string, next: string): string => `
      func f(%h0: real[3]) -> (h: %last) {
        %last: real[3] = scan length %T carried 1 sequences 0 %h0 body
          func step(%h: real[3]) -> (h: ${next}) {
            %v: real[3] = tanh %h
            ${lines}
          }
      }`;
    expectRewritten(
      dropDerivatives,
      loop(`%d: real[3] = custom_derivative arguments 1 %v, %h ${tangent()}`, "%d"),
      loop("", "%v"),
    );
  });

  it("keeps a shared value with a derivative by an example's own a value of the example", () => {
    expectRewritten(
      dropDerivatives,
      `func f(%w: shared real[3], %x: real[3]) -> (y: %y) {
        %d: real[3] = custom_derivative arguments 1 %w, %x ${tangent()}
        %y: shared real[3] = batch_sum %d
      }`,
      `func f(%w: shared real[3], %x: real[3]) -> (y: %y) {
        %2: real[] = dimension %T
        %3: shared real[] = constant real 0
        %4: real[] = mul %2, %3
        %5: real[3] = broadcast [3] axes [] %4
        %d: real[3] = add %w, %5
        %y: shared real[3] = batch_sum %d
      }`,
    );
  });

  it("leaves a value shared where all of it is", () => {
    expectRewritten(
      dropDerivatives,
      `func f(%w: shared real[3]) -> (y: %d) {
        %v: shared real[3] = tanh %w
        %d: shared real[3] = custom_derivative arguments 1 %v, %w ${tangent("shared ")}
      }`,
      `func f(%w: shared real[3]) -> (y: %v) {
        %v: shared real[3] = tanh %w
      }`,
    );
  });

  it("leaves everything else alone", () => {
    expectUnchanged(
      dropDerivatives,
      `func f(%x: real[3]) -> (y: %y) {
        %v: real[3] = stop_gradient %x
        %y: real[3] = mul %v, %x
      }`,
    );
  });
});
