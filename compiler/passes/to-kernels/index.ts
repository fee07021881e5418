/** Graph functions of one example to kernels over a batch. */
import { at } from "../../base/at.js";
import { operandParts } from "../../ir/graph/scan.js";
import type { GraphFunction, ValueId } from "../../ir/graph/types.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import type { KernelFunction, Statement } from "../../ir/kernel/types.js";
import type { UnplannedKernels } from "../../ir/kernel/unplanned.js";
import type { EntryProgram, ProgramEntry } from "../../program/entry.js";
import { shapeContext } from "../../ir/ops/shape-rules.js";
import { BATCH_SYMBOL, type Dim, symbolsOf } from "../../base/types/dim.js";
import { Block, type InputSource } from "./block.js";
import { sumDotProducts } from "./dot-products.js";
import { commitInPlace } from "./in-place.js";
import type { BufferLocation } from "./location.js";
import { lowerBlock } from "./lower-block.js";
import { type Destination, joinSlices, throughReshapes } from "./targets.js";
import { Storage } from "./storage.js";

export function lowerToKernels({
  axes: given,
  sizes,
  stream,
  entries: sources,
  roles,
  rows,
}: EntryProgram): UnplannedKernels {
  const context = shapeContext(given);
  const entries = [...sources.values()].map((entry) => {
    const fn = sumDotProducts(entry.fn, context);
    return { ...entry, fn: sizes?.inFunction(fn) ?? fn };
  });
  const axes = [...given, ...(sizes?.list ?? []).map(({ symbol }) => symbol)];
  const storage = new Storage(axes, roles, new Set(rows?.keys()));
  for (const { fn } of entries) declareBuffers(fn, storage);
  for (const { fn } of entries) joinParameters(fn, storage);
  const functions = entries.map((entry) => {
    const kernel = lowerEntry(entry, storage);
    return entry.streamed && stream !== undefined ? { ...kernel, oneOf: stream } : kernel;
  });
  return { axes, functions, buffers: storage.buffers };
}

function declareBuffers(fn: GraphFunction, storage: Storage): void {
  for (const [id, name] of namedValues(fn)) storage.named(name, typeOf(fn, id));
}

function namedValues(fn: GraphFunction): [ValueId, string][] {
  return [
    ...fn.inputs.map((id): [ValueId, string] => [id, nameOf(fn, id)]),
    ...fn.outputs.map((id, i): [ValueId, string] => [id, outputName(fn, i)]),
  ];
}

/** Parameters that some concat along axis 0 joins are placed one after the other, so that the concat is free. */
function joinParameters(fn: GraphFunction, storage: Storage): void {
  const visit = (inner: GraphFunction, nameOf: (id: ValueId) => string | undefined): void => {
    for (const { operation, operands } of inner.instructions) {
      if (operation.kind === "concat" && operation.axis === 0) {
        const members = operands.map(nameOf);
        if (members.every((name): name is string => name !== undefined && storage.isShared(name))) {
          storage.join(members);
        }
      } else if (operation.kind === "scan") {
        const { invariants } = operandParts(operation, operands);
        const inside = operandParts(operation, operation.body.inputs).invariants;
        const names = new Map(inside.map((id, i) => [id, nameOf(at(invariants, i))]));
        visit(operation.body, (id) => names.get(id));
      }
    }
  };
  const inputs = new Map(fn.inputs.map((id) => [id, fn.names[id]]));
  visit(fn, (id) => inputs.get(id));
}

function lowerEntry({ name, fn, adds }: ProgramEntry, storage: Storage): KernelFunction {
  const inputs = new Map<ValueId, InputSource>();
  const inputNames = new Set<string>();
  for (const id of fn.inputs) {
    const buffer = nameOf(fn, id);
    inputNames.add(buffer);
    const location = storage.named(buffer, typeOf(fn, id));
    inputs.set(id, { kind: "location", location, buffer });
  }
  const replaced: { id: ValueId; state: BufferLocation; next: BufferLocation }[] = [];
  const padded: Statement[] = [];
  const destinations = fn.outputs.map((id, i): Destination => {
    const buffer = outputName(fn, i);
    const type = typeOf(fn, id);
    const location = storage.named(buffer, type);
    if (adds) return { location, mode: "add" };
    if (inputNames.has(buffer)) {
      const perExample = location.exampleStride !== undefined;
      const next = storage.scratch(`${buffer}.next`, location.dtype, type.shape, perExample);
      replaced.push({ id, state: location, next });
      return { location: next, mode: "set" };
    }
    if (!storage.isInternal(buffer)) padded.push(...clearPadding(buffer, type.shape, storage));
    return { location, mode: "set" };
  });
  const outputs = fn.outputs.map((id, i) => ({ id, destination: at(destinations, i) }));
  const targets = joinSlices(fn, throughReshapes(fn, outputs, storage), storage);
  const block = new Block({ fn, targets, storage, inputs, examples: { kind: "all" }, path: name, scope: [] });
  lowerBlock(block);
  commitInPlace(block, replaced);
  return { name, body: [...padded, ...block.statements] };
}

function clearPadding(buffer: string, shape: readonly Dim[], storage: Storage): Statement[] {
  const symbols = [...new Set(shape.flatMap(symbolsOf))].filter((symbol) => storage.perExampleSymbols.has(symbol));
  const size = storage.buffers.get(buffer)?.size;
  if (symbols.length === 0 || size === undefined || !symbolsOf(size).includes(BATCH_SYMBOL)) return [];
  return [{ kind: "zero_padding", buffer, size, symbols }];
}
