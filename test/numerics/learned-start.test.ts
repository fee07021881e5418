/**
 * A state that starts at a parameter, as single numbers and as vectors: its gradient is a sum over examples, one chain
 * whatever the lanes, and starts anew in every call.
 */
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/index.js";
import { backendsAgree, type CellCall } from "../../compiler/tools/testing/index.js";
import type { CompiledModule, FloatArray } from "../../runtime/index.js";

const steps = 3;
const wave = (length: number, from: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.fround(Math.sin(from + 1.7 * i)));

const cells = {
  "a single number": {
    width: 1,
    source: `cell C { input x: real state s: real = p param p, w: real ~ ones  s' = tanh(w * s + x)  output y = s' }`,
  },
  "single numbers of several states": {
    width: 1,
    source: `cell C { input x: real state s: real = p state r: real = 2 * p + w  param p, w: real ~ ones
      s' = tanh(w * s + x)  r' = 0.5 * r + s  output y = s' * r' }`,
  },
  "a vector": {
    width: 3,
    source: `cell C { input x: [3] state s: [3] = p param p, w: [3] ~ ones  s' = tanh(w * s + x)  output y = s' }`,
  },
} as const;

describe.each(Object.entries(cells))("%s", (_, { source, width }) => {
  const derivatives = (module: CompiledModule, batch: number): Record<string, FloatArray> => {
    const instance = module.instantiate({ batch: 9, steps });
    instance.params["p"]!.fill(0.25);
    instance.params["w"]!.fill(0.5);
    const x = wave(batch * steps * width, 1);
    // Twice: sums start at zero in every call.
    for (let n = 0; n < 2; n++) {
      instance.forward({ x, batch });
      const { initial, params } = instance.backward!({ y: wave(batch * steps * width, 2) });
      if (n === 1) return { ...initial, p: params["p"]!.slice() };
    }
    return {};
  };

  it.each([1, 2, 3, 4, 5, 9])("its gradient is the sum over %i examples, with the same bits on all targets", async (batch) => {
    for (const dtype of ["f64", "f32"] as const) {
      const [js, wasm] = [
        derivatives(await cell(source, { dtype, target: "js" }), batch),
        derivatives(await cell(source, { dtype, target: "wasm" }), batch),
      ];
      expect(wasm).toEqual(js);
      const reach = { s: 1, r: 2 };
      const expected = Array.from({ length: width }, (__, i) => {
        let sum = 0;
        for (const state of ["s", "r"] as const)
          for (let b = 0; b < batch; b++) sum += reach[state] * (js[state]?.[b * width + i] ?? 0);
        return sum;
      });
      expected.forEach((sum, i) => {
        expect(wasm["p"]![i]).toBeCloseTo(sum, dtype === "f64" ? 12 : 5);
        expect(Math.abs(sum)).toBeGreaterThan(1e-3);
      });
    }
  }); // prettier-ignore

  it("the gradient of the state is the evaluator's, on all targets", async () => {
    const batch = 5;
    const state = new Float64Array(batch * width).fill(0.25);
    const call: CellCall = {
      batch,
      steps,
      sizes: {},
      examples: Array.from({ length: batch }, () => ({ steps, sizes: {} })),
      params: { p: new Float64Array(width).fill(0.25), w: new Float64Array(width).fill(0.5) },
      inputs: { x: wave(batch * steps * width, 1) },
      contexts: {},
      states: { s: state, ...(source.includes("state r") ? { r: state } : {}) },
      cotangents: {
        outputs: { y: wave(batch * steps * width, 2) },
        final: { s: state, ...(source.includes("state r") ? { r: state } : {}) },
      },
      seed: 1,
    };
    await expect(backendsAgree(source, call)).resolves.toBeUndefined();
  });
});
