/**
 * Every cell of `std/` with pre-activations far in the tails of its functions: results and gradients are finite, and those in
 * float32 are those in float64.
 */
import { describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../compiler/index.js";
import type { ModuleInstance } from "../../runtime/index.js";
import { cotangentsOf, valuesOf } from "../../compiler/tools/calls/call.js";
import { randomCall, randomParams } from "../support/random-call.js";
import { sizesFor, differentCells } from "../support/standard-cells.js";
import { namedAxes } from "../../runtime/module/axes.js";

const sizes = { batch: 1, steps: 2, sizes: { S: 3 } };
const seed = 5;
const extremes = [-1e4, -200, 200, 1e4];

interface Case {
  readonly name: string;
  /** Value of all elements of parameters, by name; the others are drawn. */
  readonly params: ReadonlyMap<string, number>;
  /** What inputs and contexts are multiplied by. */
  readonly inputs: number;
  readonly contexts: number;
}

/** Vectors one by one and all together, with and without what else goes into the gates; then inputs and contexts. */
function casesOf({ manifest }: LoadedCell): Case[] {
  const vectors = manifest.params.filter(({ shape }) => shape.length === 1).map(({ name }) => name);
  const matrices = manifest.params.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
  const biases = vectors.filter((name) => /(^|\.)[bc]_?\w?$|bias/u.test(name));
  const drawn = { inputs: 1, contexts: 1 };
  const all = (names: readonly string[], value: number) => names.map((name): [string, number] => [name, value]);
  return extremes.flatMap((value) => [
    ...vectors.map((name) => ({ name: `${name} = ${value}`, params: new Map([[name, value]]), ...drawn })),
    { name: `biases = ${value}`, params: new Map(all(biases, value)), ...drawn },
    {
      name: `biases = ${value}, without matrices`,
      params: new Map([...all(matrices, 0), ...all(biases, value)]),
      ...drawn,
    },
    { name: `inputs times ${value}`, params: new Map(), inputs: value, contexts: 1 },
    { name: `contexts times ${value}`, params: new Map(), inputs: 1, contexts: value },
  ]);
}

type Results = Record<string, readonly number[]>;

/** Every number that a call gives, by tensor. */
function flatten(result: object, prefix = ""): Results {
  return Object.fromEntries(
    Object.entries(result).flatMap(([name, value]) =>
      ArrayBuffer.isView(value)
        ? [[prefix + name, [...(value as Float64Array)]]]
        : Object.entries(flatten(value as object, `${prefix}${name}.`)),
    ),
  );
}

function run(instance: ModuleInstance, { manifest }: LoadedCell, { params, inputs, contexts }: Case): Results {
  randomParams(instance, seed);
  for (const [name, value] of params) instance.params[name]!.fill(value);
  const call = randomCall(manifest, seed, sizes);
  const times = (tensors: Readonly<Record<string, Float64Array>>, factor: number) =>
    Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, values.map((x) => x * factor)]));
  const given = { ...call, inputs: times(call.inputs, inputs), contexts: times(call.contexts, contexts) };
  const forward = flatten(instance.forward(valuesOf(manifest, given)));
  const backward = instance.backward!(cotangentsOf(call));
  return { ...forward, ...flatten(backward, "gradient of ") };
}

describe("std/ far in the tails", () => {
  it.each(differentCells())("$cell", async ({ source, cell: name, dimensions }) => {
    const options = { cell: name, dimensions: sizesFor(dimensions, 1), target: "js" } as const;
    const narrow = await cell(source, { ...options, dtype: "f32" });
    const wide = await cell(source, { ...options, dtype: "f64" });
    const own = { ...sizes, sizes: namedAxes(narrow.manifest).length > 0 ? sizes.sizes : {} };
    const [f32, f64] = [narrow.instantiate(own), wide.instantiate(own)];
    for (const each of casesOf(narrow)) {
      const [got, wanted] = [run(f32, narrow, each), run(f64, wide, each)];
      for (const [tensor, values] of Object.entries(wanted)) {
        const what = `${tensor} with ${each.name}`;
        expect(values.every(Number.isFinite), `float64: ${what}`).toBe(true);
        const error = Math.max(...values.map((value, i) => Math.abs(value - got[tensor]![i]!)));
        // NaN is no less than anything.
        const scale = Math.max(1, ...values.map(Math.abs));
        expect(error / scale, `float32: ${what}`).toBeLessThan(1e-2);
      }
    }
  });
});
