/** What differs between two files of weights. */
import type { WeightsFile } from "./read-weights.js";
import { numbersIn } from "./inspect-weights.js";

export interface WeightsDifference {
  /** Names that only one of them has, in its order. */
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
  readonly shapes: readonly {
    readonly name: string;
    readonly first: readonly number[];
    readonly second: readonly number[];
  }[];
  /** Of the same name and shape, and not all the same. */
  readonly numbers: readonly NumbersDifference[];
  /** How many tensors are the same to the last bit, but for their types. */
  readonly same: number;
  /** The largest difference of all, 0 where all that can be compared is the same, and NaN where only one of two numbers is NaN. */
  readonly largest: number;
}

interface NumbersDifference {
  readonly name: string;
  /** How many of its numbers differ, and out of how many. */
  readonly count: number;
  readonly of: number;
  /** The largest difference, and the place of it. NaN where one of the two is NaN. */
  readonly largest: number;
  readonly at: readonly number[];
  readonly first: number;
  readonly second: number;
}

export function compareWeights(first: WeightsFile, second: WeightsFile): WeightsDifference {
  const [a, b] = [first.tensors, second.tensors];
  const shapes: { name: string; first: readonly number[]; second: readonly number[] }[] = [];
  const numbers: NumbersDifference[] = [];
  let same = 0;
  for (const [name, tensor] of a) {
    const other = b.get(name);
    if (other === undefined) continue;
    if (tensor.shape.join() !== other.shape.join()) {
      shapes.push({ name, first: tensor.shape, second: other.shape });
      continue;
    }
    const values = [numbersIn(tensor) ?? tensor.bytes, numbersIn(other) ?? other.bytes] as const;
    const found = compareNumbers(name, tensor.shape, ...values);
    if (found === undefined) same++;
    else numbers.push(found);
  }
  return {
    onlyFirst: [...a.keys()].filter((name) => !b.has(name)),
    onlySecond: [...b.keys()].filter((name) => !a.has(name)),
    shapes,
    numbers,
    same,
    largest: numbers.reduce((most, { largest }) => (largest > most || Number.isNaN(largest) ? largest : most), 0),
  };
}

/** Undefined where all are the same; NaN is the same as NaN, and 0 as -0. */
function compareNumbers(
  name: string,
  shape: readonly number[],
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): NumbersDifference | undefined {
  let [count, largest, place] = [0, 0, -1];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    const [x, y] = [first[i] ?? NaN, second[i] ?? NaN];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    count++;
    const difference = Math.abs(x - y);
    if (place >= 0 && !(rankOf(difference) > rankOf(largest))) continue;
    [largest, place] = [difference, i];
  }
  if (place < 0) return undefined;
  return {
    name,
    count,
    of: first.length,
    largest,
    at: placeIn(shape, place),
    first: first[place]!,
    second: second[place]!,
  };
}

/** A number beside NaN differs more than any other. */
const rankOf = (difference: number): number => (Number.isNaN(difference) ? Infinity : difference);

function placeIn(shape: readonly number[], index: number): number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}
