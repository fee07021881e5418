import { describe, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

const two = "fn two(v: [n]): (a: [n], b: real) { return (2 * v, sum(v)) } ";

describe("several results", () => {
  it.each([
    ["as one value", `${two}cell A(H) { input x: [H] output y = 2 * ‹two(x)› }`, "several-outputs"],
    ["in a name", `${two}cell A(H) { input x: [H] r = ‹two(x)› output y = r }`, "several-outputs"],
    ["as an argument", `${two}cell A(H) { input x: [H] output y = tanh(‹two(x)›) }`, "several-outputs"],
    [
      "with too few names",
      `${two}fn t(v: [n], w: [n]): (a: [n], b: [n], c: [n]) { return (v, w, v + w) } cell A(H) { input x: [H] ‹a, b› = t(x, two(x).a) output y = a + b }`,
      "wrong-arity",
    ],
    [
      "with names for one result",
      "fn f(v: [n]): [n] { return v } cell A(H) { input x: [H] ‹a, b› = f(x) output y = a + b }",
      "wrong-arity",
    ],
    ["of a built-in function", "cell A(H) { input x: [H] ‹a, b› = tanh(x) output y = a + b }", "wrong-arity"],
    [
      "of a used cell",
      "cell B(H) { input x: [H] output a = x output b = 2 * x } cell A(H) { input x: [H] use l = B(H) a, b = ‹l(x)› output y = a + b }",
      "misplaced-rounds",
    ],
    [
      "of a used cell, as next values",
      "cell B(H) { input x: [H] output a = x output b = 2 * x } cell A(H) { input x: [H] use l = B(H) state a, b: [H] a', b' = ‹l(x)› output y = a + b }",
      "misplaced-rounds",
    ],
    [
      "of a state, of another shape",
      `${two}cell A(H) { input x: [H] state s, r: real s', r' = ‹two(x)› output y = r }`,
      "shape-mismatch",
    ],
    ["of what is no state", `${two}cell A(H) { input x: [H] r, ‹s›' = two(x) output y = r }`, "next-of-non-state"],
    [
      "of a state that has one already",
      `${two}cell A(H) { input x: [H] state s: [H] s' = x ‹s›', r = two(x) output y = r + s }`,
      "duplicate-name",
    ],
    [
      "as rounds of three names",
      `${two}cell A(H) { input x: [H] ‹a, b, c› = two(x) then (a, b, c) for 3 output y = a + b + c }`,
      "wrong-arity",
    ],
    [
      "as rounds of another shape",
      `${two}cell A(H) { input x: [H] a, b = (sum(x), x) then ‹two(b)› for 3 output y = a + b }`,
      "shape-mismatch",
    ],
    [
      "with one name for two in rounds",
      `${two}cell A(H) { input x: [H] a = x then ‹two(a)› for 3 output y = a }`,
      "several-outputs",
    ],
    [
      "in a function, with a prime",
      `${two}fn f(v: [n]): [n] { a, ‹b'› = two(v) return a + b } cell A(H) { input x: [H] output y = f(x) }`,
      "prime-in-function",
    ],
    ["of a name that is none", "cell A(H) { input x: [H] a, b = ‹nix›(x) output y = a + b }", "unknown-function"],
    ["by a name that it does not have", `${two}cell A(H) { input x: [H] output y = two(x).‹c› }`, "unknown-member"],
    ["with a prime", `${two}cell A(H) { input x: [H] output y = two(x).‹a›' }`, "unknown-member"],
    [
      "of arguments that do not fit, once",
      `${two}cell A(H) { input x: real a, b = two(‹x›) output y = a + b }`,
      "shape-mismatch",
    ],
    ["of the same name", "fn f(v: [n]): (a: [n], ‹a›: [n]) { return (v, v) }", "duplicate-name"],
    ["of another shape", "fn f(v: [n], w: [m]): (a: [n], b: [n]) { return (v, ‹w›) }", "shape-mismatch"],
    ["of truth values", "fn f(v: [n]): (a: [n], b: [n]) { return (v, ‹v > 0›) }", "truth-value-as-real"],
    [
      "whose derivative has another shape",
      "fn f(v: [n]): (a: [n], b: real) { return (v, sum(v)) derivative(dv) = (dv, ‹dv›) }",
      "shape-mismatch",
    ],
    [
      "whose derivative is not linear",
      "fn f(v: [n]): (a: [n], b: real) { return (v, sum(v)) derivative(dv) = (dv, ‹1›) }",
      "nonlinear-derivative",
    ],
    [
      "that read tangents",
      "fn f(v: [n]): (a: [n], b: [n]) { return (v, ‹dv›) derivative(dv) = (dv, dv) }",
      "tangent-in-value",
    ],
    [
      "in the place of a function",
      `fn t(f: fn([n]): [n], v: [n]): [n] { return f(v) } ${two}cell A(H) { input x: [H] output y = t(‹two›, x) output z = two(x).a }`,
      "bad-argument",
    ],
    ["that need each other", `${two}cell A(H) { input x: [H] a, ‹b› = two(x + b) output y = a }`, "cycle"],
    [
      "of gradients as one",
      "cell A(H) { input x, z: [H] e = sum(x * z) output y = ‹gradient(e, by = (x, z))› }",
      "several-outputs",
    ],
    [
      "of gradients by what has no name",
      "cell A(H) { input x, z: [H] e = sum(x * z) a, b = gradient(e, by = (x, ‹2 * z›)) output y = a + b }",
      "bad-argument",
    ],
    [
      "of gradients with too few names",
      "cell A(H) { input x, z, w: [H] e = sum(x * z * w) ‹a, b› = gradient(e, by = (x, z, w)) output y = a + b }",
      "wrong-arity",
    ],
    [
      "in another argument of that name",
      "cell A(H) { input x: [H] output y = delay(x, by = ‹(H, H)›) }",
      "not-a-dimension",
    ],
  ])("are refused %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it.each([
    `${two}cell A(H) { input x: [H] state s: [H] state r: real s', r' = two(s * r + x) output y, z = two(s') }`,
    `${two}network N(H; T) { input x: [T, H] output y, z = two(x) output u, v = (x, x) then swap(u, v) for 3 fn swap(a: [n, m], b: [n, m]): (a: [n, m], b: [n, m]) { return (b, a) } }`,
    `${two}cell A(H) { input x: [H] output y, z = two(x) then two(y + z) for 3 }`,
    `${two}cell A(H) { input x: [H] output y, z = two(x) then (2 * y, sum(y') + z) for 3 }`,
    `${two}cell A(H) { input x: [H] a, b = two(x) output y = a + b output z = two(2 * x).b }`,
    "fn f(N, v: [n]): (a: [N, n], b: real) { A[i < N] = v * i D[i < N] = dv * i return (A, sum(v)) derivative(dv) = (D, sum(dv)) }",
    "cell A(H) { input x: [H] state W: [H, H] state b: [H] e = sum(square(W @ x + b)) dW, db = gradient(e, by = (W, b)) W' = W - dW b' = b - db output y = b }",
    "cell B(H) { input x: [H] param w: [H] output y = w * x } fn f(v: [n]): (a: [n], b: [n]) { return (v, v) } cell A(H) { input x: [H] use l = B(H) a, b = f(l(x)) output y = a + b + l.y }",
  ])("are fine: %s", (text) => {
    expectFine(text);
  });
});
