import { describe, expect, it } from "vitest";
import { check, expectFine, expectReport, inCell } from "./support.js";

describe("names", () => {
  it.each([
    ["an unknown name", "output z = x + ‹xx›", "unknown-name"],
    ["a state that is not there", "output z = ‹k'› + x", "unknown-name"],
    ["a builtin without a call", "output z = x * ‹tanh›", "unknown-name"],
    ["an unknown function", "output z = ‹tanhh›(x)", "unknown-function"],
    ["a call of a value", "output z = ‹W›(x)", "not-a-function"],
    ["the next value of an input", "output z = ‹x'› + x", "next-of-non-state"],
    ["a next value for an equation", "z = tanh(x) ‹z›' = z output q = z", "next-of-non-state"],
    ["a next value for nothing", "‹k›' = y", "next-of-non-state"],
    ["an equation for an input", "‹x› = tanh(y)", "duplicate-name"],
    ["an equation for a state", "‹h› = tanh(y)", "duplicate-name"],
    ["two equations", "r = y ‹r› = h output z = r", "duplicate-name"],
    ["two next values", "state k: [H] k' = y ‹k›' = h output z = k", "duplicate-name"],
    ["an output that is an equation already", "r = y output ‹r› = r", "duplicate-name"],
    ["a param with the name of a dimension", "param ‹N›: [H] output z = h", "duplicate-name"],
    ["one declaration with the same name twice", "param P, ‹P›: [H] output z = P", "duplicate-name"],
    ["a member of a value", "output z = h.‹k›", "unknown-member"],
  ])("%s", (_what, items, code) => {
    expectReport(inCell(items), code);
  });

  it.each([
    ["output z = tanh(hidden) output hiddn = x", "did you mean `hiddn`?"],
    ["output z = sigmod(x)", "did you mean `sigmoid`?"],
    ["output z = hippo_legs(3) @ x", 'import it: `import { hippo_legs } from "std/linear"`, `hippo_legs(N): [N, N]`'],
    ["output z = solve(U, x)", 'import it: `import { solve } from "std/linear"`, `solve(A: [n, n], b: [n]): [n]`'],
    ["h = tanh(y)", "the next value of the state is `h' = …`"],
    [
      "output z = y[h]",
      "a place is an index: an input `index(N)`, or computed by `argmax(v)` and arithmetic of indices",
    ],
    ["output z = y[:-1]", "places are counted from the front: `[:H - 1]`"],
    ["output z = softmax(U, dim = 0)", "here it is called `axis`: `axis = 0`, `axis = -1` or `axis = N`"],
    ["output z = sum(U, axis = 1, keepdims = 1)", "the axis is put back by `new`: `sum(A, axis = 1)[:, new]`"],
    ["output z = stack(U, U) @ stack(y, h)", "a product for each: `y[n] = A[n] @ v[n]`"],
    [
      "output z = y[h']",
      "a place is an index: an input `index(N)`, or computed by `argmax(v)` and arithmetic of indices",
    ],
    [
      "output z = topk(y)",
      "of `x: [K + R]` the K greatest are `sort(x, descending = true)[:K]`, and their places `argsort(x, descending = true)[:K]`",
    ],
    ["output z = W.T @ h", "the transpose of a matrix is `transpose(W)`"],
    ["output z = (W + 1).T @ h", "the transpose of a matrix is `transpose(W)`"],
    ["r = y output r = r", "an output is an equation too: write `output r = …` once"],
    ["output z = x * tanh", "`tanh` is a function: `tanh(…)`"],
  ])("suggests: %s", (items, help) => {
    const { diagnostics } = check(inCell(items));
    expect(diagnostics.map((diagnostic) => diagnostic.help)).toContain(help);
  });

  it.each(["batch", "steps", "lengths", "sizes", "final", "initial", "params", "sparse", "tangents"])(
    "refuses %s as the name of a tensor of the interface",
    (name) => {
      expectReport(`cell A(H) { input ‹${name}›: [H] output y = ${name} }`, "reserved-name");
      expectReport(`cell A(H) { context ‹${name}›: [H] output y = ${name} * 2 }`, "reserved-name");
      expectReport(`cell A(H) { state ‹${name}›: [H] ${name}' = ${name} output y = ${name} }`, "reserved-name");
      expectReport(`cell A(H) { input x: [H] output ‹${name}› = x }`, "reserved-name");
      expectFine(`cell A(H) { input x: [H] param ${name}: [H] output y = x * ${name} }`);
      expectFine(`cell A(H) { input x: [H] ${name} = x * 2 output y = ${name} }`);
    },
  );

  it("refuses the name under which files of params keep other things", () => {
    for (const kind of ["param", "fixed"]) {
      expectReport(
        `cell A(H) { input x: [H] ${kind} ‹__metadata__›: [H] output y = x * __metadata__ }`,
        "reserved-name",
      );
    }
    expectFine(`cell A(H) { input __metadata__: [H] output y = __metadata__ * 2 }`);
  });

  it("takes names of objects and words of JavaScript as they are", () => {
    const names = [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "class",
      "delete",
      "await",
      "eval",
      "prototype",
    ];
    for (const name of names) {
      expectFine(`cell ${name}(valueOf) {
        input ${name}: [valueOf] state hasOwn: [valueOf] param __defineGetter__: [valueOf, valueOf]
        hasOwn' = tanh(__defineGetter__ @ ${name} + hasOwn)
        output isPrototypeOf = hasOwn' }`);
      expectReport(`cell A(H) { input x: [H] output y = x + ‹${name}› }`, "unknown-name");
      expectReport(`cell A(H) { input x: [H] output y = ‹${name}›(x) }`, "unknown-function");
      expectReport(`cell A(H) { input x: [‹${name}›] output y = sum(x) * H }`, "unknown-dimension");
      expectReport(`cell A(H) { input x: [H] param b: [H] ~ ‹${name}› output y = x + b }`, "unknown-initializer");
      expectReport(`cell A(H) { input x: [H] output y = sum(x, ‹${name}› = 0) }`, "unknown-argument");
      expectReport(`cell A(H) { input x: [H] use u = ‹${name}›(H) output y = u(x) }`, "unknown-cell");
    }
  });

  it.each([
    ["an input", "cell A(H) { input x: [H] input ‹z›: [H] output y = x }"],
    ["a context", "cell A(H) { input x: [H] context ‹z›: [H] output y = x }"],
    ["a param", "cell A(H) { input x: [H] param W, ‹b›: [H] output y = x * W }"],
    ["an equation", "cell A(H) { input x: [H] ‹r› = tanh(x) output y = x }"],
    ["a dimension", "cell A(H, ‹K›) { input x: [H] output y = x }"],
    ["a real parameter", "cell A(H, ‹eps›: real = 1) { input x: [H] output y = x }"],
    ["a function of a cell", "cell A(H) { input x: [H] fn ‹f›(v: [n]): [n] { return v } output y = x }"],
    [
      "an argument of a function",
      "fn f(v: [n], ‹w›: [n]): [n] { return v } cell A(H) { input x: [H] output y = f(x, x) }",
    ],
    ["an equation of a function", "fn f(v: [n]): [n] { ‹w› = v return v }"],
  ])("warns about %s that nothing uses", (_what, text) => {
    expect(expectReport(text, "unused-name").severity).toBe("warning");
  });

  it("says nothing about what counts without being read: sizes of arguments, calls of cells that are read by member", () => {
    expectFine("fn f(v: [n], w: [m]): [n] { return v / m }");
    expectFine("fn f(v: [n], w: [m]): [n + m] { return v[0] + zeros([n + m]) }");
    const lower = "cell B(H) { input x: [H] output y = x output z = 2 * x }\n";
    expectFine(`${lower}cell A(H) { input x: [H] use l = B(H) u = l(x) output y = l.y }`);
    expectReport(`${lower}cell A(H) { input x: [H] use l = B(H) ‹u› = l(x) output y = x }`, "unused-name");
    expectReport("fn f(v: [n], ‹w›: [n]): [n] { return v / n }", "unused-name");
  });

  it("says nothing about unused names that begin with _, and about unused states and outputs", () => {
    expectFine("cell A(H) { input x, _z: [H] state k: [H] k' = x output y = x }");
    expectFine("cell A(H, eps: real = 1) { fn f(v: [n]): [n] { return v + eps / H } input x: [2] output y = f(x) }");
  });

  it("reports every error of a run, in the order of the text, and nothing that follows from them", () => {
    const { diagnostics } = check(`cell A(H, I) {
      input x: [I]  input q: [Q]
      state h: [H]
      param W: [H, I]
      a = W @ y
      b = tanh(a + q)
      c = b + x + h
      h' = x
      output y = sigmod(c) + a
      output z = W @ h
    }
    cell B(H) { input x: [H] output y = x + nope }`);
    expect(diagnostics.map(({ code }) => code)).toEqual([
      "unknown-dimension",
      "cycle",
      "shape-mismatch",
      "unknown-function",
      "shape-mismatch",
      "unknown-name",
    ]);
  });
});
