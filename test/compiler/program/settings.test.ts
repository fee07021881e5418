/** Settings: numbers of a call that are the same for all of its examples. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { compile, type CompileSuccess, declarations } from "../../../compiler/driver/compile.js";
import { checkGradients } from "../../../compiler/tools/gradcheck/check-gradients.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { verifyModule } from "../../../compiler/tools/verify/verify-module.js";

const text = `
  network Scaled(; T) { input x: [T] setting by: real = 2 output y = by * x }
  /// Weighs what comes out.
  network N(H, e: real = 0.5; T) {
    input x: [T, H]
    /// How much counts.
    setting beta: real = e * H
    param a: [H] ~ 0.5
    use one = Scaled()
    use two = Scaled()
    z = a * x
    sums = sum(z, axis = 1)
    output y = one(sums) + two(sums, by = beta)
    output each[t] = if beta > 3 then z[t] else beta * z[t]
    loss = beta * sum(y * y)
  }`;
const options = { cell: "N", dimensions: { H: 2 }, dtype: "f64" } as const;
const list = (values: unknown): number[] => [...(values as Float64Array)];

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it("a call says them, or the source does, for itself and for networks in it", async () => {
    const { instantiate, manifest } = (await cell(text, { ...options, target })) as unknown as CompiledModule;
    expect(manifest.settings).toEqual([
      { name: "beta", documentation: "How much counts.", axes: ["B"], shape: [], otherwise: 1 },
      { name: "one.by", documentation: "", axes: ["B"], shape: [], otherwise: 2 },
    ]);
    const net = instantiate({ batch: 2, sizes: { T: 1 } });
    const x = [2, 4, 6, 8];
    expect(list(net.forward({ x }).y)).toEqual([3 * 3, 7 * 3]);
    expect(list(net.forward({ x, beta: 10, "one.by": 0 }).y)).toEqual([30, 70]);
    expect(list(net.forward({ x, beta: 10 }).each)).toEqual([1, 2, 3, 4]);
    const { loss, params } = net.gradient?.({ x, beta: 10, "one.by": 0 }) ?? { params: { a: [] } };
    expect(loss).toBeCloseTo((10 * (900 + 4900)) / 2, 9);
    // Σ 10 y² / 2, y = 10 Σ a x.
    expect(list(params.a)).toEqual([10 * 10 * (30 * 2 + 70 * 6), 10 * 10 * (30 * 4 + 70 * 8)]);
    // The next call is one of its own.
    expect(list(net.forward({ x }).y)).toEqual([9, 21]);
  });

  it("what is no number is refused, before anything is written", async () => {
    const { instantiate } = (await cell(text, { ...options, target })) as unknown as CompiledModule;
    const net = instantiate({ batch: 1, sizes: { T: 1 } });
    const message = "forward: beta must be a number, got Array of length 1";
    expect(() => net.forward({ x: [1, 2], beta: [1] })).toThrow(new TypeError(message));
    expect(() => net.forward({ x: [1, 2], beta: NaN })).toThrow("forward: beta must be a number, got NaN");
    expect(() => net.forward({ x: [1, 2], gamma: 1 })).toThrow(
      /unknown name gamma; expected x, sizes, batch, beta, one.by/,
    );
  });
});

it("has types, gradients that are right, and modules that keep what they promise", async () => {
  const result = compile(text, { ...options, target: "js" });
  expect(result.diagnostics).toEqual([]);
  const types = await declarations(result as CompileSuccess);
  expect(types.text).toMatch(/1 where left out\.\s+\*\s+\* How much counts\.\s+\*\/\s+readonly beta\?: number/u);
  const report = await checkGradients(text, { cell: "N", runs: 2, seed: 5 });
  expect(report.passed).toBe(true);
  const verified = await verifyModule(await cell(text, { ...options, target: "wasm" }), { runs: 1, seed: 3 });
  expect(verified.passed).toBe(true);
});

it("is one number, says what it is, and stands in networks", () => {
  const wrong = (body: string): string[] =>
    compile(body, { cell: "N", dimensions: { H: 2 } }).diagnostics.map(({ code, message }) => `${code}: ${message}`);
  const net = (item: string): string => `network N(H; T) { input x: [T, H] ${item} output y = b * x }`;
  expect(wrong(net("setting b: real"))).toEqual(["bad-setting: a setting says what it is where a call does not"]);
  expect(wrong(net("setting b: [H] = 1"))).toEqual(["bad-setting: a setting is a number, and this is [H]"]);
  expect(wrong(net("setting b: real = inf"))).toEqual(["bad-setting: a setting begins with a finite number"]);
  expect(wrong(net("setting b: real = T"))).toEqual([
    "not-a-constant: the dimension `T` is not known when the cell is compiled",
  ]);
  expect(wrong(net("setting b: real ~ uniform(1)"))).toEqual(["misplaced-initializer: `setting` has no initialiser"]);
  expect(wrong(net("setting b: real = 1 param a: [H] ~ b").replace("b * x", "a * x * b"))).toEqual([
    "varying-initial-value: the initial value of `a` depends on the setting `b`",
  ]);
  expect(wrong(net("setting b, states: real = 1").replace("b * x", "states * b * x"))).toEqual([
    "reserved-name: the setting `states` has a name that snapshots of a stream need",
  ]);
});
