/**
 * Adds up the gradients of the shards of a batch in one order, whoever computes them and when: a binary tree over their numbers, from the
 * left, ((0, 1), (2, 3)), …, where one that is left over moves up. As floats are rounded, another order would give other bits.
 */
import type { FloatArray, GradientRows, SparseRecord } from "../module/compiled-module.js";
import type { GradientPart } from "./task.js";

export interface SumTree {
  /** The next shard's gradients, which are copied. */
  add(gradients: SparseRecord): void;
  /** The sum of all since the last one, as arrays that hold until the next `add`. */
  finish(): SparseRecord;
}

/** What is added up. */
export interface Summed extends GradientPart {
  /** An array of its length and type. */
  readonly like: FloatArray;
}

/** The gradient of one param in a subtree. */
interface ParamSum {
  set(from: FloatArray | GradientRows): void;
  add(from: FloatArray | GradientRows): void;
  value(): FloatArray | GradientRows;
}

type Subtree = ReadonlyMap<string, ParamSum>;

export function createSumTree(params: readonly Summed[]): SumTree {
  /** What the subtrees that wait for their right half add up to, the largest first: there is one for each bit of the count. */
  const waiting: Subtree[] = [];
  const free: Subtree[] = [];
  let count = 0;
  const make = (): Subtree =>
    new Map(params.map(({ name, like, width }) => [name, width === undefined ? wholeSum(like) : rowSum(like, width)]));
  const copy = (from: SparseRecord): Subtree => {
    const to = free.pop() ?? make();
    for (const [name, sum] of to) sum.set(from[name]!);
    return to;
  };
  /** The last subtree is whole: it goes into the one before. */
  const join = (): void => {
    const right = waiting.pop()!;
    for (const [name, sum] of waiting.at(-1)!) sum.add(right.get(name)!.value());
    free.push(right);
  };
  return {
    add(gradients) {
      count++;
      if (count % 2 === 1) {
        waiting.push(copy(gradients));
        return;
      }
      for (const [name, sum] of waiting.at(-1)!) sum.add(gradients[name]!);
      for (let pairs = count / 2; pairs % 2 === 0; pairs /= 2) join();
    },
    finish() {
      while (waiting.length > 1) join();
      const [sum] = waiting.splice(0, 1);
      count = 0;
      free.push(sum!);
      return Object.fromEntries([...sum!].map(([name, own]) => [name, own.value()]));
    },
  };
}

function wholeSum(like: FloatArray): ParamSum {
  const total = like.slice();
  return {
    set: (from) => total.set(from as FloatArray),
    add: (from) => addArrays(total, 0, from as FloatArray),
    value: () => total,
  };
}

/** Rows in the order in which they came first: so the cost is that of the rows, and not of the table. */
function rowSum(like: FloatArray, width: number): ParamSum {
  /** Where each row of the table is among those that came; -1 where it did not come. */
  const places = new Int32Array(like.length / width).fill(-1);
  let rows = new Int32Array(0);
  let values = like.slice(0, 0);
  let count = 0;
  const grow = (): void => {
    const room = Math.min(places.length, Math.max(16, 2 * rows.length));
    const [oldRows, oldValues] = [rows, values];
    rows = new Int32Array(room);
    values = like.slice(0, room * width);
    rows.set(oldRows);
    values.set(oldValues);
  };
  const add = (from: FloatArray | GradientRows): void => {
    const { rows: own, values: added } = from as GradientRows;
    own.forEach((row, k) => {
      const part = added.subarray(k * width, (k + 1) * width);
      if (places[row]! >= 0) {
        addArrays(values, places[row]! * width, part);
        return;
      }
      if (count === rows.length) grow();
      places[row] = count;
      rows[count] = row;
      values.set(part, count * width);
      count++;
    });
  };
  return {
    set(from) {
      for (let k = 0; k < count; k++) places[rows[k]!] = -1;
      count = 0;
      add(from);
    },
    add,
    value: () => ({ rows: rows.subarray(0, count), values: values.subarray(0, count * width) }),
  };
}

function addArrays(to: FloatArray, at: number, from: FloatArray): void {
  for (let i = 0; i < from.length; i++) to[at + i]! += from[i]!;
}
