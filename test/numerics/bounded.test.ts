/**
 * Kernels stay within what they were given: nothing changes that a call should not write, and results do not depend on
 * what lies around tensors, after the sizes of the call, or in scratch memory.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryCell } from "../../compiler/tools/testing/fast-check.js";
import type { ModuleInstance } from "../../runtime/index.js";
import { fuzzParameters } from "../support/fuzz.js";
import { type CallName, MappedModule, maskOf } from "../support/mapped-module.js";
import { realStates } from "../../compiler/tools/calls/tensors.js";
import { cotangentsOf, indexTensors, startOf, valuesOf } from "../../compiler/tools/calls/call.js";
import type { DrawnCall } from "../../compiler/tools/calls/draw-call.js";
import type { CallSizes } from "../../compiler/tools/calls/sizes.js";
import { randomCall, randomParams } from "../support/random-call.js";
import { differentCells } from "../support/standard-cells.js";
import { namedAxes } from "../../runtime/module/axes.js";

/** Bytes to fill the surroundings with: NaN and -1, and small numbers of all types. */
const canaries = [0xff, 0x01] as const;

interface Sizes {
  readonly capacity: CallSizes;
  /** Sizes of calls, none above the capacity. */
  readonly calls: readonly CallSizes[];
}

/** Runs every function of a module at all sizes, in surroundings of `canary`; gives all bits that came out. */
function runGuarded(mapped: MappedModule, { capacity, calls }: Sizes, seed: number, canary: number): string[] {
  const { manifest } = mapped.module;
  const instance = mapped.module.instantiate(capacity);
  const memory = memoryOf(instance, capacity, mapped);
  const results: string[] = [];
  randomParams(instance, seed);

  const guarded = (name: CallName, sizes: CallSizes, run: () => object): void => {
    const kept = maskOf(mapped.kept(name, sizes, capacity), memory.length);
    for (let i = 0; i < memory.length; i++) if (kept[i] === 0) memory[i] = canary;
    const before = memory.slice();
    const result = run();
    const writable = maskOf(mapped.writable(name, sizes, capacity), memory.length);
    for (let i = 0; i < memory.length; i++) {
      if (memory[i] === before[i] || writable[i] === 1) continue;
      throw new Error(`${name} of ${JSON.stringify(sizes)} wrote byte ${i}, ${mapped.whereIs(i, capacity)}`);
    }
    results.push(`${name} ${JSON.stringify(sizes)}: ${bitsOf(result)}`);
  };

  for (const [n, sizes] of calls.entries()) {
    const call = randomCall(manifest, seed + n, sizes);
    const tangents = tangentsOf(mapped.module, sizes, seed - n);
    const given = n % 2 === 0 ? call : { ...call, states: {} };
    const states = { ...given.states, ...indexTensors(manifest, given) };
    const lengths = Array.from({ length: sizes.batch }, (_, b) => Math.max(0, sizes.steps - ((b * (seed % 3)) % 4)));
    const values = { ...valuesOf(manifest, { ...call, states }), lengths, sizes: sizes.sizes };
    const weights = cotangentsOf(call);
    guarded("forward", sizes, () => instance.forward(values));
    guarded("backward", sizes, () => instance.backward!(weights));
    if (manifest.has.jvp) guarded("jvp", sizes, () => instance.jvp!(values, tangents));
    if (manifest.has.hvp) guarded("hvp", sizes, () => instance.hvp!(values, tangents, weights));
    // In two chunks, the states handed on in the module's own memory.
    const first = Math.ceil(sizes.steps / 2);
    let final: object = states;
    for (const [from, steps] of [[0, first], [first, sizes.steps - first]] as const) {
      const chunk = { ...sizes, steps };
      const given = { ...valuesOf(manifest, { ...chunkOf(call, from, steps), states: {} }), ...final, sizes: sizes.sizes };
      guarded("forward", chunk, () => {
        const result = instance.forward(given);
        final = result.final;
        return result;
      });
    } // prettier-ignore
    const streamSizes = { ...sizes, steps: capacity.steps };
    instance.reset({ ...startOf(manifest, { ...call, states: given.states }), sizes: sizes.sizes });
    for (let t = 0; t < Math.min(2, sizes.steps); t++) {
      const { inputs } = chunkOf(call, t, 1);
      const own = valuesOf(manifest, { ...call, inputs });
      const given = Object.fromEntries(manifest.inputs.map(({ name }) => [name, own[name]]));
      guarded("step", streamSizes, () => instance.step(given));
    }
  }
  const { from, to } = mapped.constantWords;
  expect(memory.slice(from, to)).toEqual(
    memoryOf(mapped.module.instantiate(capacity), capacity, mapped).slice(from, to),
  );
  return results;
}

function memoryOf(instance: ModuleInstance, capacity: CallSizes, mapped: MappedModule): Uint8Array {
  // Every result is a view of the one memory; that of `snapshot` is none.
  const views = [...Object.values(instance.params), ...viewsOf(instance.forward(emptyCall(mapped, capacity)))];
  const memory = new Uint8Array(views[0]!.buffer);
  expect(memory.length).toBeGreaterThanOrEqual(mapped.bytes(capacity));
  return memory;
}

/** A call without steps, which every module takes. */
function emptyCall({ module: { manifest } }: MappedModule, capacity: CallSizes): Record<string, unknown> {
  const none = { ...capacity, batch: 1, steps: 0 };
  return { ...valuesOf(manifest, randomCall(manifest, 1, none)), sizes: capacity.sizes };
}

/** Tangents of all that has some, from the values of another call. */
function tangentsOf({ manifest }: MappedModule["module"], sizes: CallSizes, seed: number): Record<string, unknown> {
  const { inputs, contexts, states } = randomCall(manifest, seed, sizes);
  const real = manifest.inputs.filter(({ dtype }) => dtype === "real").map(({ name }) => [name, inputs[name]]);
  const differentiable = realStates(manifest).map(({ name }) => [name, states[name]] as const);
  return { ...Object.fromEntries(real), ...contexts, ...Object.fromEntries(differentiable) };
}

/** The inputs of some steps, and nothing else changed. */
function chunkOf(call: DrawnCall, from: number, steps: number): DrawnCall {
  const inputs = Object.entries(call.inputs).map(([name, values]) => {
    const width = call.steps === 0 ? 0 : values.length / (call.batch * call.steps);
    const rows = Array.from({ length: call.batch }, (_, b) => {
      const start = (b * call.steps + from) * width;
      return [...values.subarray(start, start + steps * width)];
    });
    return [name, Float64Array.from(rows.flat())];
  });
  const examples = call.examples.map((example) => ({ ...example, steps }));
  return { ...call, steps, examples, inputs: Object.fromEntries(inputs) as DrawnCall["inputs"] };
}

function viewsOf(result: object): ArrayBufferView[] {
  return Object.values(result).flatMap((value: object) => (ArrayBuffer.isView(value) ? [value] : viewsOf(value)));
}

function bitsOf(result: object): string {
  return viewsOf(result)
    .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString("base64"))
    .join(" ");
}

async function expectBounded(
  source: string,
  options: Parameters<typeof MappedModule.of>[1],
  sizes: readonly CallSizes[],
  seed: number,
): Promise<void> {
  const mapped = await MappedModule.of(source, options);
  const names = namedAxes(mapped.module.manifest);
  const calls = sizes.map((call) => ({
    ...call,
    sizes: Object.fromEntries(names.map((name, i) => [name, 1 + ((call.batch + call.steps + i) % 5)])),
  }));
  const capacity = {
    batch: Math.max(...calls.map(({ batch }) => batch)),
    steps: Math.max(1, ...calls.map(({ steps }) => steps)),
    sizes: Object.fromEntries(names.map((name) => [name, 6])),
  };
  const [first, second] = canaries.map((canary) => runGuarded(mapped, { capacity, calls }, seed, canary));
  expect(second).toEqual(first);
}

const size = (batch: number, steps: number): CallSizes => ({ batch, steps, sizes: {} });

describe.each(["f32", "f64"] as const)("in %s", (dtype) => {
  // Sizes that fill vectors and tiles and that do not; with one precision each, as the plan of memory has no other part in it.
  const own = dtype === "f32" ? [17, 20, 4] : [5, 7, 3];
  it.each(differentCells())("std: $cell", async ({ source, cell, dimensions }) => {
    const sizes = Object.fromEntries(dimensions.map((dimension, i) => [dimension, own[i % 3] as number]));
    const calls = [size(2, 3), size(3, 1), size(1, 5), size(2, 0)];
    await expectBounded(source, { cell, dimensions: sizes, dtype, jvp: false }, calls, 3);
  });

  it("random cells of random sizes", async () => {
    const dimension = fc.integer({ min: 1, max: 18 });
    const call = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 7 }));
    await fc.assert(
      fc.asyncProperty(
        arbitraryCell(),
        dimension,
        dimension,
        fc.array(call, { minLength: 1, maxLength: 3 }),
        fc.nat(1e6),
        async ({ source, cell, dimensions }, I, H, calls, seed) => {
          const sizes: Readonly<Record<string, number>> = { I, H };
          const own = Object.fromEntries(dimensions.map((name) => [name, sizes[name] ?? 1]));
          await expectBounded(source, { cell, dimensions: own, dtype, jvp: true }, calls.map(([b, t]) => size(b, t)), seed); // prettier-ignore
        },
      ),
      fuzzParameters(8, 80),
    );
  });

  it("random cells with hvp", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryCell({ smooth: true }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(1e6),
        async ({ source, cell, dimensions }, first, seed) => {
          const own = Object.fromEntries(dimensions.map((name, i) => [name, first + i]));
          await expectBounded(
            source,
            { cell, dimensions: own, dtype, jvp: true, hvp: true },
            [size(3, 2), size(1, 3)],
            seed,
          );
        },
      ),
      fuzzParameters(3, 80),
    );
  });
});
