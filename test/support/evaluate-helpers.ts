/** Running graph functions on random values, by the names of their inputs and outputs. */
import { type BatchValue, evaluateFunction } from "../../compiler/ir/graph/evaluate.js";
import { type Tensor, zeros } from "../../compiler/ir/graph/tensor.js";
import type { GraphFunction, ValueId, ValueType } from "../../compiler/ir/graph/graph-function.js";
import { evaluateDim } from "../../compiler/base/types/dim.js";

export type Values = Map<string, BatchValue>;
export type ExampleSizes = readonly ReadonlyMap<string, number>[];

/** A small generator for tests: mulberry32, uniform in [0, 1). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random values for every input of `fn` that `known` does not have; indices below `indexBound`. */
export function randomInputs(
  fn: GraphFunction,
  sizes: ExampleSizes,
  random: () => number,
  known: Values = new Map(),
  indexBound = 2,
): Values {
  const result: Values = new Map(known);
  for (const id of fn.inputs) {
    const name = fn.names[id] as string;
    if (result.has(name)) continue;
    const type = fn.types[id] as ValueType;
    const make = (own: ReadonlyMap<string, number>): Tensor => {
      const tensor = zeros(type.shape.map((dim) => evaluateDim(dim, own)));
      for (let i = 0; i < tensor.data.length; i++) {
        tensor.data[i] = type.dtype === "real" ? 2 * random() - 1 : Math.floor(random() * indexBound);
      }
      return tensor;
    };
    result.set(name, type.shared ? { shared: make(sizes[0] as Map<string, number>) } : { examples: sizes.map(make) });
  }
  return result;
}

/** Outputs by name. */
export function run(fn: GraphFunction, values: Values, sizes: ExampleSizes): Values {
  const inputs = fn.inputs.map((id: ValueId) => {
    const value = values.get(fn.names[id] as string);
    if (value === undefined) throw new Error(`no value for ${fn.names[id] ?? String(id)} of ${fn.name}`);
    return value;
  });
  const outputs = evaluateFunction(fn, inputs, sizes);
  return new Map(fn.outputNames.map((name, i) => [name, outputs[i] as BatchValue]));
}

export function tensorsOf(value: BatchValue): readonly Tensor[] {
  return "shared" in value ? [value.shared] : value.examples;
}

/** All numbers of a value, example after example. */
export function flatten(value: BatchValue): number[] {
  return tensorsOf(value).flatMap((tensor) => [...tensor.data]);
}

/**
 * All numbers of a value by its name. What is not one for all examples by what it is counts as every example's own, also where
 * all have the same.
 */
export function numbersOf(
  values: Values,
  name: string,
  sizes: ExampleSizes,
  isShared: (name: string) => boolean = () => false,
): number[] {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value ${name}`);
  const isRepeated = "shared" in value && !isShared(name);
  return flatten(isRepeated ? { examples: sizes.map(() => value.shared) } : value);
}

/** Largest |a-b| / max(1, |b|); NaN agrees with NaN only. */
export function worstError(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (const [i, expected] of b.entries()) {
    const actual = a[i] as number;
    if (Object.is(actual, expected) || actual === expected) continue;
    const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  return worst;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers times ${b.length}`);
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}

/** `base + step * direction`, value by value; values without a direction stay. */
export function move(base: Values, direction: Values, step: number): Values {
  const moved: Values = new Map();
  for (const [name, value] of base) {
    const along = direction.get(name);
    if (along === undefined) {
      moved.set(name, value);
      continue;
    }
    const directions = tensorsOf(along);
    const tensors = tensorsOf(value).map((tensor, b) => ({
      shape: tensor.shape,
      data: tensor.data.map((x, i) => x + step * (directions[b]?.data[i] as number)),
    }));
    moved.set(name, "shared" in value ? { shared: tensors[0] as Tensor } : { examples: tensors });
  }
  return moved;
}
