/** Two modules of one cell, for different targets, give the same bits: all results of all functions. */
import { expect } from "vitest";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../runtime/index.js";
import type { DrawnCall } from "../../compiler/tools/calls/draw-call.js";
import { keep } from "./models.js";
import { cotangentsOf, startOf, valuesOf } from "../../compiler/tools/calls/call.js";
import { inputsAt } from "../../compiler/tools/calls/single-examples.js";
import { realStates } from "../../compiler/tools/calls/tensors.js";
import { randomCall, randomParams } from "./random-call.js";
import { hasSteps, namedAxes } from "../../runtime/module/axes.js";

type Results = Record<string, FloatArray>;

const batch = 5;

/** Calls whose sizes do and do not fill the lanes, with examples of different lengths, and with numbers that saturate. */
const calls = [
  { batch: 3, steps: 5, lengths: [5, 2, 0], scale: 1 },
  { batch: 5, steps: 6, lengths: undefined, scale: 1 },
  { batch: 1, steps: 1, lengths: undefined, scale: 1 },
  { batch: 2, steps: 3, lengths: [3, 1], scale: 1e4 },
] as const;

/** @param isRounded of a result: whether it may differ by what rounding leaves, beside the largest number of its tensor */
export function expectSameBitsOnTargets(
  first: CompiledModule,
  second: CompiledModule,
  seed: number,
  isRounded: (name: string) => boolean = () => false,
): void {
  const { manifest } = first;
  const sizes = Object.fromEntries(namedAxes(manifest).map((name, i) => [name, 5 + i]));
  const instances = [first, second].map((module) => {
    const instance = module.instantiate({ batch, ...(hasSteps(manifest) && { steps: 6 }), sizes });
    randomParams(instance, seed);
    return instance;
  });
  calls.forEach(({ batch, steps, lengths, scale }, n) => {
    // From the second call on the second module does not look for changes.
    if (n === 1) instances[1]!.freeze();
    const call = randomCall(manifest, seed + n, { batch, steps, sizes }, scale);
    const own = namedAxes(manifest).map((name) => [
      name,
      lengths === undefined ? sizes[name]! : { padded: sizes[name]!, each: lengths.map((_, b) => sizes[name]! - b) },
    ]);
    const values = {
      ...valuesOf(manifest, call),
      ...(lengths === undefined || !hasSteps(manifest) ? {} : { lengths: [...lengths] }),
      sizes: Object.fromEntries(own),
    };
    const [expected, got] = instances.map((instance) => {
      const forward = flatten("", instance.forward(values as never));
      const backward =
        instance.backward === undefined || !manifest.has.gradient
          ? {}
          : flatten("grad ", instance.backward(cotangentsOf(call)));
      return {
        ...forward,
        ...backward,
        ...directional(instance, call, values),
        ...(manifest.has.step ? steps2(instance, call) : {}),
      };
    }) as [Results, Results];
    expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, wanted] of Object.entries(expected)) {
      const what = `${name}, batch ${batch}, ${steps} steps`;
      if (isRounded(name)) expect(distance(got[name]!, wanted), what).toBeLessThan(1e-9);
      else expect(got[name], what).toEqual(wanted);
    }
  });

  /** `jvp` and `hvp` along what the call has as values. */
  function directional(instance: ModuleInstance, call: DrawnCall, values: object): Results {
    const { jvp, hvp } = manifest.has;
    const isReal = new Set(manifest.inputs.flatMap(({ name, dtype }) => (dtype === "real" ? [name] : [])));
    const inputs = Object.fromEntries(Object.entries(call.inputs).filter(([name]) => isReal.has(name)));
    const states = Object.fromEntries(
      realStates(manifest).flatMap(({ name }) => (call.states[name] ? [[name, call.states[name]]] : [])),
    );
    const tangents = { ...inputs, ...call.contexts, ...states };
    return {
      ...(jvp ? flatten("jvp ", instance.jvp!(values as never, tangents)) : {}),
      ...(hvp ? flatten("hvp ", instance.hvp!(values as never, tangents, cotangentsOf(call))) : {}),
    };
  }

  /** Two steps of a stream from the states of the call. */
  function steps2(instance: ModuleInstance, call: DrawnCall): Results {
    const results: Results = {};
    instance.reset({ ...startOf(manifest, call), sizes } as never);
    for (let t = 0; t < 2; t++) {
      const at = t % call.steps;
      Object.assign(results, flatten(`step ${t} `, instance.step(inputsAt(manifest, call, at, at + 1))));
    }
    return results;
  }
}

function distance(got: FloatArray, wanted: FloatArray): number {
  const finite = [...wanted.keys()].filter((i) => Number.isFinite(wanted[i]) && Number.isFinite(got[i]));
  const largest = finite.reduce((most, i) => Math.max(most, Math.abs(wanted[i]!)), 1e-300);
  return finite.reduce((worst, i) => Math.max(worst, Math.abs(wanted[i]! - got[i]!) / largest), 0);
}

function flatten(prefix: string, results: object): Results {
  const flat: Results = {};
  for (const [name, value] of Object.entries(results)) {
    if (ArrayBuffer.isView(value)) flat[prefix + name] = value as FloatArray;
    else Object.assign(flat, flatten(`${prefix}${name}.`, value as object));
  }
  return keep(flat);
}
