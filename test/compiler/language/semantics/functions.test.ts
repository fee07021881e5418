import { describe, expect, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

describe("functions", () => {
  it("may have a value that is called as they are", () => {
    const inCell = (fn: string): string => `cell A(H) { input x: [H] param W: [H, H] ${fn} output y = W @ k5(x) }`;
    expectFine(inCell("fn k5(y: [H]): [H] { k5 = 2 * y return W @ k5 + 1 }"));
    expectFine(inCell("fn k5(k5: [H]): [H] { return W @ k5 + 1 }"));
    expectReport(inCell("fn ‹k5›(y: [H]): [H] { k5 = 2 * y return k5(y) }"), "recursive-function");
  });

  it("do not see used cells, and say how to give them what these make", () => {
    const gate = "cell Gate(H) { input x: [H] param w: [H] output y = w * x } ";
    const text = `${gate}cell A(H) { input x: [H] use g = Gate(H) fn f(v: [H]): [H] { return ‹g›(v) } output y = f(g(x)) }`;
    expect(expectReport(text, "unknown-function")).toMatchObject({
      message: "`g` is a used cell, which a function does not see",
      help: "call it in an equation of the cell, `u = g(…)`, and give the function `u`",
    });
    const alone = `${gate}cell A(H) { input x: [H] use ‹g› = Gate(H) output y = x }`;
    expect(expectReport(alone, "never-called").message).toBe("`g` is never called, so it does nothing");
  });

  const both = "fn f(v: [n]): [n] { return 2 * v } fn f(A: [n, n]): [n] { return A @ A[0] } ";
  const twice = "fn twice(f: fn([n]): [n], v: [n]): [n] { return f(f(v)) } ";
  it.each([
    [
      "a built-in function as an argument",
      `${twice}cell A(H) { input x: [H] output y = twice(‹tanh›, x) }`,
      "bad-argument",
    ],
    [
      "a value in the place of a function",
      `${twice}cell A(H) { input x: [H] output y = twice(‹x›, x) }`,
      "bad-argument",
    ],
    [
      "an expression in the place of a function",
      `${twice}cell A(H) { input x: [H] output y = twice(‹2 * x›, x) }`,
      "bad-argument",
    ],
    [
      "nothing in the place of a function",
      `${twice}cell A(H) { input x: [H] output y = twice(‹nix›, x) }`,
      "bad-argument",
    ],
    [
      "a function of other arguments",
      `${twice}fn g(v: [n], w: [n]): [n] { return v + w } cell A(H) { input x: [H] output y = twice(‹g›, x) }`,
      "bad-argument",
    ],
    [
      "a function of another result",
      `${twice}fn g(v: [n]): real { return sum(v) } cell A(H) { input x: [H] output y = twice(‹g›, x) }`,
      "bad-argument",
    ],
    ["a given function called with too much", "fn t(f: fn([n]): [n], v: [n]): [n] { return ‹f(v, v)› }", "wrong-arity"],
    [
      "a given function called with another shape",
      "fn t(f: fn([n]): [n], v: [n]): [n] { return f(‹sum(v)›) + v }",
      "shape-mismatch",
    ],
    ["a given function as a value", "fn t(f: fn([n]): [n], v: [n]): [n] { return f(v) + ‹f› }", "not-a-value"],
    ["a given function that is never called", "fn t(‹f›: fn([n]): [n], v: [n]): [n] { return v }", "unused-name"],
    [
      "a given function handed on as another",
      `${twice}fn t(f: fn([n]): real, v: [n]): [n] { return twice(‹f›, v) + f(v) }`,
      "bad-argument",
    ],
    [
      "a given function beside a derivative",
      "fn t(‹f›: fn([n]): [n], v: [n]): [n] { return f(v) derivative(dv) = dv }",
      "captured-beside-derivative",
    ],
    [
      "dimensions that only a given function has",
      "fn ‹t›(f: fn([n]): [n], v: real): real { return sum(f(zeros([n]))) + v }",
      "unknown-dimension",
    ],
    [
      "an argument of fewer axes",
      "fn f(v: [n]): [n] { return v } cell A(H) { input x: real output y = f(‹x›) }",
      "shape-mismatch",
    ],
    [
      "an argument with another number of axes in front",
      "fn f(v: [n], w: [n]): [n] { return v + w } cell A(H) { input x: [H, H, H] input z: [H, H] output y = f(x, ‹z›) }",
      "shape-mismatch",
    ],
    [
      "other axes in front",
      "fn f(v: [n], w: [n]): [n] { return v + w } cell A(H, I) { input x: [H, I] input z: [I, I] output y = f(x, ‹z›) }",
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
    [
      "two of one name and as many axes",
      "fn f(v: [n]): [n] { return v } fn ‹f›(v: [m]): [m] { return 2 * v }",
      "duplicate-name",
    ],
    [
      "two of one name, one of which takes a dimension",
      "fn f(N): [N] { return zeros([N]) } fn ‹f›(v: [n]): [n] { return v }",
      "duplicate-name",
    ],
    [
      "arguments that none of one name takes",
      `${both}cell A(H) { input x: [H, H, H] output y = ‹f(x)› }`,
      "shape-mismatch",
    ],
    [
      "arguments by a name that none has",
      `${both}cell A(H) { input x: [H] output y = f(‹w› = x) }`,
      "unknown-argument",
    ],
    [
      "truth values of functions of one name",
      `${both}cell A(H) { input x: [H] output y = ‹f(x > 0)› }`,
      "shape-mismatch",
    ],
    [
      "sizes that disagree, of the one that is meant",
      `${both}cell A(H, I) { input x: [H, I] output y = f(‹x›) }`,
      "shape-mismatch",
    ],
    [
      "two of one name that call each other",
      "fn f(v: [n]): real { return sum(v) } fn ‹f›(A: [n, m]): real { return f(A[0]) }",
      "recursive-function",
    ],
    ["a cycle", "fn f(v: [n]): [n] { ‹a› = b + v b = a return b }", "cycle"],
    ["a name twice", "fn f(v: [n]): [n] { ‹v› = 2 return v }", "duplicate-name"],
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
    [
      "a list of indices of another size",
      "fn f(i: index(n)[k], z: [k]): [k] { y[j] = real(i[j]) return y + z } cell A(V, N, M) { input x: index(V)[N] input z: [M] output y = f(x, ‹z›) }",
      "shape-mismatch",
    ],
    ["a truth value as a result", "fn f(v: [n]): [n] { return ‹v > 0› }", "truth-value-as-real"],
    ["an index as a result", "fn f(v: [n]): ‹index(n)› { return v }", "bad-argument"],
  ])("refuses %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it.each([
    "fn f(v: [n]): [n] { return v } cell A(H) { input x: [4 * H] output y = f(x) }",
    `${both}fn t(g: fn([n, n]): [n], A: [n, n]): [n] { return g(A) } cell A(H) { input x: [H, H] output y = f(f(A = x)) + t(f, x) }`,
    'import { solve as g } from "std/linear" cell A(H) { input x: [H, H] output y = g(x, g(x, x[0])[:, new]) }',
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

describe("functions inside a cell", () => {
  it.each([
    ["an input", "fn f(v: [H]): [H] { return v + ‹x› } output y = f(x)", "varying-in-function"],
    ["a state", "fn f(v: [H]): [H] { return v + ‹h› + h } output y = f(x)", "varying-in-function"],
    ["a next value", "fn f(v: [H]): [H] { return v + ‹h'› } output y = f(x)", "varying-in-function"],
    ["what depends on an input", "a = r * 2 r = x + w fn f(v: [H]): [H] { return v + ‹a› } output y = f(x)", "varying-in-function"], // prettier-ignore
    ["it through a function that nothing calls", "fn f(v: [H]): [H] { b = ‹x› * v return b } output y = x + h fn g(v: [H]): [H] { return f(v) } output z = g(x)", "varying-in-function"], // prettier-ignore
    ["a used cell", "use l = B(H) fn f(v: [H]): [H] { return v + ‹l›.w } output y = f(l(x))", "unknown-name"],
    ["another cell's shape", "fn f(v: [H]): [H] { return ‹v + W[:, 0:1]› } output y = f(x)", "shape-mismatch"],
    ["an index with the name of a param", "fn f(v: [H]): [H] { E[‹w›] = v[w] return E } output y = f(x)", "index-name-taken"], // prettier-ignore
    ["a dimension of the same name", "fn f(‹H›, v: [n]): [n] { return v / H } output y = f(2, x)", "duplicate-name"],
    ["a param beside a derivative", "fn f(v: [H]): [H] { return v * ‹w› derivative(dv) = w * dv } output y = f(x)", "captured-beside-derivative"], // prettier-ignore
    ["a param in a derivative", "fn f(v: [H]): [H] { return round(v) derivative(dv) = ‹w› * dv } output y = f(x)", "captured-beside-derivative"], // prettier-ignore
    ["a call that reads beside a derivative", "fn g(v: [H]): [H] { return w * v } fn ‹f›(v: [H]): [H] { return g(v) derivative(dv) = dv } output y = f(x)", "captured-beside-derivative"], // prettier-ignore
    ["itself through an equation", "‹a› = f(1) * 2 b = a + w fn f(s: real): [H] { return s * b } output y = x + a", "cycle"], // prettier-ignore
    ["itself", "fn ‹f›(v: [H]): [H] { return w * f(v) } output y = f(x)", "recursive-function"],
  ])("do not see %s", (_what, items, code) => {
    const text = `cell A(H) { input x: [H] state h: [H] param w: [H] param W: [H, H] ${items}
      output all = h' + w + W @ x h' = x + h }`;
    expectReport(`${text} cell B(H) { input x: [H] param w: [H] output y = w * x }`, code);
  });

  it("say what to do instead", () => {
    const { message, help } = expectReport(
      "cell A(H) { input x: [H] r = 2 * x fn f(v: [H]): [H] { return v * ‹r› } output y = f(x) }",
      "varying-in-function",
    );
    expect(message).toBe("`f` reads the equation `r`, which changes from step to step: it depends on the input `x`");
    expect(help).toContain("give it as an argument");
  });

  it.each([
    "cell A(H) { input x: [H] param w: [H] fn f(v: [H]): [H] { return v * w } output y = f(x) }",
    "cell A(H) { input x: [H] fn f(v: [H]): [H] { return v * a } a = exp(w) param w: [H] output y = f(x) }",
    "cell A(H) { input x: [H] context m: [S, H] fn f(v: [H]): [H] { return softmax(m @ v) @ m } output y = f(x) }",
    "cell A(H) { input x: [H] output a = 1 / H fn f(v: [n]): [n] { return a * v } output y = f(x) }",
    // Equations through functions, in any order.
    "cell A(H) { input x: [H] b = f(1) fn g(v: [H]): [H] { return b * f(2) * v } fn f(s: real): [H] { return s * w } output y = g(x) param w: [H] }",
    // Names of the function hide those of the cell.
    "cell A(H) { input x: [H] param w: [H] fn f(w: [n]): [n] { return 2 * w } fn g(v: [H]): [H] { x = w * v return x } output y = f(x) + g(x) }",
    "cell A(H) { input x: [H] param w: [H] fn f(v: [w]): [w] { return v / w } output y = f(x) + w }",
    "cell A(H) { input x: [H] param pi: real fn f(v: [H]): [H] { return pi * v } output y = f(x) }",
    // Initial values and contexts of used cells are made with them.
    "cell A(H) { input x: [H] param w: [H] fn f(s: real): [H] { return s * w } state h: [H] = f(2) h' = h + x output y = h' }",
    "cell B(H) { context c: [H] input x: [H] output y = c * x } cell A(H) { input x: [H] param w: [H] fn f(s: real): [H] { return s * w } use l = B(H) output y = l(x, f(2)) }",
    "cell A(V, H) { input token: index(V) param E: [V, H] fn row(i: index(V)): [H] { return E[i] } output y = row(token) }",
    // One with a derivative of its own, called by one that reads.
    "cell A(H) { input x: [H] param w: [H] fn g(v: [n]): [n] { return round(v) derivative(dv) = dv } fn f(v: [H]): [H] { return g(w * v) } output y = f(x) }",
  ])("see what is the same at every step: %s", (text) => {
    expectFine(text);
  });
});

describe("declared derivatives", () => {
  it.each([
    ["too few tangents", "fn f(v: [n], w: [n]): [n] { return v * w derivative(‹dv›) = w * dv }", "wrong-arity"],
    ["too many tangents", "fn f(v: [n]): [n] { return v derivative(‹dv, dw›) = dv + dw }", "wrong-arity"],
    [
      "a tangent of an index",
      "fn f(E: [v, d], i: index(v)): [d] { return E[i] derivative(‹dE, di›) = dE[i] + di }",
      "wrong-arity",
    ],
    ["a tangent with the name of an argument", "fn f(v: [n]): [n] { return v derivative(‹v›) = v }", "duplicate-name"],
    ["another shape", "fn f(v: [n], w: [m]): [n] { return v * sum(w) derivative(_dv, dw) = ‹dw› }", "shape-mismatch"],
    ["a truth value", "fn f(v: [n]): [n] { return v derivative(dv) = ‹dv > 0› }", "truth-value-as-real"],
    ["a constant", "fn f(v: [n]): [n] { return round(v) derivative(_dv) = ‹1› }", "nonlinear-derivative"],
    ["a square", "fn f(v: [n]): [n] { return round(v) derivative(dv) = ‹dv * dv› }", "nonlinear-derivative"],
    [
      "a product of tangents",
      "fn f(v: real, w: real): real { return v * w derivative(dv, dw) = ‹dv * dw› }",
      "nonlinear-derivative",
    ],
    [
      "a sum with what is no tangent",
      "fn f(v: [n]): [n] { return round(v) derivative(dv) = ‹dv + v› }",
      "nonlinear-derivative",
    ],
    [
      "a quotient by a tangent",
      "fn f(v: [n]): [n] { return round(v) derivative(dv) = ‹v / dv› }",
      "nonlinear-derivative",
    ],
    [
      "a function of a tangent",
      "fn f(v: [n]): [n] { return round(v) derivative(dv) = 2 * ‹tanh(dv)› }",
      "nonlinear-derivative",
    ],
    ["a power of a tangent", "fn f(v: [n]): [n] { return round(v) derivative(dv) = ‹dv ^ 2› }", "nonlinear-derivative"],
    [
      "a largest tangent",
      "fn f(v: [n]): [n] { return round(v) derivative(dv) = v * ‹max(dv)› }",
      "nonlinear-derivative",
    ],
    ["a softmax of a tangent", "fn f(v: [n]): [n] { return v derivative(dv) = ‹softmax(dv)› }", "nonlinear-derivative"],
    [
      "a stopped tangent",
      "fn f(v: [n]): [n] { return v derivative(dv) = ‹stop_gradient(dv)› }",
      "nonlinear-derivative",
    ],
    [
      "a choice by a tangent",
      "fn f(v: [n]): [n] { return v derivative(dv) = if ‹dv > 0› then dv else 0 }",
      "nonlinear-derivative",
    ],
    [
      "a branch without a tangent",
      "fn f(v: [n]): [n] { return v derivative(dv) = ‹if v > 0 then dv else v› }",
      "nonlinear-derivative",
    ],
    [
      "a joint with what is no tangent",
      "fn f(v: [n]): [2 * n] { return concat(v, v) derivative(dv) = ‹concat(dv, v)› }",
      "nonlinear-derivative",
    ],
    [
      "what is not linear in a function that it calls",
      "fn g(v: [n]): [n] { return v * v } fn f(v: [n]): [n] { return v derivative(dv) = ‹g(dv)› }",
      "nonlinear-derivative",
    ],
    [
      "a tangent in a function that declares its derivative",
      "fn g(v: [n]): [n] { return v derivative(dv) = dv } fn f(v: [n]): [n] { return v derivative(dv) = ‹g(dv)› }",
      "nonlinear-derivative",
    ],
    ["a tangent in the value", "fn f(v: [n]): [n] { return v + ‹dv› derivative(dv) = dv }", "tangent-in-value"],
    [
      "a tangent in an equation of the value",
      "fn f(v: [n]): [n] { a = v + dv return ‹a› derivative(dv) = dv }",
      "tangent-in-value",
    ],
    [
      "a derivative in front of the value",
      "fn f(v: [n]): [n] { ‹derivative›(dv) = dv return v }",
      "misplaced-derivative",
    ],
    [
      "two derivatives",
      "fn f(v: [n]): [n] { return v ‹derivative›(dv) = dv derivative(dw) = dw }",
      "misplaced-derivative",
    ],
    ["a derivative of a cell", "cell A(H) { input x: [H] output y = x ‹derivative›(dx) = dx }", "misplaced-derivative"],
    ["a call of itself", "fn ‹f›(v: [n]): [n] { return v derivative(dv) = f(v) * dv }", "recursive-function"],
  ])("refuse %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it.each([
    "fn f(v: [n]): [n] { return round(v) derivative(dv) = dv }",
    "fn f(v: [n]): [n] { return round(v) derivative(_dv) = 0 }",
    "fn f(): real { return 1 derivative() = 0 }",
    "fn f(v: [n], w: [n]): [n] { return v * w derivative(dv, dw) = dv * w + v * dw }",
    "fn f(v: [n]): [n] { return v derivative(dv) = -dv / 2 + (if v > 0 then dv else 0) + mean(dv) + concat(dv[0:n - 1], stack(0 * dv[0])) }",
    "fn f(A: [n, m], v: [m]): [n] { a = A @ v b = A @ dv return a derivative(dA, dv) = dA @ v + b }",
    "fn g(v: [n]): [n] { return 2 * v } fn f(v: [n]): [n] { return v derivative(dv) = g(dv) }",
    "fn f(E: [v, d], i: index(v)): [d] { return E[i] derivative(dE) = dE[i] }",
    "fn f(derivative: [n]): [n] { return derivative derivative(dv) = derivative * dv }",
    "cell A(H) { input x: [H] derivative = 2 * x output y = derivative }",
    // Of `p` nothing but the tangent is read.
    "fn hard(p: [n], score: [n]): [n] { return if score == max(score) then 1 else 0 derivative(dp, _ds) = dp }",
    "fn f(v: [n], p: [n]): [n] { d = 2 * dp return round(v) derivative(dv, dp) = dv + d }",
    "cell A(H, k: real = 2) { fn f(v: [n]): [n] { return round(v) derivative(dv) = k * dv } input x: [H] output y = f(x) }",
  ])("are fine in %s", (text) => {
    expectFine(text);
  });

  it("warn of an argument whose tangent is not used either", () => {
    expectReport("fn f(‹p›: [n], score: [n]): [n] { return round(score) derivative(_dp, ds) = ds }", "unused-name");
  });

  it("warn of a tangent that is not used", () => {
    expectReport("fn f(v: [n]): [n] { return round(v) derivative(‹dv›) = 0 }", "unused-name");
  });
});
