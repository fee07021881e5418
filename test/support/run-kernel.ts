/** Compiles entries to JavaScript kernels, runs them on padded batches, and gives the results back example by example. */
import { lookUp } from "../../compiler/base/at.js";
import { type BatchValue } from "../../compiler/ir/graph/evaluate.js";
import { tensor } from "../../compiler/ir/graph/tensor.js";
import { unpad } from "../../compiler/ir/graph/evaluate.js";
import type { GraphFunction, ValueId, ValueType } from "../../compiler/ir/graph/graph-function.js";
import { evaluateKernels } from "../../compiler/ir/kernel/evaluate.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import type { KernelPass } from "../../compiler/passes/kernel/kernel-pass.js";
import type { VectorTarget } from "../../compiler/passes/kernel/target.js";
import {
  type EntryName,
  entryOf,
  type EntryProgram,
  type ProgramEntry,
  ringEntries,
} from "../../compiler/program/entry.js";
import { type Dim, evaluateDim, TIME_SYMBOL } from "../../compiler/base/types/dim.js";
import type { Shape } from "../../compiler/base/types/shape.js";
import { isInternal, type Role, rowsName } from "../../compiler/program/roles.js";
import { rolesOf } from "./roles.js";
import {
  type ExampleSizes,
  flatten,
  randomInputs,
  randomSource,
  run,
  type Values,
  worstError,
} from "./evaluate-helpers.js";
import { lowerProgram, printJsKernels } from "./kernels.js";
import { cellAxes, extentsOf, type SizedAxis } from "../../compiler/base/types/call-axes.js";

type NumberArray = Float32Array | Float64Array | Int32Array;

export interface CompiledKernels {
  readonly buffers: Readonly<Record<string, NumberArray>>;
  readonly table: Int32Array;
  readonly [entry: string]: unknown;
}

/** Kernels as their evaluator runs them. */
export function evaluated(kernel: KernelProgram, padding: Padding): CompiledKernels {
  const { buffers, table, run } = evaluateKernels(kernel, padding);
  return { buffers, table, ...Object.fromEntries(kernel.functions.map(({ name }) => [name, () => run(name)])) };
}

export interface KernelFactory {
  readonly text: string;
  readonly kernel: KernelProgram;
  create(capacity: { batch: number; steps: number; sizes: Record<string, number> }): CompiledKernels;
  bytes(capacity: { batch: number; steps: number; sizes: Record<string, number> }): number;
}

export function compileKernels(
  program: EntryProgram,
  dtype: "f32" | "f64",
  runtimeDimensions: readonly string[] = [],
  passes: readonly KernelPass<VectorTarget>[] = [],
): KernelFactory {
  const kernel = lowerProgram(program, { runtimeDimensions, passes });
  const text = printJsKernels(kernel, dtype);
  const make = new Function(`"use strict";\n${text}\nreturn { create: createKernels, bytes: workspaceBytes };`);
  return { text, kernel, ...(make() as Pick<KernelFactory, "create" | "bytes">) };
}

/** The entry of this name. */
function entryNamed(name: EntryName): Omit<ProgramEntry, "fn"> {
  const none = { name: "", inputs: [], outputs: [], instructions: [], types: [], names: [], outputNames: [] };
  for (const of of ["forward", "initial"] as const) {
    for (const by of ["value", "gradient", "jvp", "hvp"] as const) {
      for (const streamed of [false, true]) {
        const entry = entryOf({ of, by, streamed }, none);
        if (entry.name === name && (by === "value" || !streamed)) return entry;
      }
    }
  }
  throw new Error(`no entry ${name}`);
}

/** One function as the entry `forward`; its inputs and outputs are the buffers of their names. */
export function programOf(fn: GraphFunction, entry: EntryName = "forward"): EntryProgram {
  return {
    axes: cellAxes([]),
    entries: new Map([[entry, { ...entryNamed(entry), oneOf: TIME_SYMBOL, fn }]]),
    roles: rolesOf(fn),
  };
}

export interface Padding {
  /** The sizes of the call: at least those of every example. */
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
  /** What kernels have for axes, in their order: the steps of a cell and then `sizes`, where left out. */
  readonly axes?: readonly SizedAxis[];
}

export const axesOf = ({ axes, sizes }: Padding): readonly SizedAxis[] => axes ?? cellAxes(Object.keys(sizes));
export const paddedSize = ({ steps, sizes }: Padding, { kind, name }: SizedAxis): number =>
  kind === "steps" ? steps : (sizes[name] as number);

/** A call of examples of these sizes, with those that follow from them. */
export function callOf(
  { axes, sizes: computed }: EntryProgram,
  given: ExampleSizes,
  extra: number,
): { readonly examples: ExampleSizes; readonly padding: Padding } {
  const list = computed?.list ?? [];
  const all = (own: ReadonlyMap<string, number>): Map<string, number> => {
    const found = new Map(own);
    for (const { symbol, dividend, divisor, isFloor } of list) {
      const quotient = evaluateDim(dividend, found) / evaluateDim(divisor, found);
      found.set(symbol, isFloor ? Math.floor(quotient) : quotient);
    }
    return found;
  };
  const examples = given.map(all);
  const largest = (symbol: string): number => Math.max(...examples.map((own) => own.get(symbol) ?? 0));
  const grown = all(new Map(axes.map(({ symbol }) => [symbol, largest(symbol) + extra])));
  for (const { symbol, grows } of list) if (!grows) grown.set(symbol, largest(symbol));
  const every: readonly SizedAxis[] = [...axes, ...list];
  const others = every.filter(({ kind }) => kind !== "steps");
  return {
    examples,
    padding: {
      batch: given.length,
      steps: grown.get(TIME_SYMBOL) ?? 0,
      sizes: Object.fromEntries(others.map(({ symbol, name }) => [name, lookUp(grown, symbol)])),
      axes: every,
    },
  };
}

/** The smallest sizes of a call that holds `examples`, each plus `extra`. */
export function paddingFor(examples: ExampleSizes, runtimeDimensions: readonly string[], extra = 0): Padding {
  const largest = (symbol: string) => Math.max(...examples.map((sizes) => sizes.get(symbol) ?? 0)) + extra;
  return {
    batch: examples.length,
    steps: largest("%T"),
    sizes: Object.fromEntries(runtimeDimensions.map((name) => [name, largest(name)])),
  };
}

/** Puts values into the buffers; everything else in per-example buffers, padding too, becomes NaN (or a large index). */
export function writeInputs(
  kernels: CompiledKernels,
  fn: GraphFunction,
  values: Values,
  examples: ExampleSizes,
  padding: Padding,
): void {
  for (const id of fn.inputs) {
    const name = fn.names[id] as string;
    const buffer = bufferOf(kernels, name);
    const value = values.get(name) as BatchValue;
    const type = fn.types[id] as ValueType;
    if ("shared" in value) {
      buffer.set(value.shared.data);
      continue;
    }
    buffer.fill(type.dtype === "index" ? 1e9 : NaN);
    const padded = paddedShape(type, padding);
    const stride = padded.reduce((product, n) => product * n, 1);
    for (const [b, { shape, data }] of value.examples.entries()) {
      data.forEach((x, position) => {
        buffer[b * stride + paddedOffset(shape, padded, position)] = x;
      });
    }
  }
  for (const axis of axesOf(padding)) {
    const list = bufferOf(kernels, extentsOf(axis)) as Int32Array;
    list.set(examples.map((sizes) => sizes.get(axis.symbol) ?? paddedSize(padding, axis)));
  }
}

export function callEntry(kernels: CompiledKernels, entry: string, padding: Padding): void {
  const axes = axesOf(padding);
  const sizes = [padding.batch, ...axes.map((axis) => paddedSize(padding, axis))];
  const lists = axes.map((axis) => kernels.buffers[extentsOf(axis)]);
  const full = lists.every((list, i) => list?.every((size) => size === sizes[i + 1]));
  kernels.table.set([...sizes, full ? 1 : 0, 1]);
  // States are given and read in their order.
  const entries = entry === "step" ? [ringEntries.take, entry, ringEntries.give] : [entry];
  for (const name of entries) (kernels[name] as (() => void) | undefined)?.();
}

/** Outputs by name; also checks that padding of outputs is zero, but of states, which keep in place what stood there. */
export function readOutputs(
  kernels: CompiledKernels,
  fn: GraphFunction,
  examples: ExampleSizes,
  padding: Padding,
  isShared = (name: string): boolean => name.split(".").includes("param"),
): Values {
  const given = new Set(fn.inputs.map((id) => fn.names[id]));
  return new Map(
    fn.outputNames.map((name, i): [string, BatchValue] => {
      const type = fn.types[fn.outputs[i] as ValueId] as ValueType;
      const buffer = bufferOf(kernels, name);
      const shapes = examples.map((sizes) => type.shape.map((dim) => evaluateDim(dim, sizes)));
      if (isShared(name)) {
        const shape = shapes[0] as number[];
        return [name, { shared: tensor(shape, buffer.subarray(0, size(shape))) }];
      }
      const padded = paddedShape(type, padding);
      if (!given.has(name)) checkZeros(name, buffer, padded, shapes);
      return [name, { examples: unpad(buffer, padded, shapes) }];
    }),
  );
}

function checkZeros(name: string, buffer: NumberArray, padded: readonly number[], shapes: readonly number[][]): void {
  const stride = size(padded);
  for (const [b, shape] of shapes.entries()) {
    const real = new Set<number>();
    for (let position = 0; position < size(shape); position++) real.add(paddedOffset(shape, padded, position));
    for (let offset = 0; offset < stride; offset++) {
      const x = buffer[b * stride + offset];
      if (!real.has(offset) && x !== 0) throw new Error(`padding of ${name} holds ${x} in example ${b}`);
    }
  }
}

function bufferOf(kernels: CompiledKernels, name: string): NumberArray {
  const buffer = kernels.buffers[name];
  if (buffer === undefined) throw new Error(`no buffer ${name}`);
  return buffer;
}

function paddedShape(type: ValueType, padding: Padding): number[] {
  const all = new Map(axesOf(padding).map((axis) => [axis.symbol, paddedSize(padding, axis)]));
  return type.shape.map((dim) => evaluateDim(dim, all));
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function paddedOffset(shape: readonly number[], padded: readonly number[], position: number): number {
  let offset = 0;
  let stride = 1;
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] as number;
    offset += (rest % n) * stride;
    rest = Math.floor(rest / n);
    stride *= padded[axis] as number;
  }
  return offset;
}

/** A gradient by rows as the shell shows it: rows at the places that the kernel lists, and zeros. */
function keepListedRows(
  kernels: CompiledKernels,
  gradient: string,
  [height, places]: readonly [height: number, places: Shape],
  examples: ExampleSizes,
  padding: Padding,
): void {
  const padded = paddedShape({ dtype: "index", shape: places, shared: false }, padding);
  const shapes = examples.map((sizes) => places.map((dim) => evaluateDim(dim, sizes)));
  const listed = new Set(unpad(bufferOf(kernels, rowsName(gradient)), padded, shapes).flatMap(({ data }) => [...data]));
  const table = bufferOf(kernels, gradient);
  const width = table.length / height;
  for (let row = 0; row < height; row++) if (!listed.has(row)) table.fill(0, row * width, (row + 1) * width);
}

/** Compiles and runs one function once. */
export function runFunction(
  fn: GraphFunction,
  values: Values,
  examples: ExampleSizes,
  options: {
    dtype: "f32" | "f64";
    runtimeDimensions: readonly string[];
    extra?: number;
    passes?: readonly KernelPass<VectorTarget>[];
  },
): { outputs: Values; text: string } {
  const factory = compileKernels(programOf(fn), options.dtype, options.runtimeDimensions, options.passes);
  const padding = paddingFor(examples, options.runtimeDimensions, options.extra ?? 0);
  const kernels = factory.create(padding);
  for (const [name, buffer] of Object.entries(kernels.buffers)) if (name.includes(".")) buffer.fill(NaN);
  writeInputs(kernels, fn, values, examples, padding);
  callEntry(kernels, "forward", padding);
  return { outputs: readOutputs(kernels, fn, examples, padding), text: factory.text };
}

function onlyVisible(fn: GraphFunction, isVisible: (name: string) => boolean): GraphFunction {
  const kept = fn.outputNames
    .map((name, i) => ({ name, id: fn.outputs[i] as ValueId }))
    .filter(({ name }) => isVisible(name));
  return {
    ...fn,
    inputs: fn.inputs.filter((id) => isVisible(fn.names[id] as string)),
    outputs: kept.map(({ id }) => id),
    outputNames: kept.map(({ name }) => name),
  };
}

/**
 * Runs every entry of a program on random values, in the program's order but what a stream computes of its contexts first, with the evaluator of graphs and as kernels.
 *
 * @param create JavaScript kernels of the program where left out
 * @returns the largest error of each result; throws where there is nothing to compare
 */
export function compareEntries(
  program: EntryProgram,
  given: ExampleSizes,
  options: { dtype: "f32" | "f64"; runtimeDimensions?: readonly string[]; indexBound?: number; seed?: number },
  create?: (padding: Padding) => CompiledKernels,
): Map<string, number> {
  const dimensions = options.runtimeDimensions ?? [];
  const axes = options.runtimeDimensions === undefined ? program.axes : cellAxes(dimensions);
  const random = randomSource(options.seed ?? 1);
  const { examples, padding } = callOf({ ...program, axes }, given, 1);
  const roleOf = (name: string): Role => lookUp(program.roles, name);
  const isShared = (name: string): boolean => roleOf(name).shared === true;
  /** Does the caller of a module see this buffer? */
  const isVisible = (name: string): boolean => !isInternal(roleOf(name));
  const make = create ?? ((sizes) => compileKernels(program, options.dtype, dimensions).create(sizes));
  const kernels = make(padding);
  for (const [name, buffer] of Object.entries(kernels.buffers)) if (name.includes(".")) buffer.fill(NaN);
  const known: Values = new Map();
  const errors = new Map<string, number>();
  let compared = 0;
  const entries = [...program.entries.values()];
  const isFirst = ({ of }: ProgramEntry): boolean => of === "contexts";
  for (const { name: entry, adds, fn } of [...entries.filter(isFirst), ...entries.filter((one) => !isFirst(one))]) {
    const values = randomInputs(fn, examples, random, known, options.indexBound ?? 2);
    for (const id of fn.inputs) {
      const name = fn.names[id] as string;
      known.set(name, values.get(name) as BatchValue);
    }
    const visible = onlyVisible(program.sizes?.inFunction(fn) ?? fn, isVisible);
    writeInputs(kernels, visible, values, examples, padding);
    // Who calls kernels clears what they add to, and gradients that they make by rows.
    for (const name of visible.outputNames) if (adds || program.rows?.has(name) === true) kernels.buffers[name]?.fill(0); // prettier-ignore
    callEntry(kernels, entry, padding);
    for (const [i, name] of visible.outputNames.entries()) {
      const places = program.rows?.get(name);
      if (places === undefined) continue;
      const [height] = (fn.types[visible.outputs[i] as ValueId] as ValueType).shape;
      keepListedRows(kernels, name, [evaluateDim(height as Dim, new Map()), places], examples, padding);
    }
    const actual = readOutputs(kernels, visible, examples, padding, isShared);
    for (const [name, value] of run(fn, values, examples)) {
      if (roleOf(name).streamed !== true || !isVisible(name)) known.set(name, value);
      if (!isVisible(name)) continue;
      const got = actual.get(name);
      if (got === undefined) throw new Error(`kernels give no ${name}`);
      // A value that is the same for all examples may lie in a buffer that has a place for each.
      const repeated = "shared" in value && !("shared" in got) ? { examples: examples.map(() => value.shared) } : value;
      const wanted = flatten(repeated);
      compared += wanted.filter((x) => Number.isFinite(x)).length;
      errors.set(`${entry} ${name}`, worstError(flatten(got), wanted));
    }
  }
  if (compared === 0) throw new Error("no result has a finite number to compare");
  return errors;
}
