/** What a newcomer to networks is told. */
import { describe, expect, it } from "vitest";
import { check } from "../../../../compiler/index.js";
import { cell } from "../../../../compiler/driver/in-process.js";
import type { CompiledModule } from "../../../../runtime/module/compiled-module.js";

const told = (text: string): string[] =>
  check(text).diagnostics.map(({ code, message, help }) => `${code}: ${message} (${help ?? ""})`);

describe("messages", () => {
  it.each([
    [
      "network A(C; T) { input x: [T, C] output p = softmax(x) }",
      "missing-axis: `softmax` of [T, C] needs an axis (say which: `softmax(…, axis = C)` is over C)",
    ],
    [
      "network A(C; T) { input x: [T, C] output p = argmax(x) }",
      "missing-axis: `argmax` of [T, C] needs an axis (say which: `argmax(…, axis = C)` is over C)",
    ],
    [
      "cell A(H) { input x: [H] y = sum(x) per H output z = y }",
      "unexpected-token: only a loss is `per` something, and a cell has none (a loss is over whole sequences: `network Name(…; T) { … loss = e per T }`)",
    ],
    [
      "network A(; T) { input x: [T] output loss = sum(x) per T }",
      "unexpected-token: only a loss is `per` something (a loss is no output: `loss = e per w`, and results have it, too)",
    ],
    [
      "network A(; T) { input x: [T] output loss = sum(x) }",
      "reserved-name: `loss` is what a network is trained by, and this is an output (a loss is an equation of that name, `loss = e per w`, and results have it, too; another output has another name)",
    ],
    [
      "network A(; T) { input _x: [T] }",
      "no-result: `A` gives nothing: it has no outputs and no losses (`output y = …` is a result, `loss = … per T` what it is trained by)",
    ],
    [
      'import { GRU } from "std/gru" network A(I, H; T) { input x: [T, I] output y = GRU(I, H)(x) }',
      "not-callable: only a name can be called (a cell is used first, `use l = GRU(I, H)`, and then called, `l(x)`; a product is written with `*` or `@`)",
    ],
    [
      "network A(V; T, X) { input k: index(X)[T] param m: [V] output y = m[narrow(before(k, 0), V, 0)] }",
      "shape-mismatch: `before` fills with index(X), this is a scalar (say how large `X` is at least: `network Name(…; X >= 1)`)",
    ],
    [
      "network A(V; T, X) { input k: index(X)[T] param m: [V] output y = m[k] }",
      "bad-slice: an index below X into an axis of size V (what is not below V has to become what is: `narrow(i, V, 0)`)",
    ],
    [
      "network A(V; T, X) { input k: index(X)[T] param m: [V] output y = m[narrow(k, V, V)] }",
      "place-out-of-range: what stands in the place of others is below V, this is a scalar (an index(V), or a whole number that is surely below V)",
    ],
    [
      "network A(V; T, X >= 1) { input k: index(V)[T] output y = real(narrow(k, X, 2)) }",
      "place-out-of-range: what stands in the place of others is below X, this is a scalar (say how large `X` is at least: `network Name(…; X >= 3)`)",
    ],
    [
      "network A(V; T) { input k: index(V)[T] param m: [V] output y = m[narrow(k - 1, V, 0)] }",
      "place-out-of-range: the place may be below 0 (in a circle: `(…) mod V`)",
    ],
    [
      "network A(V; T) { input k: index(V)[T] input x: [T] param m: [V] output y = m[narrow(x, V, 0)] + m[k] }",
      "bad-argument: an index is expected here, this is [T] (an index is an input `index(N)`, or computed: `argmax(v)`)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 / L over L <= N until y[t] > 3 }",
      "length-known-later: `L` is known when its last place is: `until y`, made of `y`, which takes the size as a number (up to there an element is made of what there is up to its place, and of sizes that the call gives)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N + 1 until y[t] > 3 }",
      "run-time-dimension: a length is at most a dimension that calls give, and not `N + 1` (`network Name(…; N)` and `over L <= N`)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] }",
      "real-as-truth-value: a truth value is expected here, this is a number (compare it: `x > 0`)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over N }",
      "unexpected-token: `over` without an end finds no length (how far an index goes is said on the left: `y[t < N] = …`; a length that values tell is `over L <= N until c`)",
    ],
    [
      "cell C(H; S) { context m: [S, H] state h: [H] h' = h + sum(m, axis = 0) output y = h } network A(H; S >= 1, T) { input x: [S, H] use c = C(H) a = c(x) b = c(2 * x) output y = a + b }",
      "not-in-cell: `S` is a dimension that calls give, and those of a cell come with its contexts (leave it out, or write `S >= 1`: `context m` brings it, and it is at least 1)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y = u + 1 over L <= N until y > 3 }",
      "unexpected-token: a length is found by an index (in a network: `said[t] = argmax(z[t]) over L <= N until said[t] == eos`)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t < N] = u[t] + 1 over L <= N until y[t] > 3 }",
      "unexpected-token: `t` goes to `L` (`over` says how far the first index goes)",
    ],
    [
      "network A(; N) { stream u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 }",
      "looks-ahead: `A` does not stream along `L`: `y` ends where its values say: L is known after the last element (each element of an output is made of what there is up to its place; losses may look at all of it)",
    ],
    [
      "network A(; N) { require L >= 2 u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 }",
      "bad-requirement: this says nothing of sizes that calls give (`require` stands in a network, and compares a dimension after the `;` of its header with others)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 } network B(; N) { use a = A() output y = sum(a()) }",
      "run-time-dimension: no input of `a` tells how large `N` is (the call says it: `a(…, N = …)` with a dimension, or a number)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 } network B(; N) { input x: [N] use a = A() z[n] = x[n] + sum(a(N = N)) output y = z }",
      "run-time-dimension: `a` finds the length `L`, once for each call, and this stands where calls are repeated (call it in an equation of its own, in no cycle, and not for each value of an index or in each round)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 } network B(; N) { use a = A() output y = sum(a(N = N / 2)) }",
      "run-time-dimension: `L` of `a` would be at most `N / 2` (say how long it may be by dimensions that calls give, and whole numbers, with `+`, `-` and `*`)",
    ],
    [
      "network A(; N >= 1) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 } network B(; N) { use a = A() output y = sum(a(N = N)) }",
      "may-be-empty: `A` wants `N >= 1`, and nothing says that `N` is (a least size is declared: `network Name(…; T >= 1)`)",
    ],
    [
      "network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 over L <= N until y[t] > 3 } network B(; N) { use a = A() output y = sum(a(M = N)) }",
      "unknown-argument: `a` has no argument `M` (`a` takes (N = …))",
    ],
  ])("%s", (text, message) => {
    expect(told(text)).toEqual([message]);
  });

  it("a whole number beside an index is one of those that it can be", () => {
    const text = (word: number): string => `network A(V; N) {
      param table: [V, V] ~ 1
      v = table[before(said, 0)]
      output said[n] = if n == 0 then ${word} else argmax(v[n])
    }`;
    expect(told(text(1))).toEqual([]);
  });
});

it("places that a module gives are places that it takes, and sizes are told by name", async () => {
  const text = `network A(V; T) { input k: index(V)[T] param table: [V] ~ 1 output y = (k + 1) mod V output z = table[k] }`;
  const { instantiate } = (await cell(text, { dimensions: { V: 3 }, target: "js" })) as unknown as CompiledModule;
  const net = instantiate({ batch: 1, sizes: { T: 3 } });
  const { y } = net.forward({ k: [0, 1, 2] });
  expect(y).toBeInstanceOf(Float32Array);
  expect([...(net.forward({ k: y }).y ?? [])]).toEqual([2, 0, 1]);
  expect(() => net.forward({ k: Float64Array.of(0.5, 0, 0) })).toThrow(
    /k\[0\] must be an integer from 0 to 2, got 0.5/u,
  );
  expect(() => net.forward({ k: [0, 1, 2], lengths: [3] })).toThrow(
    new TypeError("forward: unknown name lengths; expected k, sizes, batch"),
  );
});

it("an index is checked against the size that its example has, as a state, too", async () => {
  const text = `network A(V; S, T, X >= 1) {
    require X >= V
    input copied: index(X)[S]
    input target: index(X)[T]
    input u: [S]
    param table: [V] ~ 1
    output y = scatter(u, at = copied, size = X)
    output z = table[narrow(before(target, 0), V, 1)]
  }`;
  const { instantiate, manifest } = (await cell(text, {
    dimensions: { V: 2 },
    target: "js",
  })) as unknown as CompiledModule;
  expect([...manifest.inputs, ...manifest.states].map(({ name, bound }) => [name, bound])).toEqual([
    ["copied", "X"],
    ["target", "X"],
    ["u", undefined],
    ["z", "X"],
  ]);
  const net = instantiate({ batch: 2, sizes: { S: 2, T: 2, X: 4 } });
  net.setParams({ table: [5, 7] });
  const sizes = { X: [4, 2] };
  const call = { copied: [3, 3, 1, 0], target: [3, 0, 0, 1], u: [1, 2, 4, 8], sizes };
  const { y, z } = net.forward({ ...call, z: [2, 1] });
  expect([...(y ?? []), ...(z ?? [])]).toEqual([0, 0, 0, 3, 8, 4, 0, 0, 7, 7, 7, 5]);
  const refusals: Readonly<Record<string, object>> = {
    "forward: copied[2] must be an integer from 0 to 1, got 2": { copied: [3, 3, 2, 0] },
    "forward: target[0] must be an integer from 0 to 3, got 4": { target: [4, 0, 0, 0] },
    "forward: z[1] must be an integer from 0 to 1, got 3": { z: [3, 3] },
    "forward: X >= V must hold; example 1 has S 2, T 2, X 1": { sizes: { X: [4, 1] } },
  };
  for (const [message, changes] of Object.entries(refusals))
    expect(() => net.forward({ ...call, ...changes })).toThrow(message);
});
