/** Sequences longer than an instance has room for, in chunks whose states are carried on. */
import {
  elementCount,
  type CompiledModule,
  type FloatArray,
  type ModuleInstance,
  type TensorRecord,
} from "../module/compiled-module.js";
import { checkInstance, checkModule, checkNumbers, checkRecord } from "../base/arguments.js";
import { leastOf, ofStream, streamAxis } from "../module/axes.js";
import type { Manifest } from "../module/manifest.js";
import { checkCount, checkOptionNames, describe, ownValue } from "../base/options.js";

export interface RunSequenceOptions {
  /** Examples, B. */
  readonly batch: number;
  /** Steps of the whole sequence, T. */
  readonly steps: number;
  /** Steps per call; at most the `steps` that the instance was made for. */
  readonly chunk: number;
  /** Real steps of each example, `[B]`, from 0 to T; all T where left out. */
  readonly lengths?: ArrayLike<number>;
  /** Sizes that calls give by name, as `forward` takes them, but for that of the steps. */
  readonly sizes?: Readonly<Record<string, unknown>>;
}

export interface SequenceResult {
  /** Outputs by name, `[B, T, …]`. Unlike the results of `forward` they are the caller's to keep. */
  readonly outputs: Readonly<Record<string, FloatArray>>;
  /** States after the last real step of each example, `[B, …]`: the start of a sequence that goes on. */
  readonly final: Readonly<Record<string, FloatArray>>;
}

type SequenceArray = FloatArray | Int32Array | Uint32Array | Uint16Array | Uint8Array | number[];

/** An instance of any module, with the types that its own `.d.ts` gives it or with general ones. */
export interface ForwardRunner {
  forward(values: never): { readonly final: TensorRecord };
}

/**
 * Runs `forward` over a long sequence chunk by chunk. The result has the same bits as one call over the whole would
 * give; memory is needed for one chunk only, besides inputs and outputs.
 *
 * For a sequence that comes chunk by chunk there are streams: `instance.steps` goes on where it stopped.
 *
 * @param module Whose manifest tells names and shapes.
 * @param instance Where the parameters are; its streaming state is left alone.
 * @param values Inputs `[B, T, …]`, contexts `[B, …]` and, where wanted, initial states `[B, …]`, by name.
 * @throws TypeError where an input is missing, an option unknown, or a module looks ahead; RangeError where a length or a size does not fit.
 * @example
 *     const day = runSequence(gru, instance, { x }, { batch: 1, steps: 86_400, chunk: 1000 });
 *     const next = runSequence(gru, instance, { x: x2, ...day.final }, { batch: 1, steps: 86_400, chunk: 1000 });
 */
export function runSequence(
  module: Pick<CompiledModule, "manifest">,
  instance: ForwardRunner,
  values: Readonly<Record<string, unknown>>,
  options: RunSequenceOptions,
): SequenceResult {
  checkModule("runSequence", module);
  checkInstance("runSequence", instance, "forward");
  checkRecord("runSequence", "the third argument", "inputs by name", values);
  checkOptionNames("runSequence", options, ["batch", "steps", "chunk", "lengths", "sizes"]);
  const { batch, steps, chunk, lengths, sizes } = options;
  const { manifest } = module;
  for (const [name, size] of Object.entries({ batch, steps, chunk })) checkCount(name, size);
  if (lengths !== undefined) checkNumbers("runSequence", "lengths", lengths);
  if (lengths !== undefined && lengths.length !== batch) {
    throw new RangeError(`lengths must have length ${batch}, got ${lengths.length}`);
  }
  for (let b = 0; lengths !== undefined && b < batch; b++) {
    const length = lengths[b]!;
    if (!Number.isInteger(length) || length < 0 || length > steps) {
      throw new RangeError(`lengths[${b}] must be an integer from 0 to ${steps}, got ${describe(length)}`);
    }
  }
  refuseWhole(manifest);
  const { stream } = manifest;
  const inputs = windowsOf(manifest, values, batch, steps);
  const results = ofStream(manifest, manifest.outputs);
  // Tensors may be called `constructor` or `__proto__`, so these records inherit nothing.
  const outputs = Object.create(null) as Record<string, FloatArray>;
  const final = Object.create(null) as Record<string, FloatArray>;

  const fewest = fewestSteps(manifest);
  for (const [start, count] of chunks(steps, chunk, fewest)) {
    const call = Object.assign(Object.create(null), values, final, { batch }) as Record<string, unknown>;
    if (sizes !== undefined) call["sizes"] = sizes;
    const own = lengths && Int32Array.from(lengths, (length) => Math.min(Math.max(length - start, 0), count));
    // An example that has ended runs over its first steps again where a call takes no fewer, and what comes of them is left out.
    const ended = Array.from(own ?? [], (length) => length === 0 && start > 0 && fewest > 0);
    const each = own?.map((length, b) => (ended[b] ? fewest : length));
    if (stream !== undefined)
      call["sizes"] = { ...sizes, [stream]: each === undefined ? count : { padded: count, each } };
    else Object.assign(call, { steps: count }, each && { lengths: each });
    for (const input of inputs) call[input.name] = input.take(start, count, ended);
    const result = (instance as Pick<ModuleInstance, "forward">).forward(call);
    for (const { name, shape } of results) {
      const own = result[name]!;
      const width = isKnown(shape) ? elementCount(shape) : own.length / (batch * count);
      outputs[name] ??= sameKind(own, batch * steps * width);
      place(outputs[name], own, { batch, steps, start, count, width, ended });
    }
    for (const { name } of manifest.states) final[name] = wentOn(final[name], result.final[name]!, ended);
  }
  return { outputs, final };
}

/** Of the axis that chunks go along, in a call. */
function fewestSteps({ axes, stream }: Manifest): number {
  const axis = axes.find(({ name }) => name === stream);
  return axis === undefined ? 0 : leastOf(axis);
}

/** Begin and size of each, of at most `chunk` steps, and none of fewer than `fewest`. */
function chunks(steps: number, chunk: number, fewest: number): (readonly [start: number, count: number])[] {
  const made: (readonly [number, number])[] = [];
  for (let start = 0; start < steps;) {
    const rest = steps - start;
    const count = rest > chunk && rest - chunk < fewest ? rest - fewest : Math.min(rest, chunk);
    if (count < fewest) {
      throw new RangeError(
        `chunks of at most ${chunk} of ${steps} steps leave one of fewer than ${fewest}, which is the least that this module takes; give a larger chunk`,
      );
    }
    made.push([start, count]);
    start += count;
  }
  return made;
}

/** The states after a chunk: of examples that have ended, those of before. */
function wentOn(before: FloatArray | undefined, after: FloatArray, ended: readonly boolean[]): FloatArray {
  const states = after.slice();
  const width = states.length / Math.max(1, ended.length);
  for (const [b, isEnded] of ended.entries())
    if (isEnded && before !== undefined) states.set(before.subarray(b * width, (b + 1) * width), b * width);
  return states;
}

function windowsOf(
  { inputs, stream }: Manifest,
  values: Readonly<Record<string, unknown>>,
  batch: number,
  steps: number,
) {
  return inputs.flatMap(({ name, shape, axes, forLosses }) => {
    const value = ownValue(values, name);
    // What only losses need may be left out, and need not come in chunks.
    if (forLosses === true && (value === undefined || (stream !== undefined && !axes.includes(stream)))) return [];
    return [inputWindow(name, value, batch, steps, isKnown(shape) ? elementCount(shape) : undefined)];
  });
}

/** Chunks are run one after the other, and put together along the steps. */
function refuseWhole(manifest: Manifest): void {
  if (!manifest.has.step) throw new TypeError("runSequence: this module looks ahead, so it cannot be run in chunks");
  const stepAxis = streamAxis(manifest) ?? "steps";
  const all = [...manifest.inputs, ...manifest.outputs];
  const whole = manifest.stream === undefined ? all.find(({ axes }) => !axes.includes(stepAxis)) : undefined;
  if (whole !== undefined) {
    throw new TypeError(`runSequence: ${whole.name} is of the whole sequence, so it cannot be put together of chunks`);
  }
}

/** An array of zeros, of the same kind as another. */
export function sameKind(like: FloatArray, length: number): FloatArray {
  return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** Tokenisers give 64 bits, and `forward` takes them. */
const isBig = (value: unknown): boolean => value instanceof BigInt64Array || value instanceof BigUint64Array;

/** A size that calls give may stand in a shape (attention weights): the width is measured then. */
const isKnown = (shape: readonly (number | string)[]): boolean => shape.every((size) => typeof size === "number");

/** Cuts `[B, count, width]` out of `[B, T, width]`. */
function inputWindow(name: string, value: unknown, batch: number, steps: number, known: number | undefined) {
  if (value === undefined) throw new TypeError(`input ${name} is missing`);
  if (!isBig(value)) checkNumbers("runSequence", `input ${name}`, value);
  const whole = value as SequenceArray;
  const width = known ?? Math.floor(whole.length / Math.max(1, batch * steps));
  if (whole.length !== batch * steps * width) {
    throw new RangeError(`input ${name} must have length ${batch} * ${steps} * ${width}, got ${whole.length}`);
  }
  const take = (start: number, count: number, ended: readonly boolean[]): SequenceArray => {
    if (count === steps) return whole;
    const chunk = whole.slice(0, batch * count * width);
    for (let b = 0; b < batch; b++) {
      const from = (b * steps + (ended[b] ? 0 : start)) * width;
      for (let i = 0; i < count * width; i++) chunk[b * count * width + i] = whole[from + i]!;
    }
    return chunk;
  };
  return { name, take };
}

interface Chunk {
  readonly batch: number;
  readonly steps: number;
  readonly start: number;
  readonly count: number;
  readonly width: number;
  /** Examples that have ended before, of which all is zero. */
  readonly ended: readonly boolean[];
}

/** Puts `[B, count, width]` into `[B, T, width]`. */
function place(whole: FloatArray, chunk: FloatArray, { batch, steps, start, count, width, ended }: Chunk): void {
  for (let b = 0; b < batch; b++) {
    if (ended[b]) continue;
    whole.set(chunk.subarray(b * count * width, (b + 1) * count * width), (b * steps + start) * width);
  }
}
