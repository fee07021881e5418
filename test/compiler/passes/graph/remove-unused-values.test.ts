/** What no output depends on is gone, also inside loops; inputs of the function stay. */
import { describe, it } from "vitest";
import { removeUnusedValues } from "../../../../compiler/passes/graph/remove-unused-values.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";

describe("remove-unused-values", () => {
  it("drops a chain that ends nowhere, and keeps its inputs", () => {
    expectRewritten(
      removeUnusedValues,
      `func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %a: real[3] = exp %z
        %y: real[3] = tanh %x
        %b: real[3] = mul %a, %y
      }`,
      `func f(%x: real[3], %z: real[3]) -> (y: %y) {
        %y: real[3] = tanh %x
      }`,
    );
  });

  it("drops states, stacked outputs and operands of a loop that nothing reads", () => {
    expectRewritten(
      removeUnusedValues,
      `func f(%a: real[3], %b: real[3], %xs: real[%T, 3], %us: real[%T, 3], %v: real[3]) -> (y: %ys) {
        %h: real[3], %k: real[3], %ys: real[%T, 3], %zs: real[%T, 3] = scan length %T carried 2 sequences 2 %a, %b, %xs, %us, %v body
          func step(%p: real[3], %q: real[3], %x: real[3], %u: real[3], %w: real[3]) -> (p: %pn, q: %qn, y: %pn, z: %t) {
            %pn: real[3] = add %p, %x
            %t: real[3] = mul %u, %w
            %qn: real[3] = mul %q, %t
          }
      }`,
      `func f(%a: real[3], %b: real[3], %xs: real[%T, 3], %us: real[%T, 3], %v: real[3]) -> (y: %ys) {
        %h: real[3], %ys: real[%T, 3] = scan length %T carried 1 sequences 1 %a, %xs body
          func step(%p: real[3], %x: real[3]) -> (p: %pn, y: %pn) {
            %pn: real[3] = add %p, %x
          }
      }`,
    );
  });

  it("keeps states that another state reads, one by way of the next", () => {
    expectUnchanged(
      removeUnusedValues,
      `func f(%a: real[3], %b: real[3], %c: real[3]) -> (y: %h) {
        %h: real[3], %k: real[3], %l: real[3] = scan length %T carried 3 sequences 0 %a, %b, %c body
          func step(%p: real[3], %q: real[3], %r: real[3]) -> (p: %pn, q: %qn, r: %rn) {
            %pn: real[3] = mul %p, %q
            %qn: real[3] = add %q, %r
            %rn: real[3] = tanh %r
          }
      }`,
    );
  });

  it("keeps what the kept state reads of a dropped one's computation", () => {
    expectRewritten(
      removeUnusedValues,
      `func f(%a: real[3], %b: real[3]) -> (y: %h) {
        %h: real[3], %k: real[3] = scan length %T carried 2 sequences 0 %a, %b body
          func step(%p: real[3], %q: real[3]) -> (p: %t, q: %qn) {
            %t: real[3] = tanh %p
            %qn: real[3] = mul %q, %t
          }
      }`,
      `func f(%a: real[3], %b: real[3]) -> (y: %h) {
        %h: real[3] = scan length %T carried 1 sequences 0 %a body
          func step(%p: real[3]) -> (p: %t) {
            %t: real[3] = tanh %p
          }
      }`,
    );
  });

  it("drops a loop whose results nothing reads", () => {
    expectRewritten(
      removeUnusedValues,
      `func f(%a: real[3]) -> (y: %a) {
        %h: real[3] = scan length %T carried 1 sequences 0 %a body
          func step(%p: real[3]) -> (p: %t) {
            %t: real[3] = tanh %p
          }
      }`,
      `func f(%a: real[3]) -> (y: %a) {
      }`,
    );
  });

  it("prunes a loop in a loop, and the operands of the outer one with it", () => {
    expectRewritten(
      removeUnusedValues,
      `func f(%a: real[3], %v: real[3]) -> (y: %h) {
        %h: real[3] = scan length %T carried 1 sequences 0 %a, %v body
          func step(%p: real[3], %w: real[3]) -> (p: %i) {
            %i: real[3], %j: real[3] = scan length 2 carried 2 sequences 0 %p, %p, %w body
              func again(%q: real[3], %r: real[3], %u: real[3]) -> (q: %qn, r: %rn) {
                %qn: real[3] = tanh %q
                %rn: real[3] = mul %r, %u
              }
          }
      }`,
      `func f(%a: real[3], %v: real[3]) -> (y: %h) {
        %h: real[3] = scan length %T carried 1 sequences 0 %a body
          func step(%p: real[3]) -> (p: %i) {
            %i: real[3] = scan length 2 carried 1 sequences 0 %p body
              func again(%q: real[3]) -> (q: %qn) {
                %qn: real[3] = tanh %q
              }
          }
      }`,
    );
  });
});
