/** Calls of a module in segments of their steps: what each is given of whole sequences. */
import { CallRangeError, CallTypeError } from "../base/errors.js";
import { describe, isList, isRecord, isTypedArray } from "../base/options.js";
import { elementCount } from "../module/compiled-module.js";
import type { Manifest, TensorEntry } from "../module/manifest.js";
import { isOfSteps, type SegmentsRoom, withoutAxis } from "./plan-segments.js";

type Values = Readonly<Record<string, unknown>>;

/** The sizes of a whole call. */
export interface WholeCall {
  readonly batch: number;
  readonly steps: number;
  /** Steps of each example; all where undefined. */
  readonly lengths: readonly number[] | undefined;
  /** Of other axes, as the call gives them. */
  readonly sizes: Values;
  /** What is the same in every segment. */
  readonly rest: Values;
}

const ownOptions: ReadonlySet<string> = new Set(["batch", "steps", "lengths", "sizes"]);

/** What a call says beside tensors; `rest` has all of these but `sequences`. */
export function readWhole(
  manifest: Manifest,
  room: SegmentsRoom,
  values: Values,
  sequences: ReadonlySet<string>,
): WholeCall {
  const rest = Object.fromEntries(
    Object.entries(values).filter(([name]) => !ownOptions.has(name) && !sequences.has(name)),
  );
  const batch = countOf("batch", values["batch"] ?? room.batch, 1, room.batch);
  const given = values["sizes"] ?? {};
  if (!isRecord(given)) throw new CallTypeError(`gradient: sizes must be sizes by name, got ${describe(given)}`);
  if (isOfSteps(manifest, room.axis)) {
    const steps = countOf("steps", values["steps"] ?? room.steps, 0, room.steps);
    return { batch, steps, lengths: lengthsOf("lengths", values["lengths"], batch, steps), sizes: given, rest };
  }
  const { [room.axis]: own = room.steps, ...sizes } = given;
  const { padded, each } = isRecord(own) ? own : isList(own) ? { padded: undefined, each: own } : { padded: own, each: undefined }; // prettier-ignore
  const most = Array.from(isList(each) ? each : [], Number).reduce((a, b) => Math.max(a, b), 0);
  const steps = countOf(`sizes.${room.axis}`, padded ?? most, 0, room.steps);
  return { batch, steps, lengths: lengthsOf(`sizes.${room.axis}`, each, batch, steps), sizes, rest };
}

function countOf(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new CallRangeError(`gradient: ${name} must be an integer from ${least} to ${most}, got ${describe(value)}`);
}

function lengthsOf(name: string, value: unknown, batch: number, steps: number): readonly number[] | undefined {
  if (value === undefined) return undefined;
  if (!isList(value) || value.length !== batch)
    throw new CallRangeError(`gradient: ${name} must have a number for each of ${batch} examples, got ${describe(value)}`); // prettier-ignore
  return Array.from(value, (length, b) => countOf(`${name}[${b}]`, length, 0, steps));
}

/** What tells a call of some of the steps how many they are. */
export function sizesOfSegment(
  manifest: Manifest,
  { axis }: SegmentsRoom,
  { batch, lengths, sizes }: WholeCall,
  from: number,
  count: number,
): Values {
  const each = lengths?.map((length) => Math.min(Math.max(length - from, 0), count));
  if (isOfSteps(manifest, axis))
    return { batch, steps: count, ...(each && { lengths: each }), ...(Object.keys(sizes).length > 0 && { sizes }) };
  return { batch, sizes: { ...sizes, [axis]: each === undefined ? count : { padded: count, each } } };
}

/** A sequence `[B, T, …]` of which calls take parts. */
export interface WholeSequence {
  readonly name: string;
  part(from: number, count: number): unknown;
}

/** Numbers of one step of one example. */
export function widthOf(tensor: TensorEntry, room: SegmentsRoom, sizes: Values): number {
  const padded = Object.entries(sizes).map(([name, size]): [string, number] => [name, paddedSize(size)]);
  const own = withoutAxis(tensor, room.axis) ?? tensor;
  return elementCount(own.shape, { ...room.sizes, ...Object.fromEntries(padded) });
}

function paddedSize(size: unknown): number {
  if (isRecord(size)) return paddedSize(size["padded"]);
  return isList(size) ? Math.max(...Array.from(size, Number)) : Number(size);
}

/**
 * Parts of `value`; of one example views of it, else copies into one array, which hold until the next part is taken.
 *
 * @throws TypeError or RangeError where it is no sequence of these steps
 */
export function wholeSequence(name: string, value: unknown, { batch, steps }: WholeCall, width: number): WholeSequence {
  if (!isList(value)) {
    const got = value === undefined ? "is missing" : `must be an array of numbers, got ${describe(value)}`;
    throw new CallTypeError(`gradient: ${name} ${got}`);
  }
  if (value.length !== batch * steps * width) {
    throw new CallRangeError(
      `gradient: ${name} must have length ${batch} * ${steps} * ${width}, got ${describe(value)}`,
    );
  }
  if (!isTypedArray(value)) return { name, part: plainParts(Array.from(value), batch, steps, width) };
  if (batch === 1) return { name, part: (from, count) => value.subarray(from * width, (from + count) * width) };
  let copy: Float32Array | undefined;
  return {
    name,
    part(from, count) {
      const size = batch * count * width;
      if (copy === undefined || copy.length < size) copy = value.slice(0, size);
      for (let b = 0; b < batch; b++) {
        const start = (b * steps + from) * width;
        copy.set(value.subarray(start, start + count * width), b * count * width);
      }
      return copy.subarray(0, size);
    },
  };
}

const plainParts =
  (list: readonly unknown[], batch: number, steps: number, width: number) =>
  (from: number, count: number): unknown[] =>
    Array.from({ length: batch }, (_, b) => list.slice((b * steps + from) * width, (b * steps + from + count) * width)).flat(); // prettier-ignore
