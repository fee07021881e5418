/**
 * What a call of a module draws, computed beside the module: for those who evaluate its equations themselves. The rules are in
 * spec/module-abi.md; the shell of modules has its own way of following them.
 */
import type { Manifest, RandomEntry } from "../../../runtime/module/manifest.js";
import { threefry, type TwoWords } from "../../../runtime/base/threefry.js";
import { type CallExtents, countNumbers, partShape } from "./sizes.js";

const uniform = (word: number): number => (2 * (word >>> 9) + 1) / 2 ** 24;

/** The natural logarithm on (0, 1) as the shell of modules has it, bit for bit: `Math.log` differs from host to host. */
function logarithm(value: number): number {
  let exponent = 0;
  let mantissa = value;
  for (; mantissa < 0.7; mantissa *= 2) exponent -= 1;
  const z = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let power = 23; power > 0; power -= 2) series = series * z * z + 1 / power;
  return exponent * 0.6931471805599453 + 2 * z * series;
}

/** Two, by a point in the unit disc; a point outside of it leads to the next. */
function normals(key: TwoWords, start: TwoWords): TwoWords {
  const [u, v] = start.map((word) => word / 2 ** 31) as [number, number];
  const square = u * u + v * v;
  if (square === 0 || square >= 1) return normals(key, threefry(key, start));
  const factor = Math.sqrt((-2 * logarithm(square)) / square);
  return [Math.fround(u * factor), Math.fround(v * factor)];
}

/** By what a call draws. */
interface DrawnBy {
  readonly seed: number;
  /** The states that count steps, `[B]`, by name; those that are missing begin at 0. */
  readonly counters: Readonly<Record<string, ArrayLike<number>>>;
}

/** The numbers of a training call, `[B, …]` with padding, by name. */
export function drawnNumbers(
  { random = [] }: Pick<Manifest, "random">,
  call: CallExtents,
  by: DrawnBy,
): ReadonlyMap<string, Float64Array> {
  return new Map(random.map((entry) => [entry.name, numbersOf(entry, call, by)]));
}

function numbersOf(entry: RandomEntry, call: CallExtents, { seed, counters }: DrawnBy): Float64Array {
  const { name, law, counter, axes, shape } = entry;
  const sizes = partShape(entry, call);
  const known = [...axes.slice(1), ...shape].findLastIndex((size) => typeof size === "string") + 1;
  const width = sizes.slice(known).reduce((product, size) => product * size, 1);
  const values: number[] = [];
  const row = (key: TwoWords, place: number): void => {
    for (let j = 0; j < width; j += 2) {
      const words = threefry(key, [j / 2, place]);
      const pair = law === "normal" ? normals(key, words) : words.map(uniform);
      values.push(...pair.slice(0, width - j));
    }
  };
  const walk = (axis: number, key: TwoWords, first: number): void => {
    const count = axis < known ? (sizes[axis] as number) : 1;
    for (let i = 0; i < count; i++) {
      const place = (first + i) % 2 ** 24;
      if (axis < known - 1) walk(axis + 1, threefry(key, [place, 3]), 0);
      else row(key, place);
    }
  };
  let key = threefry([seed | 0, Math.floor(seed / 2 ** 32)], [0, 0]);
  for (const character of Array.from({ length: name.length }, (_, i) => name.charCodeAt(i)))
    key = threefry(key, [character, 1]);
  for (const [b, { number = b }] of call.examples.entries()) {
    walk(0, threefry(key, [number, 2]), counter === undefined ? 0 : (counters[counter]?.[b] ?? 0));
  }
  return Float64Array.from(values.slice(0, countNumbers(entry, call)));
}

/** The numbers of the examples of a call. */
const exampleNumbers = ({ examples }: CallExtents): number[] => examples.map(({ number }, b) => number ?? b);

/** What calls that train take besides tensors, where the module draws. */
export const drawOptions = (
  { random = [] }: Pick<Manifest, "random">,
  call: CallExtents,
  seed: number,
): Readonly<Record<string, unknown>> =>
  random.length === 0 ? {} : { seed, train: true, examples: exampleNumbers(call) };
