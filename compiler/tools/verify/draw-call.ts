/** Random calls: sizes, lengths and values. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/random.js";
import { type Extent } from "../calls/call.js";
import { type Call, type CallSizes, type Tensors, tensors } from "./call.js";
import { namedAxes, storedTensors } from "../../../runtime/module/axes.js";
import { countNumbers } from "../calls/count-numbers.js";

/**
 * Kernels go through examples, steps and run-time dimensions in tiles of a few, vectors, and blocks of 64, and do what is left
 * over by itself. A `small` call has tiles of examples and single ones; the others are beyond a block in one direction.
 */
export type Scale = "small" | "wide" | "long" | "deep";

export function scalesOf(manifest: Manifest): readonly Scale[] {
  return namedAxes(manifest).length > 0 ? ["small", "wide", "long", "deep"] : ["small", "wide", "long"];
}

export function drawSizes(manifest: Manifest, scale: Scale, random: Random): CallSizes {
  const few = (): number => 2 + random.integer(4);
  const many = (): number => 65 + random.integer(6);
  const named = (size: () => number): Record<string, number> =>
    Object.fromEntries(namedAxes(manifest).map((name) => [name, size()]));
  switch (scale) {
    case "small": {
      const batch = random.integer(3) === 0 ? 1 + random.integer(3) : 5 + random.integer(3);
      return { batch, steps: few(), sizes: named(few), givesStates: true };
    }
    case "wide":
      return { batch: many(), steps: few(), sizes: named(few), givesStates: false };
    case "long":
      return { batch: few(), steps: many(), sizes: named(few) };
    case "deep":
      return { batch: few(), steps: few(), sizes: named(many) };
  }
}

/**
 * Values are multiples of 2^-14 of moderate size, so that they and steps of a power of two away from them are exact in
 * float32: differences would feel the rounding of the arguments otherwise.
 */
export const grid = (value: number): number => Math.round(value * 2 ** 14) / 2 ** 14;

/** @param attempt With each further attempt values are smaller, and positive every second time: a cell may take roots. */
export function drawCall(
  manifest: Manifest,
  makeParams: (seed: number) => Tensors,
  random: Random,
  { batch, steps, sizes, givesStates = random.integer(2) === 0 }: CallSizes,
  attempt = 0,
): Call {
  const draw = (b: number, most: number, least = 1): number =>
    b === 0 || random.integer(2) === 0 ? most : least + random.integer(most - least + 1);
  const examples = Array.from({ length: batch }, (_, b): Extent => ({
    steps: draw(b, steps, 0),
    sizes: Object.fromEntries(Object.entries(sizes).map(([name, most]) => [name, draw(b, most)])),
  }));
  const value = (scale: number): number => {
    const drawn = grid(random.normal(scale / (1 + attempt / 2)));
    return attempt % 2 === 1 ? Math.abs(drawn) + 2 ** -6 : drawn;
  };
  const fill = (entries: readonly TensorEntry[], make: () => number): Tensors => {
    const filled = tensors();
    for (const entry of entries) {
      filled[entry.name] = Float64Array.from({ length: countNumbers(manifest, entry, { batch, steps, sizes }) }, make);
    }
    return filled;
  };
  const { inputs: entries, contexts, outputs, params } = manifest;
  const real = entries.filter(({ dtype }) => dtype === "real");
  const inputs = fill(entries, () => value(0.8));
  for (const { name, dtype, bound = 1 } of entries) {
    if (dtype === "index") inputs[name] = (inputs[name] as Float64Array).map(() => random.integer(bound));
  }
  const states = givesStates ? manifest.states : [];
  const direction = (): number => grid(random.uniform(-1, 1));
  return {
    batch,
    steps,
    sizes,
    examples,
    seed: 0,
    params: drawParams(manifest, makeParams(random.word()), random),
    inputs,
    contexts: fill(contexts, () => value(0.8)),
    states: fill(states, () => value(0.5)),
    cotangents: {
      outputs: fill(outputs, () => value(1)),
      final: fill(manifest.states, () => value(1)),
    },
    tangents: {
      params: fill(params, direction),
      inputs: fill(real, direction),
      contexts: fill(contexts, direction),
      states: fill(states, direction),
    },
  };
}

/** Near what the initialisers give, which suits the cell, but never exactly a constant, where all units would be the same. */
function drawParams(manifest: Manifest, initial: Tensors, random: Random): Tensors {
  const drawn = tensors();
  for (const { name, shape } of storedTensors(manifest)) {
    const last = shape.length < 2 ? 1 : (shape[shape.length - 1] as number);
    const noise = 0.3 / Math.sqrt(last);
    drawn[name] = (initial[name] as Float64Array).map((value) => grid(value + random.uniform(-noise, noise)));
  }
  return drawn;
}
