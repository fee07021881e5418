/** Arguments for timing a module: every tensor of a call, from a seed. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { createRandom } from "../../../runtime/random.js";
import { namedAxes, ofOneStep } from "../../../runtime/module/axes.js";
import { countNumbers } from "../calls/count-numbers.js";

export interface CallSettings {
  readonly batch: number;
  readonly steps: number;
  /** Of run-time dimensions, the same for all examples. */
  readonly sizes: Readonly<Record<string, number>>;
}

type Values = Readonly<Record<string, unknown>>;

export interface DrawnCall {
  /** What `forward` takes. */
  readonly forward: Values;
  /** What `reset` takes before the first step. */
  readonly start: Values;
  /** What `step` takes. */
  readonly step: Values;
  /** What `backward` takes: derivatives by all outputs. */
  readonly cotangents: Values;
}

/** Inputs, contexts and derivatives are normal; indices uniform below their bound; states start as the cell says. */
export function drawCall(manifest: Manifest, { batch, steps, sizes }: CallSettings, seed: number): DrawnCall {
  const random = createRandom(seed);
  const reals = manifest.dtype === "f32" ? Float32Array : Float64Array;
  const normal = (length: number): Float32Array | Float64Array => new reals(length).map(() => random.normal());
  const each = <Entry extends TensorEntry>(entries: readonly Entry[], draw: (entry: Entry, count: number) => unknown) =>
    Object.fromEntries(
      entries.map((entry) => [entry.name, draw(entry, countNumbers(manifest, entry, { batch, steps, sizes }))]),
    );
  const inputs = (entries: Manifest["inputs"]): Values =>
    each(entries, ({ dtype, bound = 1 }, count) =>
      dtype === "index" ? Int32Array.from({ length: count }, () => random.integer(bound)) : normal(count),
    );
  const contexts = each(manifest.contexts, (_, count) => normal(count));
  const extents =
    namedAxes(manifest).length === 0
      ? {}
      : { sizes: Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Array(batch).fill(size)])) };
  return {
    forward: { ...inputs(manifest.inputs), ...contexts, ...extents },
    start: { ...contexts, ...extents },
    step: inputs(ofOneStep(manifest, manifest.inputs)),
    cotangents: each(manifest.outputs, (_, count) => normal(count)),
  };
}
