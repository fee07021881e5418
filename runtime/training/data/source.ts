/** Where examples come from. */
import { checkRecord } from "../../base/arguments.js";
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import { describe, isList, isRecord } from "../../base/options.js";
import type { ArrayNumbers, NpyArray } from "../../io/arrays/npy.js";
import type { Random } from "../../base/random.js";

/**
 * One example: each input of the network as a list of numbers, in the order of its axes. Sizes are told by lengths of lists; where these
 * do not tell them, `sizes` does, `{ W: 3, C: 5 }`.
 */
export type Example = Readonly<Record<string, ArrayLike<number> | Readonly<Record<string, number>>>>;

/** Examples by number. */
export interface DataSource {
  readonly count: number;
  /** What training that goes on must have had before: other data have another text. */
  readonly fingerprint: string;
  /** How long an example is, so that examples of like lengths come together and less is padded. */
  lengthOf?(index: number): number;
  /** Gives the same example for the same arguments. `random` is of this example in this epoch, for whoever varies examples. */
  read(index: number, random: Random): Example | Promise<Example>;
}

/** @throws TypeError unless it is a source with examples. */
export function checkSource(where: string, place: string, value: unknown): void {
  checkRecord(where, place, "a source of examples (from arrays, windows, …)", value);
  const { count, fingerprint, read } = value as Partial<DataSource>;
  if (typeof read !== "function" || typeof fingerprint !== "string") {
    throw new CallTypeError(`${where}: ${place} must be a source of examples, with \`read\` and \`fingerprint\``);
  }
  if (!Number.isSafeInteger(count) || count! < 1 || count! > 2 ** 31) {
    throw new CallRangeError(`${where}: ${place} must have 1 to 2^31 examples, got ${describe(count)}`);
  }
}

/** Numbers of all examples: a list for each, or an array of a file, `[examples, …]`. */
export type Columns = Readonly<Record<string, readonly (ArrayLike<number> | number)[] | NpyArray>>;

/**
 * Examples that are in memory: for every input a list that has its numbers for each example.
 *
 * @param columns Lists of one length, or what `readNpy` gave; a number alone is a list of one.
 * @throws TypeError where a column is no list; RangeError where lengths differ.
 * @example
 *     const data = arrays({ words: [[3, 1, 4], [1, 5]], gold: [[0, 0, 1], [1, 0]] });
 */
export function arrays(columns: Columns): DataSource {
  checkRecord("arrays", "the first argument", "lists by name", columns);
  return listed(
    Object.fromEntries(Object.entries(columns).map(([name, own]) => [name, isFileArray(own) ? rowsOf(own) : own])),
  );
}

type ListedColumns = Readonly<Record<string, readonly (ArrayLike<number> | number)[]>>;

function listed(columns: ListedColumns): DataSource {
  const names = Object.keys(columns);
  const [first] = names;
  if (first === undefined) throw new CallTypeError("arrays: there must be at least one column");
  for (const name of names) {
    const column: unknown = columns[name];
    if (!Array.isArray(column)) throw new CallTypeError(`arrays: ${name} must be an array, got ${describe(column)}`);
    if (column.length !== columns[first]!.length) {
      const lengths = `${first} has ${columns[first]!.length} examples, ${name} ${column.length}`;
      throw new CallRangeError(`arrays: columns must be of one length: ${lengths}`);
    }
    const wrong = column.findIndex((value) => typeof value !== "number" && !isList(value));
    if (wrong >= 0) {
      throw new CallTypeError(`arrays: ${name}[${wrong}] must be a list of numbers, got ${describe(column[wrong])}`);
    }
  }
  const examples = columns[first]!.map((_, i) =>
    Object.fromEntries(names.map((name) => [name, listOf(columns[name]![i]!)])),
  );
  const lengths = examples.map((example) => Math.max(...Object.values(example).map(({ length }) => length)));
  return {
    count: examples.length,
    fingerprint: `${examples.length} examples ${hashOf(names, examples)}`,
    lengthOf: (index) => lengths[index]!,
    read: (index) => examples[index]!,
  };
}

const listOf = (value: ArrayLike<number> | number): ArrayLike<number> => (typeof value === "number" ? [value] : value);

/** Is it an array with its shape, as files have it? */
export const isFileArray = (value: unknown): value is NpyArray =>
  isRecord(value) && Array.isArray(value["shape"]) && isList(value["values"]);

/** What it has along its first axis, each as one list. */
export function rowsOf({ shape, values }: NpyArray): ArrayNumbers[] {
  const [count = 1] = shape;
  const width = values.length / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

type Lists = Readonly<Record<string, ArrayLike<number>>>;

/** 32 bits that tell data apart, by FNV-1a; not for secrets. */
export function hashOf(names: readonly string[], examples: readonly Lists[]): string {
  const numbers = new Float64Array(1);
  const words = new Int32Array(numbers.buffer);
  let hash = 0x811c9dc5;
  const mix = (word: number): void => {
    hash = Math.imul(hash ^ (word & 0xffff), 0x01000193);
    hash = Math.imul(hash ^ (word >>> 16), 0x01000193);
  };
  for (const name of names) for (let i = 0; i < name.length; i++) mix(name.charCodeAt(i));
  for (const example of examples) {
    for (const name of names) {
      const list = example[name]!;
      mix(list.length);
      for (let i = 0; i < list.length; i++) {
        numbers[0] = list[i]!;
        mix(words[0]!);
        mix(words[1]!);
      }
    }
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}
