/** Steps of several streams in one call of an instance: their records are put side by side, and what comes of them is put back. */
import type { CallValues, FloatArray, ModuleInstance, TensorRecord } from "../module/compiled-module.js";
import type { Arena } from "./arena.js";
import type { Field, RecordLayout, StoredField } from "./layout.js";
import type { StagedRows } from "./records.js";

export type StreamNumbers = FloatArray | Int32Array;

/** What of an instance, or of one of its entries, streams need. */
export type StreamInstance = Pick<ModuleInstance, "forward" | "reset" | "snapshot">;

/** What every call is given besides tensors. */
export interface CommonValues {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined where nothing is drawn. */
  readonly seed: number | undefined;
}

interface StreamRunnerOptions extends CommonValues {
  readonly layout: RecordLayout;
  readonly arena: Arena;
  readonly dtype: "f32" | "f64";
  readonly batch: number;
  readonly steps: number;
  /** Of a network: the axis that it streams along. */
  readonly stream: string | undefined;
}

/** Some streams that make steps, each the next `counts` from row `from` of the inputs on. */
export interface StepGroup {
  readonly slots: Int32Array;
  readonly from: Float64Array;
  readonly counts: Float64Array;
  size: number;
  /** Steps of the call at hand. */
  length: number;
}

export interface StreamRunner {
  /** All steps of the streams of a group, each there once; the group has none left then. */
  run(instance: StreamInstance, group: StepGroup, inputs: readonly StreamNumbers[], outputs: TensorRecord): void;
}

/** A tensor of all streams of a call, side by side. */
interface Staged {
  readonly field: Field;
  readonly data: StreamNumbers;
  readonly rows: StagedRows;
}

/** All that calls read, side by side, and views of it for so many streams and steps. */
interface Staging {
  readonly states: readonly Staged[];
  /** States, contexts and sizes. */
  readonly stored: readonly Staged[];
  readonly inputs: readonly { readonly field: Field; readonly data: StreamNumbers }[];
  call(count: number, length: number): CallValues;
}

function createStaging({ layout, arena, dtype, batch, steps, settings, seed, stream }: StreamRunnerOptions): Staging {
  const Reals = dtype === "f32" ? Float32Array : Float64Array;
  const stage = (field: StoredField): Staged => {
    const Numbers = field.isIndex ? Int32Array : Reals;
    const rows = arena.stage(field.at * Numbers.BYTES_PER_ELEMENT, field.width * Numbers.BYTES_PER_ELEMENT);
    return { field, rows, data: new Numbers(rows.buffer as ArrayBuffer, rows.byteOffset, batch * field.width) };
  };
  const states = layout.states.map(stage);
  const tensors = [...states, ...layout.contexts.map(stage)];
  const own = [...layout.axes.map(({ name }) => name), ...(layout.draws ? ["examples"] : [])].map((name, i) =>
    stage({ name, dims: [], width: 1, isIndex: true, bound: undefined, at: layout.sizesAt + i }),
  );
  const inputs = layout.inputs.map((field) => ({
    field,
    data: new (field.isIndex ? Int32Array : Reals)(batch * steps * field.width),
  }));
  const made = new Map<number, CallValues>();
  const make = (count: number, length: number): CallValues => {
    const values = Object.assign(Object.create(null), settings, { batch: count }) as Record<string, unknown>;
    for (const { field, data } of tensors) values[field.name] = data.subarray(0, count * field.width);
    for (const { field, data } of inputs) values[field.name] = data.subarray(0, count * length * field.width);
    const sizes: Record<string, unknown> = {};
    for (const [i, { name, most }] of layout.axes.entries()) {
      sizes[name] = { padded: most, each: own[i]!.data.subarray(0, count) };
    }
    if (stream === undefined) values["steps"] = length;
    else sizes[stream] = length;
    if (Object.keys(sizes).length > 0) values["sizes"] = sizes;
    if (seed !== undefined) Object.assign(values, { seed, examples: own.at(-1)!.data.subarray(0, count) });
    return values;
  };
  return {
    ...{ states, inputs, stored: [...tensors, ...own] },
    call(count, length) {
      const key = count * (steps + 1) + length;
      const found = made.get(key) ?? make(count, length);
      made.set(key, found);
      return found;
    },
  };
}

export function createRunner(options: StreamRunnerOptions): StreamRunner {
  const { layout, arena, steps } = options;
  const staging = createStaging(options);
  const runOnce: StreamRunner["run"] = (instance, group, given, outputs) => {
    arena.approach(group.slots, group.size);
    for (let i = 0; i < staging.stored.length; i++) arena.gather(staging.stored[i]!.rows, group.slots, group.size);
    for (let i = 0; i < given.length; i++) {
      const { field, data } = staging.inputs[i]!;
      takeRows(data, given[i]!, field.width, group);
    }
    const result = instance.forward(staging.call(group.size, group.length));
    for (let i = 0; i < staging.states.length; i++) {
      const { field, data, rows } = staging.states[i]!;
      data.set(result.final[field.name]!);
      arena.scatter(rows, group.slots, group.size);
    }
    for (let i = 0; i < layout.outputs.length; i++) {
      const { name, width } = layout.outputs[i]!;
      giveRows(outputs[name]!, result[name]!, width, group);
    }
  };
  return {
    run(instance, group, given, outputs) {
      while (group.size > 0) {
        // As many as all of them have: every call is of whole sequences.
        group.length = steps;
        for (let b = 0; b < group.size; b++) group.length = Math.min(group.length, group.counts[b]!);
        runOnce(instance, group, given, outputs);
        goOn(group, arena);
      }
    },
  };
}

/** Do the rows of all streams of a group follow each other? */
function isTogether({ from, size, length }: StepGroup): boolean {
  for (let b = 1; b < size; b++) if (from[b] !== from[0]! + b * length) return false;
  return true;
}

/** The rows of each stream out of those of the call. */
function takeRows(target: StreamNumbers, source: StreamNumbers, width: number, group: StepGroup): void {
  const { from, size, length } = group;
  const count = length * width;
  if (isTogether(group)) target.set(source.subarray(from[0]! * width, from[0]! * width + size * count));
  else
    for (let b = 0; b < size; b++) target.set(source.subarray(from[b]! * width, from[b]! * width + count), b * count);
}

function giveRows(target: StreamNumbers, source: StreamNumbers, width: number, group: StepGroup): void {
  const { from, size, length } = group;
  const count = length * width;
  if (isTogether(group)) target.set(source, from[0]! * width);
  else for (let b = 0; b < size; b++) target.set(source.subarray(b * count, (b + 1) * count), from[b]! * width);
}

/** Those that have steps left stay, in their order. */
function goOn(group: StepGroup, { steps }: Arena): void {
  const { slots, from, counts, length } = group;
  let left = 0;
  for (let b = 0; b < group.size; b++) {
    steps[slots[b]!]! += length;
    const rest = counts[b]! - length;
    if (rest === 0) continue;
    slots[left] = slots[b]!;
    from[left] = from[b]! + length;
    counts[left++] = rest;
  }
  group.size = left;
}

/** Puts a tensor at its own sizes among the places of the largest ones. */
export function spread(
  { dims, at }: Pick<StoredField, "dims" | "at">,
  target: { [index: number]: number },
  source: ArrayLike<number>,
  sizes: { readonly own: (axis: string) => number; readonly most: (axis: string) => number },
): void {
  const own = dims.map((size) => (typeof size === "number" ? size : sizes.own(size)));
  const most = dims.map((size) => (typeof size === "number" ? size : sizes.most(size)));
  let read = 0;
  const fill = (axis: number, to: number): void => {
    if (axis === dims.length) {
      target[to] = source[read++]!;
      return;
    }
    const stride = most.slice(axis + 1).reduce((count, size) => count * size, 1);
    for (let i = 0; i < own[axis]!; i++) fill(axis + 1, to + i * stride);
  };
  fill(0, at);
}
