/** `gradient: "params"`: the gradients that training needs, with the same bits, and nothing by data. */
import { describe, expect, test } from "vitest";
import { printDeclarations } from "../../../../compiler/emit/typescript/declarations.js";
import { leakyManifest } from "../../../support/leaky-module.js";
import { cell, compile, type CompileOptions } from "../../../../compiler/index.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { buildKernels, lowerSource } from "../../../../compiler/driver/pipeline.js";
import { BATCH_SYMBOL } from "../../../../compiler/base/types/dim.js";
import { countOperations } from "../../../../compiler/ir/kernel/count-operations.js";
import { vectorPasses } from "../../../../compiler/passes/kernel/passes.js";
import { drawTimedCall } from "../../../../compiler/tools/bench/timed-call.js";
import { verifyModule } from "../../../../compiler/tools/verify/verify-module.js";
import type { CallGradient, ModuleInstance } from "../../../../runtime/index.js";

const source = `
cell Reader(I, H) {
  input x: [I]
  context memory: [S, H]
  state h: [H] = W @ mean(memory, axis = 0)
  param W, U: [H, H] ~ normal(0.3)
  param V: [H, I] ~ normal(0.3)
  h' = tanh(V @ x + U @ h + softmax(memory @ h) @ memory)
  output y = h'
}`;

const network = `
import { GRU } from "std/gru"
network Net(I, H; T) {
  input x: [T, I]
  use rnn = GRU(I, H)
  y = rnn(x)
  loss = sum(y * y, axis = [0, 1]) per T
}`;

const sizes = { I: 8, H: 12 };
const call = { batch: 2, steps: 5, sizes: { S: 3 } };

async function gradientOf(options: { target: "js" | "wasm"; gradient?: "params" }): Promise<CallGradient> {
  const module = await cell(source, { dimensions: sizes, ...options });
  const instance: ModuleInstance = module.instantiate(call);
  instance.init(1);
  const drawn = drawTimedCall(module.manifest, call, 2);
  instance.forward(drawn.forward);
  return instance.backward!(drawn.cotangents);
}

describe.each(["js", "wasm"] as const)("%s", (target) => {
  test("params and initial states have the gradients that they have beside those by data", async () => {
    const [all, own] = [await gradientOf({ target }), await gradientOf({ target, gradient: "params" })];
    expect(Object.keys(all)).toEqual(["x", "memory", "initial", "params"]);
    expect(Object.keys(own)).toEqual(["initial", "params"]);
    expect([own.initial, own.params]).toEqual([all.initial, all.params]);
  });

  test("losses too, and the module verifies", async () => {
    const options = { cell: "Net", dimensions: sizes, target, gradient: "params" } as const;
    const module = await cell(network, options);
    expect(module.manifest.has.gradient).toBe("params");
    const instance: ModuleInstance = module.instantiate({ sizes: { T: 4 } });
    instance.init(1);
    const x = Float32Array.from({ length: 4 * 8 }, (_, i) => Math.sin(i));
    const gradient = instance.gradient!({ x });
    expect(Object.keys(gradient)).toEqual(["initial", "params", "loss", "losses", "final"]);
    const report = await verifyModule(module);
    expect(report.passed).toBe(true);
  });
});

test("there is no product by data", () => {
  const count = (gradient: true | "params"): number[] => {
    const { program } = lowerSource(network, { cell: "Net", dimensions: sizes }, "all sizes");
    const entries = buildEntries(program!, { gradient, jvp: false, hvp: false });
    const kernel = buildKernels(entries, { passes: vectorPasses, dtype: "f32" });
    const backward = kernel.functions.find(({ name }) => name === "backward")!;
    const regions = countOperations(kernel, backward, new Map([[BATCH_SYMBOL, 2], ["T", 5]])); // prettier-ignore
    return regions.flatMap(({ products }) => (products > 0 ? [products] : []));
  };
  const [all, own] = [count(true), count("params")];
  expect(all.length - own.length).toBe(1);
  expect(all.filter((products) => products === 2 * 2 * 5 * 3 * 12 * 8)).toHaveLength(2);
  expect(own.filter((products) => products === 2 * 2 * 5 * 3 * 12 * 8)).toHaveLength(1);
});

test("declarations say so", () => {
  const types = (gradient: true | "params"): string =>
    printDeclarations({ ...leakyManifest, has: { ...leakyManifest.has, gradient } });
  const gradientType = (text: string): string => /Derivatives of that loss by[^}]*\}/u.exec(text)![0];
  expect(gradientType(types(true))).toMatch(/\bx: Values/u);
  expect(gradientType(types("params"))).not.toMatch(/\bx: Values/u);
});

test.each([
  [{ gradient: "all" }, 'gradient must be true, false or "params", got "all"'],
  [{ gradient: "params", hvp: true }, 'hvp has gradients by inputs, too: it needs gradient true, got "params"'],
])("%j is refused", (options, message) => {
  expect(() => compile(source, { dimensions: sizes, ...options } as CompileOptions)).toThrow(message);
});
