/** The order of the terms of sums in loops: what stays the same, then inputs of the step, then the state; products last. */
import { describe, it } from "vitest";
import { orderSums } from "../../../../compiler/passes/graph/order-sums.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";

const parameters = "%W: shared real[3, 3], %U: shared real[3, 3], %b: shared real[3]";

/** A loop over a state `h` and a sequence `x` with parameters `W`, `U`, `b`. */
const loop = (lines: string): string => `
  func f(%h0: real[3], %xs: real[%T, 3], ${parameters}) -> (h: %last) {
    %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs, %W, %U, %b body
      func step(%h: real[3], %x: real[3], ${parameters}) -> (h: %hn) {
        ${lines}
      }
  }`;

const products = `
  %Uh: real[3] = contract [0 1] [1] -> [0] %U, %h
  %Wx: real[3] = contract [0 1] [1] -> [0] %W, %x`;

describe("order-sums", () => {
  it("puts the bias first, then the product of the input, then that of the state", () => {
    expectRewritten(
      orderSums,
      loop(`${products}
        %s: real[3] = add %Uh, %Wx
        %hn: real[3] = add %s, %b`),
      loop(`${products}
        %7: real[3] = add %b, %Wx
        %hn: real[3] = add %7, %Uh`),
    );
  });

  it("puts products last among terms that change alike, and keeps the order of terms that are alike", () => {
    expectRewritten(
      orderSums,
      loop(`${products}
        %e: real[3] = tanh %x
        %1: real[3] = add %Wx, %x
        %2: real[3] = add %1, %e
        %3: real[3] = add %h, %2
        %hn: real[3] = add %Uh, %3`),
      loop(`${products}
        %e: real[3] = tanh %x
        %8: real[3] = add %x, %e
        %9: real[3] = add %8, %Wx
        %10: real[3] = add %9, %h
        %hn: real[3] = add %10, %Uh`),
    );
  });

  it("takes a sum with another use for one term", () => {
    expectRewritten(
      orderSums,
      loop(`
        %s: real[3] = add %h, %x
        %t: real[3] = add %s, %b
        %hn: real[3] = mul %t, %s`),
      loop(`
        %s: real[3] = add %x, %h
        %t: real[3] = add %b, %s
        %hn: real[3] = mul %t, %s`),
    );
  });

  it("takes a dot product for a term like any other: it is added whole", () => {
    expectUnchanged(
      orderSums,
      `func f(%h0: real[], %xs: real[%T, 3], %w: shared real[3]) -> (h: %last) {
        %last: real[] = scan length %T carried 1 sequences 1 %h0, %xs, %w body
          func step(%h: real[], %x: real[3], %w: shared real[3]) -> (h: %hn) {
            %wx: real[] = contract [0] [0] -> [] parts 4 %w, %x
            %y: real[] = reduce sum axes [0] %x
            %5: real[] = add %wx, %y
            %hn: real[] = add %5, %h
          }
      }`,
    );
  });

  it("orders the sums of a loop in a loop", () => {
    const nested = (sum: string): string => `
      func f(%h0: real[3], %xs: real[%T, 3]) -> (h: %last) {
        %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs body
          func step(%h: real[3], %x: real[3]) -> (h: %inner) {
            %inner: real[3] = scan length 2 carried 1 sequences 0 %h, %x body
              func again(%g: real[3], %e: real[3]) -> (g: %gn) {
                %gn: real[3] = add ${sum}
              }
          }
      }`;
    expectRewritten(orderSums, nested("%g, %e"), nested("%e, %g"));
  });

  describe("in rounds", () => {
    const step = (lines: string): string => `
      func f(%h0: real[3], %xs: real[%T, 3], %b: shared real[3]) -> (h: %last) {
        %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs, %b body
          func step(%h: real[3], %x: real[3], %b: shared real[3]) -> (h: %hn) {
            ${lines}
            %hn: real[3] = mul %h, %y
          }
      }`;
    const rounds = (how: string, first: string): string => `
      %y: real[3] = scan length ${how} ${first}, %x body
        func round(%g: real[3], %e: real[3]) -> (g: %gn) {
          %gn: real[3] = add %e, %g
        }`;

    it("has the order that they have written out: the first begins with what is the same at every step", () => {
      const written = `%gn: real[3] = add %b, %x ${rounds("2 carried 1 sequences 0 rounds", "%gn")}`;
      expectRewritten(orderSums, step(rounds("3 carried 1 sequences 0 rounds", "%b")), step(written));
    });

    it.each(["", " reverse rounds"])("not so in another loop, or in one that goes backwards:%s", (how) => {
      expectUnchanged(orderSums, step(rounds(`3 carried 1 sequences 0${how}`, "%b")));
    });
  });

  describe("of rounds that are written out", () => {
    const sums = (first: string, second: string): string =>
      loop(`
        %a: real[3]${first} = add %h, %x
        %hn: real[3]${second} = add %a, %b`);

    it("no sum goes on from one to the next", () => {
      const ordered = loop(`
        %a: real[3] round 0 = add %x, %h
        %hn: real[3] round 4 = add %b, %a`);
      expectRewritten(orderSums, sums(" round 0", " round 4"), ordered);
    });

    it.each(["", " round 4"])("one goes on in the same, or outside of all: as it was given,%s", (round) => {
      const ordered = loop(`
        %5: real[3]${round} = add %b, %x
        %hn: real[3]${round} = add %5, %h`);
      expectRewritten(orderSums, sums(round, round), ordered);
    });
  });

  it("leaves sums outside of loops alone, where all is the same at every step", () => {
    expectUnchanged(
      orderSums,
      `func f(%x: real[3], %W: shared real[3, 3], %b: shared real[3]) -> (y: %y) {
        %Wx: real[3] = contract [0 1] [1] -> [0] %W, %x
        %y: real[3] = add %Wx, %b
      }`,
    );
  });
});
