/** Sequences in chunks: what is asked of truncated backpropagation, and the states that one chunk hands on to the next. */
import { refuse } from "../../base/arguments.js";
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import { leastOf } from "../../module/axes.js";
import type { FloatArray, TensorRecord } from "../../module/compiled-module.js";
import type { Manifest } from "../../module/manifest.js";
import { checkCount, checkOptionNames, describe, isRecord } from "../../base/options.js";
import type { SizedExample } from "./example-values.js";

export interface TruncateOptions {
  /** Elements of a chunk: of each track an update takes so many. */
  readonly every: number;
  /** Elements that a gradient goes back over, a multiple of `every`, which it is by default. */
  readonly back?: number;
  /** The axis, where there are several that could be cut. */
  readonly along?: string;
}

/** How sequences are cut. */
export interface Cutting {
  readonly axis: string;
  readonly every: number;
  /** Chunks that a gradient goes back over, the one at hand among them. */
  readonly depth: number;
  /** The fewest elements that a chunk may have. */
  readonly least: number;
  /** What chunks hand on, by name. */
  readonly states: readonly string[];
}

/** A chunk of an example, and the states before it: none at its beginning. */
export interface TrackChunk {
  readonly example: SizedExample;
  readonly from: number;
  readonly states: TensorRecord | undefined;
}

/** What walks through one document after the other. */
export interface Track {
  readonly number: number;
  /** The document that it is in, by its number in the data; -1 where it has none. */
  index: number;
  /** Elements of it that were taken. */
  at: number;
  /** The chunk at hand, then those before it in the same document, as far as gradients go back. */
  chunks: readonly TrackChunk[];
  /** After the chunk at hand. */
  states: TensorRecord | undefined;
  /** Of the document; undefined until it is read. */
  example: SizedExample | undefined;
}

/** @throws TypeError or RangeError for wrong options, and where the network cannot be cut so. */
export function checkTruncate(manifest: Manifest, truncate: unknown): Cutting | undefined {
  if (truncate === undefined) return undefined;
  if (typeof truncate !== "number" && !isRecord(truncate))
    refuse("train", "truncate", "a number of elements or { every, back, along }", truncate);
  const given: Partial<TruncateOptions> = typeof truncate === "number" ? { every: truncate } : truncate;
  checkOptionNames("train: truncate", given, ["every", "back", "along"]);
  const every = checkCount("train: truncate", given.every);
  const back = checkCount("train: truncate.back", given.back ?? every);
  if (back % every !== 0) {
    throw new CallRangeError(`train: truncate.back must be a multiple of ${every}, got ${back}`);
  }
  const { axis, states } = cutOf(manifest, given.along);
  for (const name of states) {
    const { shape } = manifest.states.find((state) => state.name === name)!;
    const size = shape.find((own) => typeof own === "string");
    if (size === undefined) continue;
    throw new CallTypeError(
      `train: truncate: the state ${name} has a size that differs from call to call, ${size}, and cannot be handed on`,
    );
  }
  const entry = manifest.axes.find(({ name }) => name === axis)!;
  return { axis, every, depth: back / every, least: leastOf(entry), states };
}

function cutOf(
  { cell, cuts = [] }: Manifest,
  along: unknown,
): { readonly axis: string; readonly states: readonly string[] } {
  // prettier-ignore
  if (cuts.length === 0) throw new CallTypeError(`train: truncate: no input of ${cell} has a sequence in front`);
  const axes = cuts.map(({ axis }) => axis);
  if (along !== undefined && !axes.includes(along as string)) {
    throw new CallTypeError(`train: truncate.along must be one of ${axes.join(", ")}, got ${describe(along)}`);
  }
  const asked = cuts.filter(({ axis }) => along === undefined || axis === along);
  const [first, second] = asked.filter(({ obstacle }) => obstacle === undefined);
  if (first === undefined) {
    const why = asked.map(({ axis, obstacle }) => `cannot be cut along ${axis}: ${obstacle}`).join("; ");
    throw new CallTypeError(`train: truncate: ${cell} ${why}`);
  }
  if (second !== undefined) {
    throw new CallTypeError(`train: truncate: ${cell} can be cut along ${first.axis} and ${second.axis}; say which by \`along\``); // prettier-ignore
  }
  return { axis: first.axis, states: first.states! };
}

/** Elements of the chunk that begins there: all that are left, where the rest would be too little for a chunk. */
export function chunkAt({ every, least }: Pick<Cutting, "every" | "least">, from: number, size: number): number {
  const left = size - from;
  return left > every && left - every >= least ? every : left;
}

/** A copy of one row of each state, or of each derivative by one: integers have none. */
export const rowOf = (states: TensorRecord, names: readonly string[], row: number, rows: number): TensorRecord =>
  Object.fromEntries(
    names.flatMap((name) => {
      const all = states[name];
      if (all === undefined) return [];
      const width = all.length / rows;
      return [[name, all.slice(row * width, (row + 1) * width)]];
    }),
  );

/** The states of several rows, one after the other. */
export function joinRows(rows: readonly TensorRecord[]): TensorRecord {
  const joined: Record<string, FloatArray> = {};
  for (const name in rows[0]!) {
    const width = rows[0][name]!.length;
    const Numbers = rows[0][name]!.constructor as Float32ArrayConstructor;
    const all = new Numbers(rows.length * width);
    rows.forEach((row, i) => all.set(row[name]!, i * width));
    joined[name] = all;
  }
  return joined;
}
