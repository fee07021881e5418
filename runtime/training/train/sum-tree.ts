/**
 * Adds up the gradients of the shards of a batch in one order, whoever computes them and when: a binary tree over their numbers, from the
 * left, ((0, 1), (2, 3)), …, where one that is left over moves up. As floats are rounded, another order would give other bits.
 */
import type { FloatArray, TensorRecord } from "../../module/compiled-module.js";

export interface SumTree {
  /** The next shard's gradients, which are copied. */
  add(gradients: TensorRecord): void;
  /** The sum of all since the last one, as arrays that hold until the next `add`. */
  finish(): TensorRecord;
}

/** @param like Arrays of the names that count. */
export function createSumTree(like: TensorRecord): SumTree {
  const names = Object.keys(like);
  /** What the subtrees that wait for their right half add up to, the largest first: there is one for each bit of the count. */
  const waiting: TensorRecord[] = [];
  const free: TensorRecord[] = [];
  let count = 0;
  const copy = (from: TensorRecord): TensorRecord => {
    const to = free.pop() ?? Object.fromEntries(names.map((name) => [name, like[name]!.slice()]));
    for (const name of names) to[name]!.set(from[name]!);
    return to;
  };
  const addTo = (to: TensorRecord, from: TensorRecord): void => {
    for (const name of names) addArrays(to[name]!, from[name]!);
  };
  /** The last subtree is whole: it goes into the one before. */
  const join = (): void => {
    const right = waiting.pop()!;
    addTo(waiting.at(-1)!, right);
    free.push(right);
  };
  return {
    add(gradients) {
      count++;
      if (count % 2 === 1) {
        waiting.push(copy(gradients));
        return;
      }
      addTo(waiting.at(-1)!, gradients);
      for (let pairs = count / 2; pairs % 2 === 0; pairs /= 2) join();
    },
    finish() {
      while (waiting.length > 1) join();
      const [sum] = waiting.splice(0, 1);
      count = 0;
      free.push(sum!);
      return sum!;
    },
  };
}

function addArrays(to: FloatArray, from: FloatArray): void {
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
}
