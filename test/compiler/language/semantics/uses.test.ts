import { describe, expect, it } from "vitest";
import { check, expectFine, expectReport } from "./support.js";

const lower = `cell B(I, H) { input x: [I] state h: [H] param W: [H, I] h' = tanh(W @ x + h) output y = h' }\n`;
const two = `cell D(H) { input x: [H] state h: [H] h' = h + x output y = h' output z = h * 2 }\n`;
const stateless = `cell P(H) { input x: [H] param w: [H] output y = w * x }\ncell Pair(H) { input x: [H] output y = 2 * x output z = sum(x) }\n`;
const defaults = `cell Default(H, K = 2, N = 2 * K) { input x: [H] param E: [N, K] output y = x * sum(E, axis = 0)[0] * sum(E) }\n`;
const attention = `cell T(H) { input q: [H] context m: [S, H] state seen: [S] a = softmax(m @ q - seen) seen' = seen + a output y = a @ m }\n`;

const generic = "cell S(Cell: cell(I, H), H) { input x: [H] use a = Cell(H, H) output y = a(x) }\n";

describe("cells as parameters", () => {
  it.each([
    ["of which nothing is used", "cell S(‹Cell›: cell(H), H) { input x: [H] output y = x }", "unused-name"],
    [
      "of which more is read than it says",
      "cell S(Cell: cell(H), H) { input x: [H] use a = Cell(H) u = a(x) output y = u + a.‹h› }",
      "unknown-member",
    ],
    [
      "that is called twice",
      "cell S(Cell: cell(H), H) { input x: [H] use a = Cell(H) output y = a(‹a›(x)) }",
      "called-twice",
    ],
    ["as a value", "cell S(Cell: cell(H), H) { input x: [H] use a = Cell(H) output y = a(x) + ‹Cell› }", "not-a-value"],
    [
      "with the wrong input",
      "cell S(Cell: cell(H), H) { input x: [H] use a = Cell(2 * H) output y = a(‹x›)[0:H] }",
      "shape-mismatch",
    ],
    [
      "with an argument too many",
      "cell S(Cell: cell(H), H) { input x: [H] use a = Cell(H, ‹H›) output y = a(x) }",
      "wrong-arity",
    ],
    [
      "that is given no cell",
      `${lower}${generic}cell A(H) { input x: [H] ‹use s = S(H = H)› output y = s(x) }`,
      "wrong-arity",
    ],
    [
      "that is given a dimension",
      `${lower}${generic}cell A(H) { input x: [H] use s = S(‹H›, H) output y = s(x) }`,
      "unknown-cell",
    ],
    ["that is given a function", `fn f(v: [n]): [n] { return v }\n${generic}cell A = S(‹f›)`, "unknown-cell"],
    ["that is given a number", `${generic}cell A = S(‹3›)`, "unknown-cell"],
    ["that is given a cell of other dimensions", `${two}${generic}cell A = S(‹D›)`, "cell-does-not-fit"],
    [
      "that is given one with a context",
      `${attention}cell S(Cell: cell(H), H) { input x: [H] use a = Cell(H) output y = a(x) }\ncell A = S(‹T›)`,
      "cell-does-not-fit",
    ],
    [
      "that is given one with two outputs of other names",
      `cell D(H) { input x: [H] output v = 2 * x output z = x }\ncell S(Cell: cell(H), H) { input x: [H] use a = Cell(H) output y = a(x) }\ncell A = S(‹D›)`,
      "cell-does-not-fit",
    ],
    [
      "that is given one with another output",
      "cell C(I, H) { input x: [I] param w: [H] output y = x * sum(w) }\n" + generic + "cell A = S(‹C›)",
      "cell-does-not-fit",
    ],
    ["of a cell that is itself", "cell ‹A› = A()", "recursive-use"],
    ["of cells that are each other", "cell A = B()\ncell ‹B› = A()", "recursive-use"],
    ["with a dimension given", `${lower}cell A = B(H = ‹3›)`, "not-a-constant"],
  ])("refuses one %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it("are checked once, and taken by name or by position", () => {
    expectFine(
      `${lower}${generic}cell A = S(B)\ncell C(H) { input x: [H] use s = S(B, H) use t = A(H) output y = s(t(x)) }`,
    );
  });
});

describe("used cells", () => {
  it.each([
    ["a cell that is not there", "use a = ‹Q›(H) output y = a(x)", "unknown-cell"],
    ["too few arguments", "‹use a = B(H)› output y = a(x)", "wrong-arity"],
    ["too many arguments", "use a = B(H, H, ‹H›) output y = a(x)", "wrong-arity"],
    ["an argument that is not a dimension", "use a = B(H, ‹x›) output y = a(x)", "not-a-dimension"],
    ["an argument by a wrong name", "use a = B(H, ‹K› = H) output y = a(x)", "unknown-argument"],
    ["an input of another shape", "use a = B(2 * H, H) output y = a(‹x›)", "shape-mismatch"],
    ["too few inputs", "use a = B(H, H) output y = ‹a()› + x", "wrong-arity"],
    ["too many inputs", "use a = B(H, H) output y = a(x, ‹x›)", "wrong-arity"],
    ["an input by a wrong name", "use a = B(H, H) output y = a(‹z› = x)", "unknown-argument"],
    ["a second call", "use a = B(H, H) u = a(x) output y = ‹a›(u)", "called-twice"],
    ["a call for each value of an index", "use a = B(H, H) output y[n < 2] = ‹a›(x * n)", "called-twice"],
    ["an output of one of several calls", "use l = P(H) u = l(x) output y = u * l(u) + ‹l.y›", "called-twice"],
    [
      "an output of one of several calls by another name",
      "use l = Pair(H) u = l(x) output y = l(x).y + ‹u.z›",
      "called-twice",
    ],
    ["an output that none of several calls has", "use l = Pair(H) output y = l(x).y + l(x).‹k›", "unknown-member"],
    [
      "a wrong argument of one of several calls",
      "use l = P(H) output y = l(x) + l(‹zeros([2 * H])›)",
      "shape-mismatch",
    ],
    ["a cycle through one of several calls", "use l = P(H) u = l(x) ‹v› = l(v) output y = u + v", "cycle"],
    ["a given state of another shape", "use a = B(H, H) output y = a(x, h = ‹zeros([2 * H])›)", "shape-mismatch"],
    ["a given state that needs the call", "use ‹a› = B(H, H) output y = a(x, h = a.h')", "cycle"],
    ["a state by position", "use a = B(H, H) output y = a(x, ‹x›)", "wrong-arity"],
    ["a state given twice", "use a = B(H, H) output y = a(x, h = x, ‹h = x›)", "wrong-arity"],
    ["a given param of another shape", "use a = B(H, H, W = ‹zeros([H])›) output y = a(x)", "shape-mismatch"],
    ["a given param that changes", "use a = B(H, H, W = ‹outer(x, x)›) output y = a(x)", "varying-context"],
    ["a given param by position", "use a = B(H, H, ‹outer(x, x)›) output y = a(x)", "wrong-arity"],
    ["a given param that it does not have", "use a = B(H, H, ‹V› = 1) output y = a(x)", "unknown-argument"],
    ["a param that begins and is not there", "use a = B(H, H) with ‹V› ~ ones output y = a(x)", "unknown-member"],
    ["a param that begins in what is not there", "use a = B(H, H) with ‹V›.W ~ ones output y = a(x)", "unknown-member"],
    ["a state that begins", "use a = B(H, H) with ‹h› ~ ones output y = a(x)", "misplaced-initializer"],
    [
      "a param that is given and begins",
      "use a = B(H, H, W = 1) with ‹W› ~ ones output y = a(x)",
      "misplaced-initializer",
    ],
    ["a param that begins twice", "use a = B(H, H) with W ~ ones, ‹W ~ zeros› output y = a(x)", "duplicate-name"],
    [
      "a shared param that begins",
      "use b = B(H, H) use a = b with ‹W ~ ones› output y = a(b(x))",
      "misplaced-initializer",
    ],
    [
      "a param that begins with another shape",
      "param k: [2 * H] use a = B(H, H) with W ~ ‹k› output y = a(x) + sum(k)",
      "shape-mismatch",
    ],
    [
      "a param that begins with an input",
      "use a = B(H, H) with W ~ ‹outer(x, x)› output y = a(x)",
      "varying-initial-value",
    ],
    ["a param that begins as nothing does", "use a = B(H, H) with W ~ ‹nix› output y = a(x)", "unknown-initializer"],
    [
      "a param that begins with too many indices",
      "use a = B(H, H) with W[i, j, ‹k›] ~ i + j output y = a(x)",
      "bad-index",
    ],
    ["params shared with nothing", "use a = B(H, H) use b = ‹c› output y = a(b(x))", "unknown-cell"],
    ["params shared with a cell", "use a = ‹D› output y = a(x)", "unknown-cell"],
    ["params shared with a value", "e = x use a = ‹e› output y = a(x)", "unknown-cell"],
    ["params shared with what stands below", "use a = ‹b› use b = B(H, H) output y = a(b(x))", "unknown-cell"],
    ["params shared with itself", "use a = ‹a› output y = a(x)", "unknown-cell"],
    ["several of which one is never called", "use a, ‹b› = B(H, H) output y = a(x)", "never-called"],
    ["several with the same name", "use a, ‹a› = B(H, H) output y = a(x)", "duplicate-name"],
    ["too few dimensions, but for defaults", "‹use a = Default(K = 3)› output y = a(x)", "wrong-arity"],
    ["no call", "use ‹a› = B(H, H) output y = x", "never-called"],
    ["an instance as a value", "use a = B(H, H) output y = a(x) + ‹a›", "not-a-value"],
    ["the next value of an instance", "use a = B(H, H) output y = a(x) + ‹a'›", "next-of-non-state"],
    ["a member that is not there", "use a = B(H, H) output y = a(x) + a.‹k›", "unknown-member"],
    ["an input as a member", "use a = B(H, H) output y = a(x) + a.‹x›", "unknown-member"],
    ["the next value of a param", "use a = B(H, H) output y = a(x) + sum(a.‹W›', axis = 0)", "unknown-member"],
    ["an output that is not there", "use a = D(H) output y = a(x).‹q›", "unknown-member"],
    ["several outputs as one", "use a = D(H) output y = ‹a(x)› + 1", "several-outputs"],
    ["several outputs as an output", "use a = D(H) output y = ‹a(x)›", "several-outputs"],
    [
      "a call in an initial value",
      "use a = B(H, H) state k: [H] = ‹a(x)› k' = x output y = a.h",
      "varying-initial-value",
    ],
    [
      "an instance called by a function",
      "use a = B(H, H) fn f(v: [n]): [n] { return ‹a›(v) } output y = a(f(x))",
      "unknown-function",
    ],
    ["a context that changes", "use a = T(H) output y = a(x, ‹outer(x, x)›)", "varying-context"],
    ["a context of another shape", "use a = T(H) output y = a(x, ‹reshape(c, [H, S])›)", "shape-mismatch"],
    ["a context of another rank", "use a = T(H) output y = a(x, ‹c[0]›)", "shape-mismatch"],
    ["a cell as a function", "output y = ‹B›(x)", "not-a-function"],
    ["a dimension used as a divisor", "‹use a = V(H + 1)› output y = x + a(zeros([H + 1]))", "dimension-division"],
    ["an instance named twice", "use a = B(H, H) use ‹a› = D(H) output y = a(x)", "duplicate-name"],
    ["a cycle through a used cell", "use a = B(H, H) ‹r› = a(x + n) n = tanh(r) output y = r", "cycle"],
    ["a cycle through its next state", "use ‹a› = B(H, H) output y = a(x + a.h')", "cycle"],
  ])("refuses %s", (_what, items, code) => {
    const dividing =
      "cell V(H) { input x: [H] output y = sum(reshape(outer(x, ones([3])), [3 * H])[0:3 * H]) * sum(zeros([5 * (6 / H) * H * H])) }\n";
    const parts = lower + two + stateless + defaults.replace(" * sum(E)", "") + attention + dividing;
    const usesContext = items.includes("T(H)");
    const cell = `cell A(H) { input x: [H] ${usesContext ? "context c: [S, H]" : ""} ${items} ${usesContext && !items.includes("c[") && !items.includes("(c") ? "output more = sum(c, axis = 0)" : ""} }`;
    expectReport(parts + cell, code);
  });

  it.each([
    ["s", "[C], this is a scalar"],
    ["s + 1", "[C], this is a scalar"],
    ["reshape(s, [1])", "[C], this is [1]"],
  ])("refuses an input that would have to repeat: %s", (argument, message) => {
    const text = `cell Vec(C) { input x: [C] output y = x }
cell A(C) { input s: real use v = Vec(C) output y = v(‹${argument}›) }`;
    const report = expectReport(text, "shape-mismatch");
    expect(report.message).toBe(`input \`x\` of \`v\` is ${message}`);
    expect(report.help).toContain("add `zeros([C])`");
    expect(report.related[0]?.message).toBe("declared in cell `Vec` with C = C");
    expectFine(text.replace(/‹.*›/u, "s + zeros([C])"));
    expectFine(text.replace(/‹.*›/u, "-1").replace("output y = v", "output z = s output y = v"));
  });

  it.each([
    "use a = B(H, H) output y = a(x)",
    "use a = B(I = H, H = 2 * H) output y = a(x = x)",
    "use a = B(H, H) use b = B(H, H) output y = b(a(x))",
    "use a = B(H, H) output y = a(x + a.h)",
    "use a = B(H, H) u = a(x) output y = u + a.h' - a.h + a.W @ x",
    "use a = D(H) output y = a(x).z + a.y",
    "use a = D(H) r = a(x) output y = r.z * r.y",
    "use a = D(H) output y = a.z + a(2 * x).y",
    "use a = B(H, H) output y = a(0) + x",
    "use a = B(H, H) state k: [H, H] = a.W k' = k output y = k @ a(x)",
    "use a = T(H) context c: [S, H] output y = a(x, c)",
    "use a = T(H) context c: [N, H] output y = a(x, 2 * c) output seen = a.seen'",
    "use a = T(H) context c: [N, H] output y = a(x + sum(a.seen), m = c)",
    "use a = T(H) param c: [7, H] output y = a(x, c) + sum(a.seen)",
    "use a = P(H) output y = a(x)",
    "use a = P(H) output y = a(x) * a.inner.h + sum(a.inner.W, axis = 0)",
    "use a = E(H) output y = a(x)",
    "use a = E(H, eps = 1 / H) use b = E(H, 2) output y = a(x) + b(x)",
  ])("accepts %s", (items) => {
    const nested = `cell P(H) { input x: [H] use inner = B(H, H) output y = inner(x) }\n`;
    const real = `cell E(H, eps: real = 1e-3) { input x: [H] output y = x / (eps + H) }\n`;
    expectFine(`${lower}${two}${attention}${nested}${real}cell A(H) { input x: [H] ${items} }`);
  });

  it("prints a cycle from its first equation on", () => {
    const text = "cell A(H) { input x: [H] z = tanh(n) ‹r› = x + n n = tanh(r) output y = r + z }";
    const report = expectReport(text, "cycle");
    expect(report.message).toBe("equations need each other: r -> n -> r");
    expect(expectReport("cell A(H) { input x: [H] ‹r› = x + r output y = r }", "cycle").message).toContain("r -> r");
    expect(
      expectReport("cell A(H) { state h: [H] ‹h›' = tanh(z) z = h' + h output y = z }", "cycle").message,
    ).toContain("h' -> z -> h'");
  });

  it.each([
    ["a cell that uses itself", "cell ‹A›(H) { input x: [H] use a = A(H) output y = a(x) }", "recursive-use"],
    [
      "cells that use each other",
      "cell A(H) { input x: [H] use b = B(H) output y = b(x) } cell ‹B›(H) { input x: [H] use a = A(H) output y = a(x) }",
      "recursive-use",
    ],
    ["a function that calls itself", "fn ‹f›(v: [n]): [n] { return f(v) }", "recursive-function"],
    [
      "functions that call each other",
      "fn f(v: [n]): [n] { return g(v) } fn ‹g›(v: [n]): [n] { return f(v) }",
      "recursive-function",
    ],
    [
      "functions of a cell",
      "cell A(H) { fn f(v: [n]): [n] { return g(v) } fn ‹g›(v: [n]): [n] { return f(v) } input x: [H] output y = f(x) }",
      "recursive-function",
    ],
  ])("refuses %s", (_what, text, code) => {
    expectReport(text, code);
  });

  it("ends for cells that double at every level", () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `cell C${i + 1}(H) { input x: [H] use a = C${i}(H) use b = C${i}(H) output y = a(b(x)) }`,
    );
    const { diagnostics } = check(
      `cell C0(H) { input x: [H] state h: [H] h' = x + h output y = h' }\n${levels.join("\n")}`,
    );
    expect(diagnostics.map(({ code }) => code)).toContain("program-too-large");
  });

  it.each([
    ["a state that is never updated", "state ‹k›: [H] output y = x + k", "state-not-updated"],
    ["an initial value of an input", "state k: [H] = ‹x› k' = k output y = k", "varying-initial-value"],
    [
      "an initial value of a state",
      "state k: [H] = ‹j› k' = k state j: [H] j' = x output y = k",
      "varying-initial-value",
    ],
    [
      "an initial value of an equation of an input",
      "r = 2 * x state k: [H] = ‹r + 1› k' = k output y = k",
      "varying-initial-value",
    ],
    ["an initial value of another shape", "state k: [H] = ‹zeros([2])› k' = k output y = k + x", "shape-mismatch"],
    ["a truth value", "state k: [H] k' = ‹x > 0› output y = k", "truth-value-as-real"],
  ])("refuses %s", (_what, items, code) => {
    expectReport(`cell A(H) { input x: [H] ${items} }`, code);
  });

  it("says through what an initial value depends on a step", () => {
    const { diagnostics } = check(
      "cell A(H) { input x: [H] r = 2 * x s = r + 1 state k: [H] = s k' = k output y = k }",
    );
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "the initial value of `k` depends on `s`, which depends on the input `x`",
    ]);
  });

  it("a cell of the library that is not imported says where it is", () => {
    const { help } = expectReport("cell A(I) { input x: [I] use l = ‹LSTM›(I, I) output y = l(x) }", "unknown-cell");
    expect(help).toBe('import it: `import { LSTM } from "std/lstm"`');
  });
});
