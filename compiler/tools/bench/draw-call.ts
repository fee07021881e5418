/** Arguments for timing a module: every tensor of a call, from a seed. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { elementCount } from "../../../runtime/module/compiled-module.js";
import { createRandom } from "../../../runtime/random.js";

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
    Object.fromEntries(entries.map((entry) => [entry.name, draw(entry, elementCount(entry.shape, sizes))]));
  const inputs = (rows: number): Values =>
    each(manifest.inputs, ({ dtype, bound = 1 }, count) =>
      dtype === "index" ? Int32Array.from({ length: rows * count }, () => random.integer(bound)) : normal(rows * count),
    );
  const contexts = each(manifest.contexts, (_, count) => normal(batch * count));
  const extents =
    manifest.runtimeDimensions.length === 0
      ? {}
      : { sizes: Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Array(batch).fill(size)])) };
  return {
    forward: { ...inputs(batch * steps), ...contexts, ...extents },
    start: { ...contexts, ...extents },
    step: inputs(batch),
    cotangents: each(manifest.outputs, (_, count) => normal(batch * steps * count)),
  };
}
