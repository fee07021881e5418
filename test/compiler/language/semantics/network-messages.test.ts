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
