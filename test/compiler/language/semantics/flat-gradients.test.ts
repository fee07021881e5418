/** Gradients by what a number does not depend on, as far as equations tell. */
import { describe, expect, it } from "vitest";
import { check } from "../../../../compiler/index.js";

const messages = (items: string, before = ""): string[] =>
  check(`${before} cell A(H) { input x: [H] param W, U: [H, H] ${items} output z = W @ x + U @ x }`).diagnostics.map(({ message }) => message); // prettier-ignore

describe("a gradient by what a number does not depend on", () => {
  it("is followed through equations, rounds and states", () => {
    const none = ["`e` does not depend on `U`, so this gradient is 0"];
    expect(messages("a = W @ x b = tanh(a) e = sum(b) output y = gradient(e, by = U)")).toEqual(none);
    expect(messages("a = W @ x then U @ a for 3 e = sum(a) output y = gradient(e, by = U)")).toEqual([]);
    expect(messages("state h: [H] h' = U @ x e = sum(h) output y = gradient(e, by = U)")).toEqual(none);
    expect(messages("state h: [H] h' = U @ x e = sum(h') output y = gradient(e, by = U)")).toEqual([]);
  });

  it("says nothing of what calls may make of it", () => {
    const first = "fn first(v: [n], w: [n]): real { return sum(v) }";
    expect(messages("a = U[0] e = first(x, a) output y = gradient(e, by = a)", first)).not.toContain("gradient");
    const inner = "cell Inner(H) { input x: [H] state s: [H] s' = x output y = s }";
    expect(messages("use i = Inner(H) a = U @ x r = i(a) e = sum(i.s') + sum(r) output y = gradient(e, by = a)", inner)).toEqual([]); // prettier-ignore
  });
});
