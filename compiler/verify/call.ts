/** One random call of a module, and what comes out of it. */
import type { FloatArray, ModuleInstance } from "../../runtime/module/compiled-module.js";
import type { Manifest, TensorEntry } from "../../runtime/module/manifest.js";
import type { Random } from "../../runtime/random.js";

export type Tensors = Record<string, Float64Array>;

export interface Call {
  readonly batch: number;
  readonly steps: number;
  readonly lengths: readonly number[];
  /** Of each run-time dimension the size in each example; the first one has the largest. */
  readonly sizes: Readonly<Record<string, readonly number[]>>;
  readonly capacities: Readonly<Record<string, number>>;
  readonly params: Tensors;
  readonly inputs: Tensors;
  readonly contexts: Tensors;
  readonly states: Tensors;
  readonly cotangents: { readonly outputs: Tensors; readonly finals: Tensors };
}

export const tensors = (): Tensors => Object.create(null) as Tensors;

export function widthOf({ shape }: TensorEntry, sizes: Readonly<Record<string, number>>): number {
  return shape.reduce<number>((n, size) => n * (typeof size === "number" ? size : (sizes[size] as number)), 1);
}

/**
 * Values are multiples of 2^-14 of moderate size, so that they and steps of a power of two away from them are exact in
 * float32: differences would feel the rounding of the arguments otherwise.
 */
export const grid = (value: number): number => Math.round(value * 2 ** 14) / 2 ** 14;

/** Sizes of a call that are not to be drawn. */
export interface FixedSizes {
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
}

/** @param attempt With each further attempt values are smaller, and positive every second time: a cell may take roots. */
export function drawCall(
  manifest: Manifest,
  makeParams: (seed: number) => Tensors,
  random: Random,
  attempt: number,
  fixed?: FixedSizes,
): Call {
  // Kernels treat four examples at a time and the rest one by one: both ways must be gone, with all examples at work.
  const batch = fixed?.batch ?? (random.integer(3) === 0 ? 1 + random.integer(3) : 5 + random.integer(3));
  const steps = fixed?.steps ?? 2 + random.integer(4);
  const draw = (most: number, least = 1): number[] =>
    Array.from({ length: batch }, (_, b) =>
      b === 0 || random.integer(2) === 0 ? most : least + random.integer(most - least + 1),
    );
  const sizes: Record<string, number[]> = {};
  const capacities: Record<string, number> = {};
  for (const name of manifest.runtimeDimensions) {
    const most = fixed?.sizes[name] ?? 2 + random.integer(3);
    sizes[name] = draw(most);
    capacities[name] = most;
  }
  const value = (scale: number): number => {
    const drawn = grid(random.normal(scale / (1 + attempt / 2)));
    return attempt % 2 === 1 ? Math.abs(drawn) + 2 ** -6 : drawn;
  };
  const fill = (entries: readonly TensorEntry[], rows: number, scale: number): Tensors => {
    const filled = tensors();
    for (const entry of entries) {
      filled[entry.name] = Float64Array.from({ length: rows * widthOf(entry, capacities) }, () => value(scale));
    }
    return filled;
  };
  const inputs = fill(manifest.inputs, batch * steps, 0.8);
  for (const { name, dtype, bound = 1 } of manifest.inputs) {
    if (dtype === "index") inputs[name] = (inputs[name] as Float64Array).map(() => random.integer(bound));
  }
  return {
    batch,
    steps,
    lengths: draw(steps, 0),
    sizes,
    capacities,
    params: drawParams(manifest, makeParams(random.word()), random),
    inputs,
    contexts: fill(manifest.contexts, batch, 0.8),
    states: fill(manifest.states, batch, 0.5),
    cotangents: { outputs: fill(manifest.outputs, batch * steps, 1), finals: fill(manifest.states, batch, 1) },
  };
}

/** Near what the initialisers give, which suits the cell, but never exactly a constant, where all units would be the same. */
function drawParams({ params }: Manifest, initial: Tensors, random: Random): Tensors {
  const drawn = tensors();
  for (const { name, shape } of params) {
    const last = shape.length < 2 ? 1 : (shape[shape.length - 1] as number);
    const noise = 0.3 / Math.sqrt(last);
    drawn[name] = (initial[name] as Float64Array).map((value) => grid(value + random.uniform(-noise, noise)));
  }
  return drawn;
}

export function setParams(instance: ModuleInstance, params: Tensors): void {
  for (const [name, values] of Object.entries(params)) instance.params[name]?.set(values);
}

/** Arguments of `forward`. Index inputs go as integers. */
export function valuesOf(manifest: Manifest, call: Call): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  Object.assign(values, call.contexts, call.states);
  for (const { name, dtype } of manifest.inputs) {
    const own: Float64Array = call.inputs[name] as Float64Array;
    values[name] = dtype === "index" ? Int32Array.from(own) : own;
  }
  return Object.assign(values, { batch: call.batch, steps: call.steps, lengths: call.lengths, sizes: call.sizes });
}

export const cotangentsOf = ({ cotangents }: Call): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, cotangents.outputs, { final: cotangents.finals });

/** A copy of everything a call gives: outputs and inputs by name, groups as `final h`, `params W`. */
export function flatten(result: Readonly<Record<string, unknown>>): Tensors {
  const flat = tensors();
  for (const [name, value] of Object.entries(result)) {
    if (ArrayBuffer.isView(value)) flat[name] = Float64Array.from(value as FloatArray);
    else
      for (const [inner, list] of Object.entries(value as object))
        flat[`${name} ${inner}`] = Float64Array.from(list as FloatArray);
  }
  return flat;
}

/** Forward and, where there is one, backward. */
export function runCall(manifest: Manifest, instance: ModuleInstance, call: Call): Tensors {
  const flat = flatten(instance.forward(valuesOf(manifest, call)));
  if (!manifest.has.gradient) return flat;
  const gradient = flatten(instance.backward?.(cotangentsOf(call)) as Record<string, unknown>);
  for (const [name, values] of Object.entries(gradient)) flat[`gradient ${name}`] = values;
  return flat;
}

/** The first place where the bits differ; NaN is one value. */
export function firstDifference(a: Tensors, b: Tensors): string | undefined {
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [one, two] = [a[name], b[name]];
    if (one === undefined || two === undefined) return `${name} is there only once`;
    if (one.length !== two.length) return `${name} has ${one.length} and ${two.length} numbers`;
    const at = one.findIndex((value, i) => !Object.is(value, two[i]));
    if (at >= 0) return `${name}[${at}] is ${String(one[at])} and ${String(two[at])}`;
  }
  return undefined;
}

/** The places of example `b` in a padded tensor that are its own: a position in the batch for each in the example alone. */
export function ownPlaces(
  { shape }: TensorEntry,
  call: Call,
  b: number,
  timed: boolean,
): { readonly places: number[]; readonly count: number } {
  const padded = shape.map((size) => (typeof size === "number" ? size : (call.capacities[size] as number)));
  const own = shape.map((size) =>
    typeof size === "number" ? size : ((call.sizes[size] as readonly number[])[b] as number),
  );
  if (timed) {
    padded.unshift(call.steps);
    own.unshift(call.lengths[b] as number);
  }
  const places: number[] = [];
  const walk = (axis: number, from: number): void => {
    if (axis === own.length) places.push(from);
    else for (let i = 0; i < (own[axis] as number); i++) walk(axis + 1, from * (padded[axis] as number) + i);
  };
  walk(0, b);
  return { places, count: padded.reduce((n, size) => n * size, 1) };
}

/** Example `b` as a call of its own, without padding. */
export function exampleOf(manifest: Manifest, call: Call, b: number): Call {
  const cut = (entries: readonly TensorEntry[], from: Tensors, timed: boolean): Tensors => {
    const made = tensors();
    for (const entry of entries) {
      const values = from[entry.name] as Float64Array;
      made[entry.name] = Float64Array.from(ownPlaces(entry, call, b, timed).places, (at) => values[at] as number);
    }
    return made;
  };
  const sizes = Object.fromEntries(Object.entries(call.sizes).map(([name, each]) => [name, [each[b] as number]]));
  return {
    ...call,
    batch: 1,
    steps: call.lengths[b] as number,
    lengths: [call.lengths[b] as number],
    sizes,
    capacities: Object.fromEntries(Object.entries(sizes).map(([name, [size]]) => [name, size as number])),
    inputs: cut(manifest.inputs, call.inputs, true),
    contexts: cut(manifest.contexts, call.contexts, false),
    states: cut(manifest.states, call.states, false),
    cotangents: {
      outputs: cut(manifest.outputs, call.cotangents.outputs, true),
      finals: cut(manifest.states, call.cotangents.finals, false),
    },
  };
}
