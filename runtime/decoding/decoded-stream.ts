/** What decoding knows of an instance or an entry: a stream whose steps give scores of what comes next. */
import { checkNumbers, checkRecord, refuse } from "../base/arguments.js";
import { checkCount, describe, isList, isRecord } from "../base/options.js";
import type { CallValues, FloatArray, ModuleInstance } from "../module/compiled-module.js";

/** An instance of a network or cell that streams, or one of its entries. */
export type DecodedStream = Pick<ModuleInstance, "reset" | "step" | "snapshot" | "restore"> &
  Partial<Pick<ModuleInstance, "select">>;

export interface DecodingOptions {
  /** The output that scores what comes next, by its number: logits, or logarithms of probabilities. */
  readonly output: string;
  /** The input that takes the number of what came last. */
  readonly feed: string;
  /** What is fed first: one number, or several, after the last of which the first is chosen. */
  readonly start: number | ArrayLike<number>;
  /** The number that ends: it is no part of what is given. */
  readonly end?: number;
  /** The most that is chosen. */
  readonly max: number;
  /** What the stream begins with, as `reset` takes it: contexts, states, sizes, a seed. */
  readonly given?: CallValues;
}

export const decodingNames = ["output", "feed", "start", "end", "max", "given"];

/** @throws TypeError or RangeError for what is no such stream, and for wrong options. */
export function checkDecoding(where: string, stream: unknown, options: DecodingOptions): void {
  if (!isRecord(stream) || typeof stream["step"] !== "function" || typeof stream["reset"] !== "function") {
    refuse(where, "the first argument", "an instance, or one of its entries", stream);
  }
  const { output, feed, start, end, max, given = {} } = options;
  for (const [name, value] of Object.entries({ output, feed })) {
    if (typeof value !== "string") refuse(where, name, "a name", value);
  }
  checkCount(`${where}: max`, max);
  checkRecord(where, "given", "values by name", given);
  if (typeof start !== "number") {
    checkNumbers(where, "start", start);
    if (start.length === 0) throw new RangeError(`${where}: start must have at least one number`);
  }
  if (end !== undefined && (!Number.isSafeInteger(end) || end < 0)) {
    throw new RangeError(`${where}: end must be an integer of at least 0, got ${describe(end)}`);
  }
}

/** The same example so many times. */
export function repeated(given: CallValues, times: number): Record<string, unknown> {
  const repeat = (list: ArrayLike<unknown>): unknown[] => Array.from({ length: times }, () => Array.from(list)).flat();
  const sizes = ([name, size]: [string, unknown]): [string, unknown] => {
    if (isRecord(size) && isList(size["each"])) return [name, { ...size, each: repeat(size["each"]) }];
    return [name, isList(size) ? repeat(size) : size];
  };
  const values = Object.entries(given).map(([name, value]): [string, unknown] => {
    if (name === "sizes" && isRecord(value)) return [name, Object.fromEntries(Object.entries(value).map(sizes))];
    return [name, isList(value) ? repeat(value) : value];
  });
  return { ...Object.fromEntries(values), batch: times };
}

/** Feeds a number to each example, and gives the scores `[batch, V]` of what comes next, which hold until the next step. */
export type NextScores = (tokens: ArrayLike<number>) => FloatArray;

/** Begins a stream of so many examples, and feeds it what it starts with, but for the last. */
export function beginDecoding(
  where: string,
  stream: DecodedStream,
  { output, feed, start }: DecodingOptions,
  given: CallValues,
  batch: number,
): { readonly next: NextScores; readonly last: number } {
  stream.reset(given);
  const next: NextScores = (tokens) => {
    const result = stream.step({ [feed]: Int32Array.from(tokens) });
    const scores = result[output];
    if (scores === undefined) {
      throw new TypeError(`${where}: there is no output ${describe(output)}; a step gives ${Object.keys(result).join(", ")}`); // prettier-ignore
    }
    if (scores.length % batch !== 0 || scores.length <= batch) {
      throw new TypeError(`${where}: ${output} must have a score of each number for each example, got ${scores.length} for ${batch}`); // prettier-ignore
    }
    return scores;
  };
  const all = typeof start === "number" ? [start] : Array.from(start);
  for (const token of all.slice(0, -1)) next(new Int32Array(batch).fill(token));
  return { next, last: all.at(-1)! };
}
