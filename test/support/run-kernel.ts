/** Compiles entries to JavaScript kernels, runs them on padded batches, and gives the results back example by example. */
import { lookUp } from "../../compiler/base/at.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";
import { evaluateDim, TIME_SYMBOL } from "../../compiler/base/types/dim.js";
import type { BatchValue } from "../../compiler/ir/graph/evaluate.js";
import type { GraphFunction, ValueId, ValueType } from "../../compiler/ir/graph/graph-function.js";
import { elementCount } from "../../compiler/ir/graph/tensor.js";
import { evaluateKernels } from "../../compiler/ir/kernel/evaluate.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import type { KernelPass } from "../../compiler/passes/kernel/kernel-pass.js";
import type { VectorTarget } from "../../compiler/passes/kernel/target.js";
import { type EntryName, entryOf, type EntryProgram, type ProgramEntry } from "../../compiler/program/entry.js";
import { isInternal, type Role } from "../../compiler/program/base/roles.js";
import {
  bufferOf,
  callEntry,
  callOf,
  entriesInOrder,
  type KernelBuffers,
  type PaddedCall,
  paddedOffset,
  paddedShape,
  type Padding,
  readOutputs,
  runEntry,
  type RunKernels,
  visiblePart,
  writeInputs,
} from "../../compiler/tools/calls/padded-kernels.js";
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
import { rolesOf, sharedIn } from "./roles.js";

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
export function entryNamed(name: EntryName): Omit<ProgramEntry, "fn"> {
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

/** The smallest sizes of a call that holds `examples`, each plus `extra`. */
export function paddingFor(examples: ExampleSizes, runtimeDimensions: readonly string[], extra = 0): Padding {
  const largest = (symbol: string) => Math.max(...examples.map((sizes) => sizes.get(symbol) ?? 0)) + extra;
  return {
    batch: examples.length,
    steps: largest("%T"),
    sizes: Object.fromEntries(runtimeDimensions.map((name) => [name, largest(name)])),
  };
}

/** Outputs by name; also checks that padding of outputs is zero, but of states, which keep in place what stood there. */
export function readChecked(
  buffers: KernelBuffers,
  fn: GraphFunction,
  call: PaddedCall,
  isShared: (name: string) => boolean,
): Values {
  const given = new Set(fn.inputs.map((id) => fn.names[id]));
  for (const [i, name] of fn.outputNames.entries()) {
    if (isShared(name) || given.has(name)) continue;
    const { shape } = fn.types[fn.outputs[i] as ValueId] as ValueType;
    const shapes = call.examples.map((sizes) => shape.map((dim) => evaluateDim(dim, sizes)));
    checkZeros(name, bufferOf(buffers, name), paddedShape(shape, call.padding), shapes);
  }
  return readOutputs(buffers, fn, call, isShared);
}

function checkZeros(name: string, buffer: NumberArray, padded: readonly number[], shapes: readonly number[][]): void {
  const stride = elementCount(padded);
  for (const [b, shape] of shapes.entries()) {
    const real = new Set<number>();
    for (let position = 0; position < elementCount(shape); position++) real.add(paddedOffset(shape, padded, position));
    for (let offset = 0; offset < stride; offset++) {
      const x = buffer[b * stride + offset];
      if (!real.has(offset) && x !== 0) throw new Error(`padding of ${name} holds ${x} in example ${b}`);
    }
  }
}

/** Fills all buffers but those of sizes, which have no roles, so that what an entry reads before it is written is seen. */
export function spoil(buffers: KernelBuffers, { roles }: Pick<EntryProgram, "roles">): void {
  for (const [name, buffer] of Object.entries(buffers)) if (roles.has(name)) buffer.fill(NaN);
}

/** As what calls kernels takes them. */
export const callable = (kernels: CompiledKernels): RunKernels => ({
  buffers: kernels.buffers,
  table: kernels.table,
  run: (name) => (kernels[name] as (() => void) | undefined)?.(),
});

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
  const program = programOf(fn);
  const factory = compileKernels(program, options.dtype, options.runtimeDimensions, options.passes);
  const padding = paddingFor(examples, options.runtimeDimensions, options.extra ?? 0);
  const kernels = factory.create(padding);
  spoil(kernels.buffers, program);
  writeInputs(kernels.buffers, fn, values, { examples, padding });
  callEntry(callable(kernels), entryNamed("forward"), padding);
  return { outputs: readChecked(kernels.buffers, fn, { examples, padding }, sharedIn(fn)), text: factory.text };
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
  const call = callOf({ ...program, axes }, given, 1);
  const { examples, padding } = call;
  const roleOf = (name: string): Role => lookUp(program.roles, name);
  const isShared = (name: string): boolean => roleOf(name).shared === true;
  /** Does the caller of a module see this buffer? */
  const isVisible = (name: string): boolean => !isInternal(roleOf(name));
  const make = create ?? ((sizes) => compileKernels(program, options.dtype, dimensions).create(sizes));
  const kernels = make(padding);
  spoil(kernels.buffers, program);
  const known: Values = new Map();
  const errors = new Map<string, number>();
  let compared = 0;
  for (const entry of entriesInOrder(program)) {
    const { fn } = entry;
    const values = randomInputs(fn, examples, random, known, options.indexBound ?? 2);
    for (const id of fn.inputs) {
      const name = fn.names[id] as string;
      known.set(name, values.get(name) as BatchValue);
    }
    runEntry(callable(kernels), program, entry, values, call);
    const actual = readChecked(kernels.buffers, visiblePart(program, entry), call, isShared);
    for (const [name, value] of run(fn, values, examples)) {
      if (roleOf(name).streamed !== true || !isVisible(name)) known.set(name, value);
      if (!isVisible(name)) continue;
      const got = actual.get(name);
      if (got === undefined) throw new Error(`kernels give no ${name}`);
      // A value that is the same for all examples may lie in a buffer that has a place for each.
      const repeated = "shared" in value && !("shared" in got) ? { examples: examples.map(() => value.shared) } : value;
      const wanted = flatten(repeated);
      compared += wanted.filter((x) => Number.isFinite(x)).length;
      errors.set(`${entry.name} ${name}`, worstError(flatten(got), wanted));
    }
  }
  if (compared === 0) throw new Error("no result has a finite number to compare");
  return errors;
}
