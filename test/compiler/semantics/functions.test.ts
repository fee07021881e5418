import { describe, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

describe("functions", () => {
  it.each([
    [
      "an argument of another rank",
      "fn f(v: [n]): [n] { return v } cell A(H) { input x: [H, H] output y = f(‹x›) }",
      "shape-mismatch",
    ],
    [
      "arguments that disagree",
      "fn f(v: [n], w: [n]): [n] { return v + w } cell A(H, I) { input x: [H] input z: [I] output y = f(x, ‹z›) }",
      "shape-mismatch",
    ],
    [
      "a size that does not divide",
      "fn f(v: [2 * n]): [n] { return v[0:n] } cell A(H) { input x: [H] output y = f(‹x›) }",
      "shape-mismatch",
    ],
    [
      "too few arguments",
      "fn f(v: [n], w: [n]): [n] { return v + w } cell A(H) { input x: [H] output y = ‹f(x)› }",
      "wrong-arity",
    ],
    ["a dimension of the result alone", "fn ‹f›(v: [n]): [m] { return zeros([m]) + sum(v) }", "unknown-dimension"],
    ["a dimension that cannot be told", "fn ‹f›(v: [n * m]): real { return sum(v) }", "unknown-dimension"],
    ["a result of another shape", "fn f(v: [n], w: [m]): [n] { return ‹w + sum(v) * 0› }", "shape-mismatch"],
    [
      "an error in the body, once",
      "fn f(v: [n], w: [m]): [n] { return v ‹+› w } cell A(H) { input x: [H] output y = f(x, x) output z = f(x, x) }",
      "shape-mismatch",
    ],
    ["a cycle", "fn f(v: [n]): [n] { ‹a› = b + v b = a return b }", "cycle"],
    ["a name twice", "fn f(v: [n]): [n] { ‹v› = 2 return v }", "duplicate-name"],
    [
      "a name of the cell around it",
      "cell A(H) { input x: [H] fn f(v: [n]): [n] { return v + ‹x› } output y = f(x) }",
      "unknown-name",
    ],
    [
      "an index as a real",
      "fn f(v: [n]): [n] { return v } cell A(V) { input x: index(V) output y = f(‹x›) }",
      "integer-as-real",
    ],
    [
      "a real as an index",
      "fn f(E: [v, d], i: index(v)): [d] { return E[i] } cell A(V) { input x: [V] param E: [V, V] output y = f(E, ‹x›) }",
      "bad-argument",
    ],
    [
      "an index that may be too large",
      "fn f(E: [v, d], i: index(v)): [d] { return E[i] } cell A(V) { input x: index(V + 1) param E: [V, V] output y = f(E, ‹x›) }",
      "shape-mismatch",
    ],
    ["a truth value as a result", "fn f(v: [n]): [n] { return ‹v > 0› }", "truth-value-as-real"],
    ["an index as a result", "fn f(v: [n]): ‹index(n)› { return v }", "bad-argument"],
  ])("refuses %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it.each([
    "fn f(v: [n]): [n] { return v } cell A(H) { input x: [4 * H] output y = f(x) }",
    "fn f(v: [n], W: [n, m]): [m] { a = v @ W return a + 1 } cell A(H, I) { input x: [H] param W: [H, I] output y = f(x, W) }",
    "fn f(v: [2 * n]): [n] { return v[0:n] } cell A(H) { input x: [4 * H] output y = f(x) }",
    "fn f(v: [n + 1]): [n] { return v[1:] } cell A(H) { input x: [H + 1] output y = f(x) }",
    "fn f(v: [n]): [n] { return 0 * v[0] } cell A(H) { context m: [S, H] output y = f(m[:, 0]) }",
    "fn f(x: real): real { return x ^ 2 } fn g(x: real): real { return f(f(x)) } cell A { input x: real output y = g(x) }",
    "cell A(H, eps: real = 1) { fn f(v: [H]): [H] { return v * eps / H } input x: [H] output y = f(x) }",
    "cell A(H) { fn g(v: [n]): [n] { return f(v) } fn f(v: [n]): [n] { return 2 * v } input x: [H] output y = g(x) }",
    "fn f(E: [v, d], i: index(v)): [d] { return E[i] } cell A(V) { input x: index(V) param E: [V, 3] output y = f(E, x) }",
    "fn f(E: [v, d], i: index(v)): [d] { return E[i] } cell A(V) { input x: index(V) param E: [V + 2, 3] output y = f(i = x, E = E) }",
    "fn tanh(v: [n]): [n] { return v } cell A(H) { input x: [H] output y = tanh(x) }",
    "cell A(H) { fn tanh(v: [n]): [n] { return v } input x: [H] output y = tanh(x) }",
    "fn f(v: [n], N: [n]): [n] { return v + N } cell A(N) { input x: [N] output y = f(x, x) }",
    "cell A(H) { fn f(H: [n]): [n] { return H } input x: [H] output y = f(x) }",
    "cell A(H) { input x: [H] a = 1 fn f(a: [n]): [n] { b = a return b } output y = f(x) * a }",
    "fn half(v: [n]): [n / 2] { return v[0:n / 2] } cell A(H) { input x: [2 * H] output y = half(x) }",
  ])("accepts %s", (text) => {
    expectFine(text);
  });
});
