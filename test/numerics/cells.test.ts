/**
 * Every cell of the standard library: are its derivatives right, and does it give the same bits however it is run?
 * Gradients are compared with differences and with forward mode, in float64, at three sizes.
 */
import { describe, expect, it } from "vitest";
import { runSequence, type CompiledModule, type FloatArray, type ModuleInstance } from "../../runtime/index.js";
import { compileOnce, keep } from "../support/models.js";
import {
  cut,
  eachPlace,
  exampleOf,
  randomCall,
  randomParams,
  valuesOf,
  withNaNPadding,
} from "../support/random-call.js";
import type { CallSizes, RandomCall, Tensors } from "../support/random-call.js";
import { sizesFor, standardCells, type StandardCell } from "../support/standard-cells.js";

const cells = standardCells().map((cell) => [cell.cell, cell] as const);
const runtimeSizes = (module: CompiledModule, size: number): Record<string, number> =>
  Object.fromEntries(module.manifest.runtimeDimensions.map((name) => [name, size]));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

interface Leaf {
  readonly name: string;
  readonly values: FloatArray;
  readonly gradient: FloatArray;
  /** Under this name, or under `params`, in tangents. */
  readonly isParam: boolean;
}

/** Runs forward and backward, and lists everything the loss depends on with its gradient. */
function leavesOf(module: CompiledModule, instance: ModuleInstance, call: RandomCall): readonly Leaf[] {
  instance.forward(valuesOf(module.manifest, call));
  const gradient = instance.backward!({ ...call.outputs, final: call.finals });
  const leaf = (name: string, values: FloatArray, found: FloatArray, isParam = false): Leaf => ({
    name,
    values,
    gradient: found.slice(),
    isParam,
  });
  const { inputs, contexts, states, params } = module.manifest;
  const real = inputs.filter(({ dtype }) => dtype === "real");
  return [
    ...real.map(({ name }) => leaf(name, call.inputs[name]!, gradient[name]!)),
    ...contexts.map(({ name }) => leaf(name, call.contexts[name]!, gradient[name]!)),
    ...states.map(({ name }) => leaf(name, call.states[name]!, gradient.initial[name]!)),
    ...params.map(({ name }) => leaf(name, instance.params[name]!, gradient.params[name]!, true)),
  ];
}

function lossOf(module: CompiledModule, result: ReturnType<ModuleInstance["forward"]>, call: RandomCall): number {
  const { outputs, states } = module.manifest;
  const ofOutputs = outputs.reduce((sum, { name }) => sum + dot(result[name]!, call.outputs[name]!), 0);
  return states.reduce((sum, { name }) => sum + dot(result.final[name]!, call.finals[name]!), ofOutputs);
}

describe.each(cells)("%s: derivatives", (_, { source, cell, dimensions }) => {
  it.each([0, 1, 2])("agree with differences and forward mode, sizes %i", async (variant) => {
    const sizes = sizesFor(dimensions, variant);
    const module = await compileOnce(source, { cell, dimensions: sizes, dtype: "f64", gradient: true, jvp: true });
    const shape: CallSizes = { batch: 2, steps: 3, sizes: runtimeSizes(module, variant + 1) };
    const instance = module.instantiate(shape);
    randomParams(instance, variant);
    const call = randomCall(module.manifest, variant, shape);
    const leaves = leavesOf(module, instance, call);
    const direction = randomCall(module.manifest, 100 + variant, shape);
    const tangents: Tensors = { ...direction.inputs, ...direction.contexts, ...direction.states };

    let along = 0;
    let size = 0;
    const params: Tensors = {};
    for (const { name, values, gradient, isParam } of leaves) {
      const tangent = isParam
        ? (params[name] = values.map((_, i) => Math.cos(3 * i + 1)) as Float64Array)
        : tangents[name]!;
      const derived = dot(gradient, tangent);
      along += derived;
      size += dot(gradient.map(Math.abs), tangent.map(Math.abs));
      const kept = values.slice();
      const at = (width: number): number => {
        for (let i = 0; i < values.length; i++) values[i] = kept[i]! + width * tangent[i]!;
        return lossOf(module, instance.forward(valuesOf(module.manifest, call)), call);
      };
      const width = 1e-4;
      // Central differences of fourth order: their own error is near 1e-11.
      const measured = (8 * (at(width) - at(-width)) - (at(2 * width) - at(-2 * width))) / (12 * width);
      values.set(kept);
      expect(Math.abs(derived - measured) / Math.max(1, Math.abs(measured)), `gradient of ${name}`).toBeLessThan(1e-8);
    }
    const real = module.manifest.inputs.filter(({ dtype }) => dtype === "index").map(({ name }) => name);
    for (const name of real) delete tangents[name];
    const forward = lossOf(module, instance.jvp!(valuesOf(module.manifest, call), { ...tangents, params }), call);
    expect(Math.abs(forward - along) / Math.max(1, size)).toBeLessThan(1e-13);
  });
});

const variants = cells.flatMap(([name, cell]) =>
  (["f32", "f64"] as const).map((dtype) => [name, dtype, cell] as const),
);

describe.each(variants)("%s in %s: the same bits", (_, dtype, { source, cell, dimensions }: StandardCell) => {
  const shape = { batch: 3, steps: 5 };

  async function prepare() {
    const module = await compileOnce(source, { cell, dimensions: sizesFor(dimensions, 1), dtype, gradient: true });
    const sizes = runtimeSizes(module, 4);
    const call = randomCall(module.manifest, 7, { ...shape, sizes });
    const make = (batch: number, steps: number): ModuleInstance => {
      const instance = module.instantiate({ batch, steps, sizes });
      randomParams(instance, 7);
      return instance;
    };
    return { module, sizes, call, make, manifest: module.manifest };
  }

  it("at once, in chunks, step by step and resumed from a snapshot", async () => {
    const { module, call, make, manifest } = await prepare();
    const values = valuesOf(manifest, call);
    const result = make(3, 5).forward(values);
    const whole = {
      outputs: keep(Object.fromEntries(manifest.outputs.map(({ name }) => [name, result[name]!]))),
      final: keep(result.final),
    };
    const given = {
      ...call.contexts,
      ...call.states,
      ...Object.fromEntries(manifest.inputs.map(({ name }) => [name, values[name]])),
    };
    for (const chunk of [1, 2, 5]) {
      const pieces = runSequence(module, make(3, chunk), given, { ...shape, chunk });
      expect({ ...pieces.outputs }).toEqual(whole.outputs);
      expect({ ...pieces.final }).toEqual(whole.final);
    }
    const stream = make(3, 1);
    stream.reset({ ...call.contexts, ...call.states });
    let snapshot: unknown;
    const takeStep = (t: number): void => {
      const inputs = manifest.inputs.map((entry) => {
        const width = call.inputs[entry.name]!.length / 15;
        const rows = [0, 1, 2].flatMap((b) => [
          ...call.inputs[entry.name]!.subarray((b * 5 + t) * width, (b * 5 + t + 1) * width),
        ]);
        return [entry.name, entry.dtype === "index" ? Int32Array.from(rows) : rows];
      });
      const out = stream.step(Object.fromEntries(inputs));
      for (const { name } of manifest.outputs) {
        const width = out[name]!.length / 3;
        for (let b = 0; b < 3; b++) {
          const wanted = whole.outputs[name]!.subarray((b * 5 + t) * width, (b * 5 + t + 1) * width);
          expect(out[name]!.subarray(b * width, (b + 1) * width)).toEqual(wanted);
        }
      }
    };
    for (let t = 0; t < 5; t++) {
      if (t === 2) snapshot = stream.snapshot();
      takeStep(t);
    }
    stream.restore(snapshot as never);
    for (let t = 2; t < 5; t++) takeStep(t);
  });

  it("together and alone, of different lengths, whatever stands in the padding", async () => {
    const { sizes, call, make, manifest } = await prepare();
    const lengths = [2, 5, 0];
    const own = lengths.map((steps, b) => ({
      steps,
      sizes: Object.fromEntries(Object.keys(sizes).map((name) => [name, 4 - b])),
    }));
    const padded = withNaNPadding(manifest, call, own);
    const perExample = Object.fromEntries(Object.keys(sizes).map((name) => [name, own.map((o) => o.sizes[name]!)]));
    const together = make(3, 5);
    const result = together.forward({ ...valuesOf(manifest, padded), lengths, sizes: perExample });
    const outputs = keep(Object.fromEntries(manifest.outputs.map(({ name }) => [name, result[name]!])));
    const final = keep(result.final);
    const gradient = together.backward!({ ...padded.outputs, final: call.finals });

    own.forEach((mine, b) => {
      const alone = make(1, 5);
      const example = exampleOf(manifest, call, b, mine);
      const single = alone.forward({ ...valuesOf(manifest, example), sizes: mine.sizes });
      const context = { ...call, batch: 3 };
      const same = (
        name: string,
        entry: { shape: readonly (number | string)[] },
        all: FloatArray,
        one: FloatArray,
        timed: boolean,
      ) => {
        const mineOnly = cut(entry as never, all, context, b, mine, timed);
        expect(mineOnly, `${name} of example ${b}`).toEqual(Float64Array.from(one));
      };
      for (const entry of manifest.outputs) same(entry.name, entry, outputs[entry.name]!, single[entry.name]!, true);
      for (const entry of manifest.states)
        same(entry.name, entry, final[entry.name]!, single.final[entry.name]!, false);
      const ownGradient = alone.backward!({ ...example.outputs, final: example.finals });
      for (const entry of manifest.inputs) {
        if (entry.dtype === "real")
          same(`grad.${entry.name}`, entry, gradient[entry.name]!, ownGradient[entry.name]!, true);
      }
      for (const entry of manifest.contexts)
        same(`grad.${entry.name}`, entry, gradient[entry.name]!, ownGradient[entry.name]!, false);
      for (const entry of manifest.states)
        same(`grad.${entry.name}`, entry, gradient.initial[entry.name]!, ownGradient.initial[entry.name]!, false);
    });

    // Outputs and gradients are zero in the padding.
    const zeros = (
      entry: { shape: readonly (number | string)[]; name: string },
      values: FloatArray,
      timed: boolean,
    ): void => {
      const rest = values.slice();
      own.forEach((mine, b) => eachPlace(entry as never, call, b, mine, timed, (at) => (rest[at] = 0)));
      expect(
        rest.every((value) => value === 0),
        `padding of ${entry.name}`,
      ).toBe(true);
    };
    for (const entry of manifest.outputs) zeros(entry, outputs[entry.name]!, true);
    for (const entry of manifest.inputs) if (entry.dtype === "real") zeros(entry, gradient[entry.name]!, true);
    for (const entry of manifest.contexts) zeros(entry, gradient[entry.name]!, false);
    for (const values of Object.values(gradient.params)) expect(values.every(Number.isFinite)).toBe(true);
  });
});
