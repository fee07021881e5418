/** Many streams of one module: what each has is kept outside of the instance, and those that have input step together. */
import { checkRecord, isModule, moduleKind, refuse } from "../base/arguments.js";
import { checkCount, checkOptionNames, describe, isRecord } from "../base/options.js";
import type { FileBytes } from "../io/bytes.js";
import { hasSteps, leastOf, leastSizes, namedAxes, streamAxis } from "../module/axes.js";
import type { CompiledModule, ModuleInstance } from "../module/compiled-module.js";
import { asModule, type ModuleNamespace } from "../module/load-js.js";
import type { Manifest } from "../module/manifest.js";
import { manifestOfPart } from "../module/part-manifest.js";
import { createArena, mostStreams } from "./arena.js";
import { layoutOf } from "./layout.js";
import { createRunner, type StreamInstance } from "./runner.js";
import type { Streams } from "./stream-types.js";
import { createStreams } from "./streams.js";
import { checkNames } from "./values.js";
import { createWeights, type ParamValues } from "./weights.js";

export interface StreamsOptions {
  /** Streams that may be open at once. Memory for them is taken at once. */
  readonly capacity: number;
  /** Streams that step in one call of the instance, at most; 64 by default. Results do not depend on it. */
  readonly batch?: number;
  /** Steps of one call, at most; 16 by default. Results do not depend on it, nor on how steps are divided among calls. */
  readonly steps?: number;
  /** The bytes of a file of params, or params by name; those that the module has by itself where left out. */
  readonly weights?: FileBytes | ParamValues;
  /** The entry of a network that steps; the network where left out. */
  readonly entry?: string;
  /** The largest size of each dimension that calls give by name. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Settings of the network, the same for all streams. */
  readonly settings?: Readonly<Record<string, number>>;
  /** Of modules that draw: with the number of a stream it tells what the stream draws. */
  readonly seed?: number;
  readonly maxBytes?: number;
}

const known = ["capacity", "batch", "steps", "weights", "entry", "sizes", "settings", "seed", "maxBytes"];

/**
 * Opens room for many streams of a module, of a cell, a network that streams, or one of its entries. The state of each is a record outside
 * of the instance. `step` takes those that have input now and computes them together, with the bits that each has alone.
 *
 * @throws TypeError or RangeError for wrong options, and for modules that look ahead; SafetensorsError and ParamsError where weights are a
 * file that does not fit.
 * @example
 *     const streams = openStreams(module, { capacity: 100_000, weights: await readFile("denoise.safetensors") });
 *     const [a, b] = [streams.open(), streams.open()];
 *     const { y } = streams.step([a, b], { x: [0.5, -0.5] }); // a row for each
 */
export function openStreams(module: CompiledModule | ModuleNamespace, options: StreamsOptions): Streams {
  if (!isModule(module)) refuse("openStreams", "the first argument", moduleKind, module);
  checkOptionNames("openStreams", options, known);
  const own = asModule(module);
  const { batch = 64, steps = 16, settings = {}, weights, entry } = options;
  const capacity = checkCount("openStreams: capacity", options.capacity);
  if (capacity > mostStreams) {
    throw new RangeError(`openStreams: capacity must be at most ${mostStreams}, got ${capacity}`);
  }
  checkCount("openStreams: batch", batch);
  checkCount("openStreams: steps", steps);
  const manifest = manifestFor(own.manifest, entry);
  checkSettings(manifest, settings);
  const seed = seedFor(manifest, options.seed);
  const sizes = sizesFor(manifest, own.manifest, options.sizes ?? {});
  const whole = instanceOf(own, manifest, sizes, { ...options, batch, steps });
  const instance: StreamInstance = entry === undefined ? whole : whole.entries![entry]!;
  const layout = layoutOf(manifest, sizes);
  const { bytes, usedBytes: staged, states, contexts, axes } = layout;
  const tensors = states.length + contexts.length + axes.length + 1;
  const arena = createArena({ bytes, capacity, batch, tensors, staged });
  const { dtype, stream } = manifest;
  const runner = createRunner({ layout, arena, dtype, batch, steps, stream, settings, seed });
  const params = createWeights(own, whole, manifest.cell, layout);
  if (weights !== undefined) params.set("openStreams", weights);
  return createStreams({ manifest, layout, arena, runner, instance, params, settings, seed, batch });
}

/** @throws TypeError where there is no such entry, or what steps cannot. */
function manifestFor(whole: Manifest, entry: string | undefined): Manifest {
  const part = whole.entries?.find(({ name }) => name === entry);
  if (entry !== undefined && part === undefined) {
    const names = whole.entries?.map(({ name }) => name).join(", ") ?? "none";
    throw new TypeError(`openStreams: ${whole.cell} has no entry ${describe(entry)}; it has ${names}`);
  }
  const manifest = part === undefined ? whole : manifestOfPart(whole, part);
  const { cell, has, axes, requires = [] } = manifest;
  if (!has.step) throw new TypeError(`openStreams: ${cell} looks ahead, so it cannot stream`);
  const steps = streamAxis(manifest);
  const axis = axes.find(({ name }) => name === steps);
  const demand = requires.find(({ size }) => size.dividend.some(([, ...names]) => names.includes(steps ?? "")));
  if (demand !== undefined || (axis !== undefined && leastOf(axis) > 1)) {
    const what = demand?.text ?? `${steps} >= ${leastOf(axis!)}`;
    throw new TypeError(`openStreams: ${cell} demands ${what} of its calls, so that they cannot be of one step`);
  }
  return manifest;
}

function checkSettings({ settings = [] }: Manifest, given: unknown): void {
  checkRecord("openStreams", "settings", "numbers by name", given);
  const own = given as Readonly<Record<string, unknown>>;
  checkNames("openStreams: settings", own, settings.map(({ name }) => name)); // prettier-ignore
  for (const [name, value] of Object.entries(own)) {
    if (typeof value !== "number" || Number.isNaN(value)) refuse("openStreams", `settings.${name}`, "a number", value);
  }
}

function seedFor({ cell, random = [] }: Manifest, seed: number | undefined): number | undefined {
  if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0)) {
    throw new RangeError(`openStreams: seed must be an integer from 0 to 2^53 - 1, got ${describe(seed)}`);
  }
  if (seed !== undefined && random.length === 0) {
    throw new TypeError(`openStreams: ${cell} draws nothing, so it takes no seed`);
  }
  if (seed === undefined && random.some(({ training }) => !training)) {
    throw new TypeError(`openStreams: ${cell} draws random numbers: give a seed`);
  }
  return seed;
}

/** @throws TypeError for names of no dimension, or that of the steps; RangeError for sizes that are no counts. */
function sizesFor(manifest: Manifest, whole: Manifest, given: unknown): Readonly<Record<string, number>> {
  if (!isRecord(given)) throw new TypeError(`openStreams: sizes must be sizes by name, got ${describe(given)}`);
  const names = namedAxes(manifest).filter((name) => name !== manifest.stream);
  for (const [name, size] of Object.entries(given)) {
    if (!names.includes(name)) {
      throw new TypeError(`openStreams: sizes: unknown name ${name}; expected ${names.join(", ") || "none"}`);
    }
    checkCount(`openStreams: sizes.${name}`, size);
  }
  return { ...leastSizes(whole), ...(given as Readonly<Record<string, number>>) };
}

function instanceOf(
  module: CompiledModule,
  { stream }: Manifest,
  sizes: Readonly<Record<string, number>>,
  { batch, steps, maxBytes }: { readonly batch: number; readonly steps: number; readonly maxBytes?: number },
): ModuleInstance {
  return module.instantiate({
    batch,
    ...(hasSteps(module.manifest) && { steps }),
    sizes: stream === undefined ? sizes : { ...sizes, [stream]: steps },
    ...(maxBytes !== undefined && { maxBytes }),
  });
}
