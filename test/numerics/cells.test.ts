/**
 * Every cell of the standard library: are its derivatives right, and does it give the same bits however it is run?
 * Gradients are compared with differences and with forward mode, in float64, at three sizes; declared ones with forward mode.
 */
import { describe, expect, it } from "vitest";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../runtime/index.js";
import { compileOnce } from "../support/models.js";
import {
  expectExtremesStayTheirOwn,
  expectSameBitsAgain,
  expectSameBitsAlone,
  expectSameBitsInPieces,
} from "../support/same-bits.js";
import { randomCall, randomParams, valuesOf } from "../support/random-call.js";
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
      // Differences see nothing of a declared derivative.
      if (module.manifest.declaredDerivatives !== undefined) continue;
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
  const compiled = (): Promise<CompiledModule> =>
    compileOnce(source, { cell, dimensions: sizesFor(dimensions, 1), dtype, gradient: true });

  it("at once, in chunks, step by step and resumed from a snapshot", async () => {
    expectSameBitsInPieces(await compiled(), 7);
  });

  it("together and alone, of different lengths, whatever stands in the padding", async () => {
    expectSameBitsAlone(await compiled(), 7);
  });

  it("with NaN, infinities, zeros and subnormal numbers in another example", async () => {
    expectExtremesStayTheirOwn(await compiled(), 7);
  });

  it("called again, beside streams, and in an instance with room for more", async () => {
    expectSameBitsAgain(await compiled(), 7);
  });
});
