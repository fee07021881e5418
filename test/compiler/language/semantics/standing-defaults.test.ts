/** Dimensions that are something by default, and stand for that where the cell is right for nothing else. */
import { describe, expect, it } from "vitest";
import { check } from "../../../../compiler/index.js";
import { compile } from "../../../../compiler/driver/compile.js";

const reports = (text: string): string[] => check(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);
const built = (text: string, cell: string, dimensions: Record<string, number>): string[] =>
  compile(text, { cell, dimensions, target: "js" }).diagnostics.map(({ code, message, span }) => `${code} at ${text.slice(span.start, span.end)}: ${message}`); // prettier-ignore

const joined = `cell Joined(K, R, N = K + R, M = 2 * N) {
  input x: [K] input z: [R] input w: [N] input q: [M]
  output y = concat(x, z) + w
  output s = w[K] + sum(q)
}`;
const uses = (dimensions: string, q = "M"): string =>
  `${joined} cell B(K, R, M) { input x: [K] input z: [R] input q: [${q}] use a = Joined(${dimensions}) output y = a(x, z, concat(x, z), q).y }`;

describe("a dimension with a default that is made of others", () => {
  it("stands for it where the cell is right for that only, and no other does", () => {
    expect(reports(joined)).toEqual([]);
    expect(built(joined, "Joined", { K: 2, R: 3 })).toEqual([]);
    expect(built(joined, "Joined", { K: 2, R: 3, N: 5, M: 7 })).toEqual([]);
    expect(built(joined, "Joined", { K: 2, R: 3, N: 6 })).toEqual([
      "bad-dimension-size at +: this wants `N == K + R`, which is not so with K = 2, N = 6, R = 3",
    ]);
  });

  it("is any where the cell is right for all", () => {
    const free = "cell Free(I, H = 2 * I) { input x: [I] param W: [H, I] output y = W @ x }";
    expect(reports(free)).toEqual([]);
    expect(built(free, "Free", { I: 2, H: 3 })).toEqual([]);
  });

  it("is what is wrong with the cell for all sizes where its default does not help", () => {
    const [first, ...others] = reports("cell Bad(I, H = 2 * I) { input x: [I] param W: [H, H] output y = W @ x }");
    expect([first, others]).toEqual(["shape-mismatch: operands of `@` have shapes [H, H] and [I]", []]);
    expect(reports("cell Bad(I, H = 3) { input x: [I] state h: [H] h' = h + x output y = h }")[0]).toContain("[H] and [I]"); // prettier-ignore
  });

  it("reaches cells that use it, functions of the cell, and networks", () => {
    expect(reports(uses("K, R, M = M"))).toEqual([]);
    expect(reports(uses("K, R, R + K, M"))).toEqual([]);
    expect(reports(uses("K, R, K + R + 1, M"))).toEqual([
      "bad-dimension-size: `Joined` is right for `N == K + R` only, and here they differ by 1",
    ]);
    const other = uses("K, R, M, M").replace("concat(x, z), q)", "concat(x, z), q)");
    expect(reports(other)).toEqual([]);
    expect(built(other, "B", { K: 2, R: 3, M: 5 })).toEqual([]);
    expect(built(other, "B", { K: 2, R: 3, M: 6 })[0]).toContain(
      "this wants `M == K + R`, which is not so with K = 2, M = 6, R = 3",
    );
    const own =
      "cell F(I, H = I) { input x: [I] state h: [H] h' = h + f(x) fn f(v: [H]): [H] { return 2 * v } output y = h }";
    expect(reports(own)).toEqual([]);
    const network =
      "network N(K, R, N = K + R; T) { input x: [T, K] input z: [T, R] input w: [N] output y = concat(x, z, axis = 1) @ w }";
    expect(reports(network)).toEqual([]);
  });
});
