/** Calls on which a module must give the same bits however it is run, and extreme values among them. */
import { expect } from "vitest";
import {
  type CellCall,
  cotangentsOf,
  gradientsOf,
  instanceFor,
  type Numbers,
  resultsOf,
  valuesOf,
} from "../../compiler/tools/calls/call.js";
import { exampleOf } from "../../compiler/tools/calls/single-examples.js";
import { createRandom, type CompiledModule, type FloatArray, type TensorEntry } from "../../runtime/index.js";
import { keep } from "./models.js";
import { randomCall, randomParams } from "./random-call.js";
import { namedAxes } from "../../runtime/module/axes.js";

const shape = { batch: 3, steps: 5 };

/** Three examples of five steps, as large as the call. */
export function callOf(module: CompiledModule, seed: number): CellCall {
  const { manifest } = module;
  const sizes = Object.fromEntries(namedAxes(manifest).map((name) => [name, 4]));
  const drawn = randomCall(manifest, seed, { ...shape, sizes });
  const instance = module.instantiate({ sizes });
  randomParams(instance, seed);
  return { ...drawn, params: keep({ ...instance.params, ...instance.fixed }), seed };
}

/** The same with examples of different lengths and run-time sizes; one has no step. */
export function raggedCallOf(module: CompiledModule, seed: number): CellCall {
  const call = callOf(module, seed);
  const examples = [2, 5, 0].map((steps, b) => ({
    steps,
    sizes: Object.fromEntries(Object.keys(call.sizes).map((name) => [name, 4 - b])),
  }));
  return { ...call, examples };
}

const extremes = [0, -0, NaN, Infinity, -Infinity, 1e308, -1e308, 3e38, -3e38, 1e-40, -1e-45, 1e-310, -5e-324];

/**
 * Extreme values in one example: its bits are those it has alone, and its neighbours stay finite. Compiled with gradients.
 */
export function expectExtremesStayTheirOwn(module: CompiledModule, seed: number): void {
  const { manifest } = module;
  const call = callOf(module, seed);
  const random = createRandom(seed);
  /** A quarter of the first example's numbers become extreme, all of the second's zeros of either sign. */
  const poison = (tensors: Numbers, entries: readonly TensorEntry[]): void => {
    for (const entry of entries) {
      if ("dtype" in entry && entry.dtype === "index") continue;
      const values = tensors[entry.name] as Float64Array;
      const width = values.length / shape.batch;
      for (let i = 0; i < width; i++) {
        if (random.integer(4) === 0) values[i] = extremes[random.integer(extremes.length)]!;
        values[width + i] = extremes[random.integer(2)]!;
      }
    }
  };
  poison(call.inputs, manifest.inputs);
  poison(call.contexts, manifest.contexts);
  poison(call.states, manifest.states);
  poison(call.cotangents.outputs, manifest.outputs);
  poison(call.cotangents.final, manifest.states);
  const run = (of: CellCall): Record<string, FloatArray> => {
    const instance = instanceFor(module, of);
    const results = resultsOf(instance.forward(valuesOf(manifest, of)));
    const gradients = gradientsOf(manifest, instance.backward!(cotangentsOf(of)));
    const isOfExamples = ([name]: [string, FloatArray]): boolean => !name.startsWith("gradient of param ");
    return { ...results, ...Object.fromEntries(Object.entries(gradients).filter(isOfExamples)) };
  };
  const together = run(call);
  for (let b = 0; b < shape.batch; b++) {
    const alone = run(exampleOf(manifest, call, b));
    for (const [name, values] of Object.entries(together)) {
      const width = values.length / shape.batch;
      const mine = values.subarray(b * width, (b + 1) * width);
      expect(mine, `${name} of example ${b}`).toEqual(alone[name]);
      if (b > 0) expect(mine.every(Number.isFinite), `${name} of example ${b} is finite`).toBe(true);
    }
  }
}
