/** Declared derivatives: forward, reverse and second derivatives all follow the declaration. */
import { describe, expect, it } from "vitest";
import { checkSequenceProgram } from "../../../support/check-sequence-program.js";
import { lower } from "../../program/support.js";

const sizes = [new Map([["%T", 4]]), new Map([["%T", 2]])];

describe("a declared derivative", () => {
  // Declared as it is, so that differences must agree as well.
  it.each([
    [
      "element by element",
      "fn f(v: [n], w: [n]): [n] { s = tanh(v) return s * w derivative(dv, dw) = (1 - s * s) * w * dv + s * dw }",
      "f(W @ x + U @ h, h + 1)",
    ],
    [
      "of a product, with an equation in a tangent",
      "fn f(A: [n, m], v: [m]): [n] { d = A @ dv return A @ v derivative(dA, dv) = dA @ v + d }",
      "tanh(f(W, x) + f(U, h))",
    ],
    [
      "with slices, sums and choices",
      "fn f(v: [n]): [n] { return if v > 0 then v * sum(v) else 0 derivative(dv) = if v > 0 then dv * sum(v) + v * sum(dv) else 0 }",
      "tanh(f(W @ x + U @ h))",
    ],
  ])("that is the true one agrees with differences, %s", (_name, fn, next) => {
    const text = `${fn}\ncell A(I, H) { input x: [I] state h: [H] param W: [H, I] param U: [H, H] h' = ${next} output y = h' * x[0] }`;
    const errors = checkSequenceProgram(lower(text, { I: 2, H: 3 }), sizes, 5);
    expect(errors.invalid).toEqual([]);
    expect(errors.forward).toBeLessThan(1e-12);
    expect(errors.transpose).toBeLessThan(1e-12);
    expect(errors.differences).toBeLessThan(1e-8);
    expect(errors.second).toBeLessThan(1e-6);
  });

  it("that is another one is what both modes use", () => {
    const text = `fn spike(v: [n]): [n] { return if v > 0 then 1 else 0 derivative(dv) = dv / (1 + 10 * abs(v))^2 }
cell LIF(I, H) { input x: [I] state v: [H] state s: [H] param W: [H, I] param U: [H, H]
  v' = 0.9 * v * (1 - s) + W @ x + U @ s  s' = spike(v' - 1)  output y = s' }`;
    const errors = checkSequenceProgram(lower(text, { I: 2, H: 3 }), sizes, 5);
    expect(errors.invalid).toEqual([]);
    expect(errors.forward).toBe(0);
    expect(errors.transpose).toBeLessThan(1e-12);
    expect(errors.differences).toBeGreaterThan(0.1);
  });
});
