/** Examples as a call takes them: sizes told by their lists, and a batch of them in padded tensors. */
import { refuse } from "../../base/arguments.js";
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import type { FloatArray } from "../../module/compiled-module.js";
import { inputsOfExample, leastOf, meetsCondition, namedAxes, sizeOfAxis } from "../../module/axes.js";
import type { InputEntry, Manifest } from "../../module/manifest.js";
import { describe, isList, isRecord, ownValue } from "../../base/options.js";
import type { Example } from "../data/source.js";

type Sizes = Readonly<Record<string, number>>;

export interface SizedExample {
  readonly lists: readonly ArrayLike<number>[];
  readonly sizes: Sizes;
}

export interface BatchPacker {
  /** @throws TypeError or RangeError that names the example and the input where it does not fit the network. */
  size(example: Example, label: string): SizedExample;
  /**
   * So many elements of an example along an axis, from one on.
   *
   * @throws RangeError where the network would not take an example of that size.
   */
  cut(example: SizedExample, axis: string, from: number, entries: number, label: string): SizedExample;
  /** The values of a call: inputs padded to the largest example, and the sizes of each. */
  pack(examples: readonly SizedExample[]): Record<string, unknown>;
}

export function createPacker(manifest: Manifest): BatchPacker {
  const { axes, dtype } = manifest;
  const inputs = inputsOfExample(manifest);
  const named = namedAxes(manifest);
  const computed = axes.flatMap(({ name, size, largest }) => (size === undefined ? [] : [{ name, size, largest }]));
  const names = inputs.map(({ name }) => name);
  const complete = (sizes: Sizes): Record<string, number> => {
    const all = { ...sizes };
    for (const { name, size } of computed) all[name] = sizeOfAxis(size, (axis) => all[axis] ?? NaN);
    return all;
  };
  return {
    size(example, label) {
      if (!isRecord(example)) refuse(label, "it", "an object with a list for each input", example);
      const unknown = Object.keys(example).find((name) => name !== "sizes" && !names.includes(name));
      if (unknown !== undefined) {
        throw new CallTypeError(`${label}: unknown name ${unknown}; expected ${[...names, "sizes"].join(", ")}`);
      }
      const lists = names.map((name) => listAt(example, name, label));
      const known = knownSizes(example, named, label);
      inferSizes(inputs, lists, known, complete);
      const open = named.find((name) => known[name] === undefined);
      if (open !== undefined) refuseOpen(open, inputs, lists, complete(known), label);
      const sizes = complete(known);
      checkSizes(manifest, sizes, label);
      inputs.forEach((input, i) => checkList(input, lists[i]!, sizes, named, label));
      return { lists, sizes };
    },
    cut({ lists, sizes: whole }, axis, from, entries, label) {
      const sizes = complete({ ...whole, [axis]: entries });
      checkSizes(manifest, sizes, label);
      const cut = inputs.map(({ shape }, i) => {
        if (shape[0] !== axis) return lists[i]!;
        const width = product(shape.slice(1), sizes);
        return Array.prototype.slice.call(lists[i]!, from * width, (from + entries) * width) as number[];
      });
      return { lists: cut, sizes };
    },
    pack(examples) {
      const largest = (name: string): number => Math.max(...examples.map(({ sizes }) => sizes[name]!));
      const padded = complete(Object.fromEntries(named.map((name) => [name, largest(name)])));
      for (const { name, largest: isLargest } of computed) {
        padded[name] = isLargest ? largest(name) : Math.max(0, Math.ceil(padded[name]!));
      }
      const values: Record<string, unknown> = { batch: examples.length };
      if (named.length > 0) {
        values["sizes"] = Object.fromEntries(named.map((name) => [name, examples.map(({ sizes }) => sizes[name]!)]));
      }
      inputs.forEach((input, i) => {
        values[input.name] = padTensor(input, dtype, examples, i, padded);
      });
      return values;
    },
  };
}

function listAt(example: Example, name: string, label: string): ArrayLike<number> {
  const list = ownValue(example, name);
  if (list === undefined) throw new CallTypeError(`${label}: ${name} is missing`);
  if (typeof list === "number") return [list];
  if (!isList(list)) throw new CallTypeError(`${label}: ${name} must be a list of numbers, got ${describe(list)}`);
  if (Array.isArray(list)) checkNumbers(list, name, label);
  return list as ArrayLike<number>;
}

/** Typed arrays would make numbers of texts, and 0 of null. */
function checkNumbers(list: readonly unknown[], name: string, label: string): void {
  const wrong = list.findIndex((value) => typeof value !== "number");
  if (wrong < 0) return;
  const help = isList(list[wrong]) ? "; the rows of an input stand in one list, one after the other" : "";
  throw new CallTypeError(`${label}: ${name}[${wrong}] must be a number, got ${describe(list[wrong])}${help}`);
}

function knownSizes({ sizes = {} }: Example, named: readonly string[], label: string): Record<string, number> {
  if (!isRecord(sizes)) throw new CallTypeError(`${label}: sizes must be an object, got ${describe(sizes)}`);
  for (const name of Object.keys(sizes)) {
    if (!named.includes(name)) throw new CallTypeError(`${label}: sizes.${name} is the size of nothing`);
    const size = sizes[name];
    if (Number.isSafeInteger(size) && (size as number) >= 0) continue;
    throw new CallRangeError(`${label}: sizes.${name} must be an integer of at least 0, got ${describe(size)}`);
  }
  return { ...(sizes as Sizes) };
}

/** Of a shape: the one size that is not known, and what the others come to; undefined where several are unknown, or none. */
function openSize({ shape }: InputEntry, sizes: Sizes): { readonly name: string; readonly rest: number } | undefined {
  const isOpen = (size: number | string): boolean => typeof size === "string" && !(sizes[size]! >= 0);
  const [name, ...others] = shape.filter(isOpen);
  if (typeof name !== "string" || others.length > 0) return undefined;
  return { name, rest: product(shape.filter((size) => !isOpen(size)), sizes) }; // prettier-ignore
}

/** The one size that is not known of an input follows from the length of its list; so, one after the other, do others. */
function inferSizes(
  inputs: readonly InputEntry[],
  lists: readonly ArrayLike<number>[],
  known: Record<string, number>,
  complete: (sizes: Sizes) => Sizes,
): void {
  for (let isNew = true; isNew;) {
    isNew = false;
    inputs.forEach((input, i) => {
      const all = complete(known);
      const open = openSize(input, all);
      // One that follows from others, which are not known yet.
      if (open === undefined || Object.hasOwn(all, open.name)) return;
      const size = lists[i]!.length / open.rest;
      if (!Number.isInteger(size)) return;
      known[open.name] = size;
      isNew = true;
    });
  }
}

/** @throws RangeError where a list tells the size but for its length, which does not divide; TypeError where none does. */
function refuseOpen(
  name: string,
  inputs: readonly InputEntry[],
  lists: readonly ArrayLike<number>[],
  sizes: Sizes,
  label: string,
): never {
  for (const [i, input] of inputs.entries()) {
    const open = openSize(input, sizes);
    const { length } = lists[i]!;
    if (open?.name !== name || length === 0) continue;
    throw new CallRangeError(
      `${label}: ${input.name} must have shape [${input.shape.join(", ")}], whose length is a multiple of ${open.rest}; got ${length}`,
    );
  }
  throw new CallTypeError(`${label}: nothing tells the size of ${name}; give it as \`sizes: { ${name}: … }\``);
}

/** @throws RangeError where the module would not take an example of these sizes. */
function checkSizes({ axes, requires = [] }: Manifest, sizes: Sizes, label: string): void {
  const given = axes.filter(({ option }) => option === "sizes");
  for (const axis of given) {
    const size = sizes[axis.name]!;
    if (size >= leastOf(axis)) continue;
    throw new CallRangeError(`${label}: ${axis.name} must be at least ${leastOf(axis)}, and is ${size}`);
  }
  const told = given.map(({ name }) => `${name} ${sizes[name]}`).join(", ");
  for (const condition of requires) {
    if (meetsCondition(condition, (axis) => sizes[axis]!)) continue;
    const { kind, text, equation } = condition;
    const demand = `${text} must ${kind === "whole" ? "be whole" : "hold"}${equation === undefined ? "" : ` in ${equation}`}`;
    throw new CallRangeError(`${label}: ${demand}; it has ${told}`);
  }
  for (const { name, size } of axes) {
    const value = sizes[name]!;
    if (size === undefined || (Number.isInteger(value) && value >= 0)) continue;
    throw new CallRangeError(
      `${label}: the size ${name} must be a whole number from 0 on, and is ${value}; it has ${told}`,
    );
  }
}

function checkList(
  { name, shape, dtype, bound: own = 0 }: InputEntry,
  list: ArrayLike<number>,
  sizes: Sizes,
  named: readonly string[],
  label: string,
): void {
  const wanted = product(shape, sizes);
  if (list.length !== wanted) {
    const told = named.map((axis) => `${axis} = ${sizes[axis]}`).join(", ");
    const form = `[${shape.join(", ")}]${told === "" ? "" : ` with ${told}`}`;
    throw new CallRangeError(`${label}: ${name} must have shape ${form}, that is length ${wanted}; got ${list.length}`);
  }
  const bound = typeof own === "number" ? own : (sizes[own] ?? 0);
  for (let i = 0; dtype === "index" && i < list.length; i++) {
    const index = list[i]!;
    if (Number.isInteger(index) && index >= 0 && index < bound) continue;
    throw new CallRangeError(
      `${label}: ${name}[${i}] must be an integer from 0 to ${bound - 1}, got ${describe(index)}`,
    );
  }
}

const product = (shape: readonly (number | string)[], sizes: Sizes): number =>
  shape.reduce<number>((count, size) => count * (typeof size === "number" ? size : (sizes[size] ?? NaN)), 1);

/** `[B, …]` with every example in its corner. */
function padTensor(
  { shape, dtype: kind }: InputEntry,
  dtype: Manifest["dtype"],
  examples: readonly SizedExample[],
  place: number,
  padded: Sizes,
): FloatArray | Int32Array {
  const sizesOf = (sizes: Sizes): number[] => shape.map((size) => (typeof size === "number" ? size : sizes[size]!));
  const room = sizesOf(padded);
  const width = room.reduce((count, size) => count * size, 1);
  const Numbers = kind === "index" ? Int32Array : dtype === "f32" ? Float32Array : Float64Array;
  const tensor = new Numbers(examples.length * width);
  examples.forEach(({ lists, sizes }, b) => copyPadded(tensor, b * width, room, lists[place]!, sizesOf(sizes)));
  return tensor;
}

function copyPadded(
  to: FloatArray | Int32Array,
  start: number,
  room: readonly number[],
  list: ArrayLike<number>,
  sizes: readonly number[],
): void {
  // Axes behind the last one that is padded lie together.
  const last = sizes.findLastIndex((size, axis) => size !== room[axis]);
  if (last < 0) {
    to.set(list, start);
    return;
  }
  const inner = (of: readonly number[], axis: number): number => of.slice(axis + 1).reduce((n, size) => n * size, 1);
  const run = sizes[last]! * inner(sizes, last);
  const rows = sizes.slice(0, last).reduce((n, size) => n * size, 1);
  for (let row = 0; row < rows; row++) {
    let at = start;
    for (let axis = last - 1, rest = row; axis >= 0; rest = Math.floor(rest / sizes[axis]!), axis--) {
      at += (rest % sizes[axis]!) * inner(room, axis);
    }
    for (let i = 0; i < run; i++) to[at + i] = list[row * run + i]!;
  }
}
