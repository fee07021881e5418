/** Calls for some of the examples of a call, and their results put together again. */
import { refuse } from "../base/arguments.js";
import { toldSizes } from "../module/axes.js";
import type { CallResult, CallValues, FloatArray, TensorRecord } from "../module/compiled-module.js";
import type { Manifest } from "../module/manifest.js";
import { isList, isRecord, isTypedArray } from "../base/options.js";
import type { TaskResult } from "./task.js";

/** Examples of a shard, where nobody says. */
export const usualShard = 4;

type List = ArrayLike<number> & { slice(from: number, to: number): ArrayLike<number> };

/** Values for so many examples of a call, from one on: parts of the arrays that were given. */
type TakeExamples = (from: number, count: number) => Record<string, unknown>;

/** @param batch Examples of the call. @throws TypeError for a tensor that has no row for each of them. */
export function splitValues(manifest: Manifest, values: CallValues, batch: number): TakeExamples {
  const { inputs, contexts, states, random } = manifest;
  const tensors = new Set([...inputs, ...contexts, ...states].map(({ name }) => name));
  const lists = new Set(["lengths", "examples"]);
  const drawn = random === undefined ? {} : { examples: Int32Array.from({ length: batch }, (_, i) => i) };
  const all = Object.entries({ ...drawn, ...values });
  return (from, count) => {
    const part: Record<string, unknown> = {};
    for (const [name, value] of all) {
      if (tensors.has(name) || lists.has(name)) part[name] = rows("forward", name, value, batch, from, count);
      else part[name] = name === "sizes" && isRecord(value) ? sizesOf(value, from, count) : value;
    }
    part["batch"] = count;
    return part;
  };
}

/** Derivatives by outputs and last states; those by what all examples share are the same for each part. */
export function splitCotangents(
  { outputs }: Manifest,
  given: Readonly<Record<string, unknown>>,
  batch: number,
): TakeExamples {
  // prettier-ignore
  const shared = new Set(outputs.filter(({ axes }) => axes.length === 0).map(({ name }) => name));
  return (from, count) => {
    const each = (name: string, value: unknown): unknown =>
      shared.has(name) ? value : rows("gradient", name, value, batch, from, count);
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => {
        if (name !== "final" || !isRecord(value)) return [name, each(name, value)];
        return [name, Object.fromEntries(Object.entries(value).map(([state, own]) => [state, each(state, own)]))];
      }),
    );
  };
}

function rows(where: string, name: string, value: unknown, batch: number, from: number, count: number): unknown {
  if (value === undefined) return undefined;
  if (!isList(value) || value.length % batch !== 0) {
    refuse(where, name, `a list of numbers with as many for each of ${batch} examples`, value);
  }
  const width = value.length / batch;
  const [start, end] = [from * width, (from + count) * width];
  return isTypedArray(value) ? value.subarray(start, end) : (value as List).slice(start, end);
}

/** Every part is padded as the whole is. */
function sizesOf(sizes: Readonly<Record<string, unknown>>, from: number, count: number): Record<string, unknown> {
  const each = (size: unknown): unknown => {
    if (isList(size)) {
      const own = Array.from(size as List);
      return { padded: Math.max(...own), each: own.slice(from, from + count) };
    }
    if (isRecord(size) && isList(size["each"]))
      return { ...size, each: (size["each"] as List).slice(from, from + count) };
    return size;
  };
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, each(size)]));
}

/** Whether results of parts lie as those of the whole: not where tensors have room for the largest example of a call. */
export const canSplit = ({ axes }: Manifest): boolean => axes.every(({ largest }) => largest !== true);

/** Outputs of each example and the states in the end; nothing that all examples share. */
export function joinResults(manifest: Manifest, parts: readonly TaskResult[]): CallResult {
  const each = manifest.outputs.filter(({ axes }) => axes.length > 0).map(({ name }) => name);
  const joined: Record<string, FloatArray> = {};
  for (const name of each) joined[name] = join(parts.map(({ outputs }) => outputs[name]!));
  const final: Record<string, FloatArray> = {};
  for (const { name } of manifest.states) final[name] = join(parts.map((part) => part.final[name]!));
  const told = toldSizes(manifest);
  if (told.length === 0) return { ...joined, final } as unknown as CallResult;
  const sizes = Object.fromEntries(
    told.map((name) => [name, join(parts.map(({ outputs }) => (outputs["sizes"] as unknown as TensorRecord)[name]!))]),
  );
  return { ...joined, final, sizes } as unknown as CallResult;
}

function join(parts: readonly FloatArray[]): FloatArray {
  const [first] = parts;
  const Numbers = first!.constructor as Float32ArrayConstructor;
  const whole = new Numbers(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
