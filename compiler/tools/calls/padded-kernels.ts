/**
 * Kernels on a batch of examples of different sizes: values go into buffers as large as the largest, and results come back example by
 * example. What the shell of a module does around kernels stands here once more in a few lines, for what looks at kernels alone.
 */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { cellAxes, extentsOf, type SizedAxis } from "../../base/types/call-axes.js";
import { evaluateDim, TIME_SYMBOL } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import { type BatchValue, unpad } from "../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../ir/graph/evaluate-rules.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { elementCount, tensor } from "../../ir/graph/tensor.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import { type EntryProgram, type ProgramEntry, ringEntries, rowsOf } from "../../program/entry.js";
import { isInternal, kernelInPart, rowsName } from "../../program/base/roles.js";

export type KernelBuffers = Readonly<Record<string, Float32Array | Float64Array | Int32Array>>;

/** What a call needs of kernels, whatever runs them. */
export interface RunKernels {
  readonly buffers: KernelBuffers;
  readonly table: Int32Array;
  /** Nothing where there is no kernel of this name. */
  readonly run: (name: string) => void;
}

/** The sizes of a call: at least those of every example. */
export interface Padding {
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
  /** What kernels have for axes, in their order: the steps of a cell and then `sizes`, where left out. */
  readonly axes?: readonly SizedAxis[];
}

export const axesOf = ({ axes, sizes }: Padding): readonly SizedAxis[] => axes ?? cellAxes(Object.keys(sizes));
export const paddedSize = ({ steps, sizes }: Padding, { kind, name }: SizedAxis): number =>
  kind === "steps" ? steps : (sizes[name] ?? 0);

/** A call of examples of these sizes, with those that follow from them. */
export interface PaddedCall {
  readonly examples: readonly SymbolSizes[];
  readonly padding: Padding;
}

/** @param extra how much larger the call is than its largest example */
export function callOf(
  { axes, sizes: computed }: Pick<EntryProgram, "axes" | "sizes">,
  given: readonly SymbolSizes[],
  extra: number,
): PaddedCall {
  const list = computed?.list ?? [];
  const all = (own: SymbolSizes): Map<string, number> => {
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
      sizes: Object.fromEntries(others.map(({ name, symbol }) => [name, grown.get(symbol) ?? 0])),
      axes: every,
    },
  };
}

export function bufferOf(buffers: KernelBuffers, name: string): KernelBuffers[string] {
  const buffer = buffers[name];
  invariant(buffer !== undefined, `no buffer ${name}`);
  return buffer;
}

/** Puts values into the buffers; everything else in buffers of examples, padding too, becomes NaN (or a large index). */
export function writeInputs(
  buffers: KernelBuffers,
  fn: GraphFunction,
  values: ReadonlyMap<string, BatchValue>,
  { examples, padding }: PaddedCall,
): void {
  for (const id of fn.inputs) {
    const name = nameOf(fn, id);
    const buffer = bufferOf(buffers, name);
    const value = lookUp(values, name);
    const type = typeOf(fn, id);
    if ("shared" in value && type.shared) {
      buffer.set(value.shared.data);
      continue;
    }
    buffer.fill(type.dtype === "index" ? 1e9 : NaN);
    const padded = paddedShape(type.shape, padding);
    const stride = elementCount(padded);
    const tensors = "shared" in value ? examples.map(() => value.shared) : value.examples;
    for (const [b, { shape, data }] of tensors.entries()) {
      data.forEach((x, position) => {
        buffer[b * stride + paddedOffset(shape, padded, position)] = x;
      });
    }
  }
  for (const axis of axesOf(padding)) {
    const list = buffers[extentsOf(axis)];
    list?.set(examples.map((sizes) => sizes.get(axis.symbol) ?? paddedSize(padding, axis)));
  }
}

/** Runs an entry; of a step also what takes and gives the states that lie in rings. */
export function callEntry(
  { buffers, table, run }: RunKernels,
  { name, part, of, streamed }: Pick<ProgramEntry, "name" | "part" | "of" | "streamed">,
  padding: Padding,
): void {
  const axes = axesOf(padding);
  const sizes = [padding.batch, ...axes.map((axis) => paddedSize(padding, axis))];
  const lists = axes.map((axis) => buffers[extentsOf(axis)]);
  const full = lists.every((list, i) => list?.every((size) => size === sizes[i + 1]));
  table.set([...sizes, full ? 1 : 0, 1]);
  // States are given and read in their order.
  const around = streamed && of === "forward";
  if (around) run(kernelInPart(part, ringEntries.take));
  run(name);
  if (around) run(kernelInPart(part, ringEntries.give));
}

/** Outputs by name. */
export function readOutputs(
  buffers: KernelBuffers,
  fn: GraphFunction,
  { examples, padding }: PaddedCall,
  isShared: (name: string) => boolean,
): Map<string, BatchValue> {
  return new Map(
    fn.outputs.map((id, i): [string, BatchValue] => {
      const name = outputName(fn, i);
      const { shape } = typeOf(fn, id);
      const buffer = bufferOf(buffers, name);
      const shapes = examples.map((sizes) => shape.map((dim) => evaluateDim(dim, sizes)));
      if (isShared(name)) {
        const own = at(shapes, 0);
        return [name, { shared: tensor(own, buffer.subarray(0, elementCount(own))) }];
      }
      return [name, { examples: unpad(buffer, paddedShape(shape, padding), shapes) }];
    }),
  );
}

export function paddedShape(shape: Shape, padding: Padding): number[] {
  const all = new Map(axesOf(padding).map((axis) => [axis.symbol, paddedSize(padding, axis)]));
  return shape.map((dim) => evaluateDim(dim, all));
}

/** Where an element of an example lies in what is padded. */
export function paddedOffset(shape: readonly number[], padded: readonly number[], position: number): number {
  let offset = 0;
  let stride = 1;
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = at(shape, axis);
    offset += (rest % n) * stride;
    rest = Math.floor(rest / n);
    stride *= at(padded, axis);
  }
  return offset;
}

/** The function of an entry as its caller knows it: without what entries keep for each other. */
export function visiblePart(program: EntryProgram, { fn }: Pick<ProgramEntry, "fn">): GraphFunction {
  const own = program.sizes?.inFunction(fn) ?? fn;
  const isVisible = (name: string): boolean => !isInternal(lookUp(program.roles, name));
  const kept = own.outputs.map((id, i) => ({ name: outputName(own, i), id })).filter(({ name }) => isVisible(name));
  return {
    ...own,
    inputs: own.inputs.filter((id) => isVisible(nameOf(own, id))),
    outputs: kept.map(({ id }) => id),
    outputNames: kept.map(({ name }) => name),
  };
}

/** In the order in which they can run: what a stream computes of its contexts first. */
export function entriesInOrder({ entries }: EntryProgram): readonly ProgramEntry[] {
  const isFirst = ({ of }: ProgramEntry): boolean => of === "contexts";
  const all = [...entries.values()];
  return [...all.filter(isFirst), ...all.filter((entry) => !isFirst(entry))];
}

/** Runs an entry as the shell does: clears what it adds to, and gradients by rows of which it lists the rows. Gives what the caller sees. */
export function runEntry(
  kernels: RunKernels,
  program: EntryProgram,
  entry: ProgramEntry,
  values: ReadonlyMap<string, BatchValue>,
  call: PaddedCall,
): Map<string, BatchValue> {
  const { buffers } = kernels;
  const visible = visiblePart(program, entry);
  writeInputs(buffers, visible, values, call);
  const rows = rowsOf(program);
  for (const name of visible.outputNames) if (entry.adds || rows.has(name)) buffers[name]?.fill(0);
  callEntry(kernels, entry, call.padding);
  for (const [i, name] of visible.outputNames.entries()) {
    const places = rows.get(name);
    const [height] = typeOf(visible, at(visible.outputs, i)).shape;
    if (places === undefined || height === undefined) continue;
    keepListedRows(buffers, name, [evaluateDim(height, new Map()), places], call);
  }
  return readOutputs(buffers, visible, call, (name) => lookUp(program.roles, name).shared === true);
}

/** A gradient by rows as the shell shows it: rows at the places that the kernel lists, and zeros. */
function keepListedRows(
  buffers: KernelBuffers,
  gradient: string,
  [height, places]: readonly [height: number, places: Shape],
  { examples, padding }: PaddedCall,
): void {
  const shapes = examples.map((sizes) => places.map((dim) => evaluateDim(dim, sizes)));
  const list = bufferOf(buffers, rowsName(gradient));
  const table = bufferOf(buffers, gradient);
  const listed = new Set(unpad(list, paddedShape(places, padding), shapes).flatMap(({ data }) => [...data]));
  const width = table.length / height;
  for (let row = 0; row < height; row++) if (!listed.has(row)) table.fill(0, row * width, (row + 1) * width);
}
