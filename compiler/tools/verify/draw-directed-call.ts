/** Random calls: sizes, lengths and values. */
import { ofKey } from "../../base/at.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import { hasSteps, namedAxes } from "../../../runtime/module/axes.js";
import { simd128 } from "../../passes/kernel/target.js";
import * as calls from "../calls/draw-call.js";
import { type Ranges, rangeOf } from "../calls/ranges.js";
import type { CallSizes } from "../calls/sizes.js";
import { isVariable } from "../calls/tensors.js";
import type { DirectedCall } from "../calls/draw-call.js";
import type { Tensors } from "../calls/records.js";

/** Sizes of a call, those of run-time dimensions with them. */
interface DrawnSizes extends CallSizes {
  /** Are initial states given, or left to the cell? Drawn where not told. */
  readonly givesStates?: boolean;
}

/**
 * Kernels go through examples, steps and run-time dimensions in tiles of a few, vectors, and blocks of 64, and do what is left
 * over by itself. A `small` call has tiles of examples and single ones; the others are beyond a block in one direction. Input
 * projections are computed for a window of rows, those of all examples at some steps: `many` rows are in several, of one tile of
 * examples with nothing left over.
 */
export type Scale = "small" | "wide" | "long" | "deep" | "many";

export function scalesOf(manifest: Manifest): readonly Scale[] {
  const scales: readonly Scale[] =
    namedAxes(manifest).length > 0 ? ["small", "wide", "long", "deep"] : ["small", "wide", "long"];
  return hasSteps(manifest) || manifest.stream !== undefined ? [...scales, "many"] : scales;
}

/** One tile in all products, and so few that an example alone has fewer rows than most windows. */
const tileOfExamples = 4;

export function sizesOfScale(manifest: Manifest, scale: Scale, random: Random): DrawnSizes {
  const few = (): number => 2 + random.integer(4);
  const many = (): number => 65 + random.integer(6);
  const named = (size: () => number): Record<string, number> => calls.drawSizes(manifest, size);
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
    case "many": {
      const steps = Math.ceil(simd128.windows.mostRows / tileOfExamples) + 1 + random.integer(6);
      const sizes = calls.drawSizes(manifest, (name) => (name === manifest.stream ? steps : few()));
      return { batch: tileOfExamples, steps, sizes, givesStates: false };
    }
  }
}

/** One example whose sequences may be of very different lengths, as those have to be that one loss compares. */
export const unlikeSizes = (manifest: Manifest, random: Random): DrawnSizes => ({
  batch: 1,
  steps: 3,
  sizes: calls.drawSizes(manifest, () => 1 + random.integer(12)),
});

/**
 * Values are multiples of 2^-14 of moderate size, so that they and steps of a power of two away from them are exact in
 * float32: differences would feel the rounding of the arguments otherwise.
 */
export const grid = (value: number): number => Math.round(value * 2 ** 14) / 2 ** 14;

/** How numbers of a call are drawn. */
interface DirectedDraws {
  /** With each further attempt values are smaller, and positive every second time: a cell may take roots. */
  readonly attempt?: number;
  /** What params are multiplied by: below 1 where a cell explodes by those near its initialisers. */
  readonly shrink?: number;
  /** Between what numbers what is named there is drawn, whatever is said of others. */
  readonly ranges?: Ranges;
}

export function drawDirectedCall(
  manifest: Manifest,
  makeParams: (seed: number) => Tensors,
  random: Random,
  { givesStates = random.integer(2) === 0, ...sizes }: DrawnSizes,
  { attempt = 0, shrink = 1, ranges = {} }: DirectedDraws = {},
): DirectedCall {
  const extents = calls.drawExtents(manifest, sizes, (most, least) =>
    random.integer(2) === 0 ? most : least + random.integer(most - least + 1),
  );
  const initial = makeParams(random.word());
  const value = (scale: number): number => {
    const drawn = grid(random.normal(scale / (1 + attempt / 2)));
    return attempt % 2 === 1 ? Math.abs(drawn) + 2 ** -6 : drawn;
  };
  const call = calls.drawCall(manifest, extents, random, {
    isDrawn: ({ role }) => role !== "state" || givesStates,
    number: (tensor, _, at) => {
      const { role, name, shape } = tensor;
      const range = rangeOf(ranges, tensor);
      if (range === "spd") return random.uniform(-1, 1);
      if (range !== undefined) return grid(random.uniform(...range));
      return role === "param" || role === "fixed"
        ? beside(ofKey(initial, name)[at] as number, shape, random, role === "param" ? shrink : 1)
        : value(scales[role]);
    },
    ranges,
    round: grid,
  });
  const { params, inputs, contexts, states } = calls.drawTensors(manifest, extents, random, {
    isDrawn: (tensor) => isVariable(tensor) && (tensor.role !== "state" || givesStates),
    number: () => grid(random.uniform(-1, 1)),
  });
  return { ...call, tangents: { params, inputs, contexts, states } };
}

/** How large numbers are, about. */
const scales = { input: 0.8, context: 0.8, state: 0.5, output: 1, final: 1 } as const;

/** Near what an initialiser gave, which suits the cell, but never exactly a constant, where all units would be the same. */
function beside(initial: number, shape: readonly (number | string)[], random: Random, shrink: number): number {
  const last = shape.length < 2 ? 1 : (shape[shape.length - 1] as number);
  const noise = 0.3 / Math.sqrt(last);
  return grid(shrink * (initial + random.uniform(-noise, noise)));
}
