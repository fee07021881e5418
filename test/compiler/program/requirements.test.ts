/** `require T >= K - 1`: checked for each example of a call, and taken as given by proofs. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/driver/compile.js";
import { cell } from "../../../compiler/driver/in-process.js";
import { checkGradients } from "../../../compiler/tools/gradcheck/check-gradients.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";

const list = (values: unknown): number[] => [...(values as Float64Array)];

const windows = `
  network Windows(K; T) {
    require T >= K - 1
    input x: [T]
    param w: real ~ 1
    output y = w * (x[K - 1 :] - x[: T - K + 1])
  }`;
const halves = `
  network Halves(; T, F) {
    require F == ceil(T / 2)
    input x: [T]
    input f: [F]
    first = x[: F]
    output y = first * f
  }
  network Outer(; T) { input x: [T] use h = Halves() output y = h(x, x[: ceil(T / 2)]) }`;

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  const make = async (text: string, name: string, dimensions: Record<string, number>): Promise<CompiledModule> =>
    (await cell(text, { cell: name, dimensions, target, dtype: "f64" })) as unknown as CompiledModule;

  it("a difference of sizes is an axis, and an example that is too short is refused", async () => {
    const { instantiate, manifest } = await make(windows, "Windows", { K: 3 });
    expect(manifest.requires?.map(({ kind, text }) => [kind, text])).toEqual([["least", "T >= K - 1"]]);
    const net = instantiate({ batch: 2, sizes: { T: 4 } });
    const { y } = net.forward({ x: [1, 2, 4, 8, 5, 7, 0, 0], sizes: { T: [4, 2] } });
    expect(list(y)).toEqual([3, 6, 0, 0]);
    expect(() => net.forward({ x: [1, 2, 4, 8, 5, 7, 0, 0], sizes: { T: [4, 1] } })).toThrow(
      new RangeError("forward: T >= K - 1 must hold; example 1 has T 1"),
    );
  });

  it("a size is what it is required to be, also in a network that uses this one", async () => {
    const { instantiate } = await make(halves, "Halves", {});
    const net = instantiate({ batch: 1, sizes: { T: 5, F: 3 } });
    expect(list(net.forward({ x: [1, 2, 3, 4, 5], f: [2, 3, 4] }).y)).toEqual([2, 6, 12]);
    expect(() => net.forward({ x: [1, 2, 3, 4, 5], f: [2, 3], sizes: { T: 5, F: 2 } })).toThrow(
      /F == T - floor\(T \/ 2\) must hold; example 0 has T 5, F 2/u,
    );
    const outer = (await make(halves, "Outer", {})).instantiate({ batch: 1, sizes: { T: 3 } });
    expect(list(outer.forward({ x: [1, 2, 3] }).y)).toEqual([1, 4]);
  });
});

const linear = `
  network Inner(; T, S) {
    require 2 * T <= S + 3
    input x: [T]
    input z: [S]
    param w: real ~ 1
    output y = w * sum(x) + sum(z)
  }
  network Outer(; T, S) { input x: [T] input z: [S] use n = Inner() output y = n(x, concat(z, z)) }
  network Given(K; T) { input x: [T] param v: [2 * K] param u: [3] use n = Inner() output y = n(v, u) + sum(x) }`;

describe.each(["js", "wasm"] as const)("linear bounds on %s", (target) => {
  it.each([
    ["Inner", {}, "2*T <= S + 3", "", [3, 4]],
    ["Outer", {}, "2*T <= 2*S + 3", " in y", [3, 2]],
  ])("of %s name both sides where they do not hold", async (name, dimensions, text, where, [last, short]) => {
    const { instantiate, manifest } = await cell(linear, { cell: name, dimensions, target });
    expect(manifest.requires?.map((one) => one.text)).toEqual([text]);
    const net = instantiate({ batch: 2, sizes: { T: 5, S: 5 } });
    const call = (T: number): object => ({ x: new Float32Array(2 * T), z: new Float32Array(10), sizes: { T: [1, T], S: [5, short!] } }); // prettier-ignore
    net.forward(call(last!) as never);
    expect(() => net.forward(call(5) as never)).toThrow(
      new RangeError(`forward: ${text} must hold${where}; example 1 has T 5, S ${String(short)}`),
    );
  });
});

it("says both sides where a used network is given sizes that are known", () => {
  const wrong = (name: string, dimensions: Record<string, number>): string[] =>
    compile(linear, { cell: name, dimensions }).diagnostics.map(
      ({ code, message, help }) => `${code}: ${message} (${help ?? ""})`,
    );
  expect(wrong("Given", { K: 1 })).toEqual([]);
  expect(wrong("Given", { K: 2 })).toEqual([
    "bad-dimension-size: this wants `4*K <= 6`, which is not so with K = 2 (choose sizes of which it is so)",
  ]);
  const never = `${linear}
    network Never(; T) { input x: [T] param v, u: [4] use n = Inner() output y = n(v, u) + sum(x) }`;
  expect(compile(never, { cell: "Never" }).diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    "bad-dimension-size: `Inner` is right for `2*T <= S + 3` only, and here that is `8 <= 7`",
  ]);
});

it("is handed on to those who use the network, and checked by tools at sizes that fulfil it", async () => {
  const text = `${windows} network N(K; S) { input x: [S] use w = Windows(K) output y = w(x) }`;
  const { manifest, diagnostics } = compile(text, { cell: "N", dimensions: { K: 4 } });
  expect(diagnostics).toEqual([]);
  expect(manifest?.requires?.map((one) => one.text)).toEqual(["S >= K - 1"]);
  const report = await checkGradients(text, { cell: "N", runs: 1, seed: 1, dimensions: { K: 2 } });
  expect(report.passed).toBe(true);
});

it("compares sizes, some of which calls give", () => {
  const wrong = (body: string): string[] =>
    compile(body, { dimensions: {} }).diagnostics.map(({ code, message }) => `${code}: ${message}`);
  expect(wrong("network N(; T) { require T input x: [T] output y = x }")).toEqual([
    "bad-requirement: what is required is a comparison of two sizes",
  ]);
  expect(wrong("network N(; T) { require 3 >= 2 input x: [T] output y = x }")).toEqual([
    "bad-requirement: this says nothing of sizes that calls give",
  ]);
  expect(wrong("cell N { require 3 >= 2 input x: real output y = x }")).toEqual([
    "bad-requirement: a cell is one step, and requires nothing of sizes that calls give",
  ]);
  expect(wrong("network N(; T) { require T >= 2 require = T input x: [T] output y = x * require }")).toEqual([]);
});

it("takes what is required twice, and proves by it what floors are made of", () => {
  const twice = `network A(; S, T) { require S == T require T == S require S == T require T >= S input x: [T] input s: [S] output y = x + s }`;
  const strided = `network A(; T) { require T >= 4 input x: [T] output y = max(windows(x, 4, stride = 3), axis = [0, 1]) }`;
  const never = `network A(; S, T) { require S == T require S == T + 1 input x: [T] input s: [S] output y = x + s }`;
  const errors = (text: string) => compile(text, { cell: "A" }).diagnostics.filter(({ severity }) => severity === "error"); // prettier-ignore
  expect([twice, strided].map((text) => errors(text).map(({ message }) => message))).toEqual([[], []]);
  expect(errors(never).map(({ code }) => code)).toEqual(["bad-requirement"]);
});

it("says of an index that it does not fit, and nothing of sizes", () => {
  const text = `network A(V, bos: index(V) = 4; T) { input x: [T] param table: [V] output y = x * table[bos] }`;
  const [{ help, code } = {}] = compile(text, { cell: "A", dimensions: { V: 3 } }).diagnostics;
  expect([code, help]).toEqual(["bad-dimension-size", "it is required to be at least 1"]);
});
