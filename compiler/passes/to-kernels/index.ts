/** Graph functions of one example to kernels over a batch. */
import { at } from "../../base/at.js";
import { definitions } from "../../ir/graph/rewrite.js";
import { operandParts } from "../../ir/graph/scan.js";
import type { GraphFunction, ValueId } from "../../ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../ir/graph/values.js";
import type { KernelFunction, Statement } from "../../ir/kernel/kernel-program.js";
import type { UnplannedKernels } from "../../ir/kernel/unplanned.js";
import { type EntryProgram, type ProgramEntry, rowsOf } from "../../program/entry.js";
import { BATCH_SYMBOL, type Dim, symbolsOf } from "../../base/types/dim.js";
import { Block, type InputSource } from "./block.js";
import { delayLineOf } from "../../ir/graph/delay-line.js";
import { commitInPlace } from "./in-place.js";
import type { BufferLocation } from "./location.js";
import { lowerBlock } from "./lower-block.js";
import { Ring, ringKernels } from "./rings.js";
import { joinSlices, type ResultTarget, throughReshapes } from "./targets.js";
import { Storage } from "./storage.js";

/** @param program after the passes before kernels */
export function lowerToKernels(program: EntryProgram): UnplannedKernels {
  const { axes: given, sizes, entries: sources, roles } = program;
  const entries = [...sources.values()];
  const axes = [...given, ...(sizes?.list ?? [])].map(({ symbol, name, kind }) => ({ symbol, name, kind }));
  const storage = new Storage(axes, roles, new Set(rowsOf(program).keys()));
  for (const { fn } of entries) declareBuffers(fn, storage);
  for (const { fn } of entries) joinParameters(fn, storage);
  const functions = entries.flatMap((entry) => {
    const kernels = lowerEntry(entry, storage);
    const { oneOf } = entry;
    return oneOf === undefined ? kernels : kernels.map((kernel) => ({ ...kernel, oneOf }));
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
        if (members.every((name): name is string => name !== undefined && storage.isSharedOutside(name))) {
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

/** The kernel of an entry, and those that its rings have. */
function lowerEntry({ name, part, fn, adds, keptAlong }: ProgramEntry, storage: Storage): KernelFunction[] {
  const inputs = new Map(
    fn.inputs.map((id): [ValueId, InputSource] => {
      const buffer = nameOf(fn, id);
      return [id, { kind: "location", location: storage.named(buffer, typeOf(fn, id)), buffer }];
    }),
  );
  const states = statesOf(fn, storage, adds);
  for (const { state, ring, location } of states.values())
    if (ring !== undefined)
      inputs.set(state, { kind: "location", location: ring.placed.before, buffer: location.buffer });
  const padded: Statement[] = [];
  const outputs = fn.outputs.map((id, i): ResultTarget => {
    const buffer = outputName(fn, i);
    const type = typeOf(fn, id);
    const location = storage.named(buffer, type);
    const next = states.get(i)?.next;
    if (next === undefined && !adds && !storage.isInternal(buffer))
      padded.push(...clearPadding(buffer, type.shape, storage));
    return { id, destination: { location: next ?? location, mode: adds ? "add" : "set" } };
  });
  const rings = [...states.values()].flatMap(({ ring }) => ring ?? []);
  // The next value of a line lies in its ring, whatever else it is.
  const ofRings = outputs.filter((_, i) => states.get(i)?.ring !== undefined);
  const inOrder = [...ofRings, ...outputs.filter((output) => !ofRings.includes(output))];
  const block = new Block({
    ...{ fn, storage, inputs, examples: { kind: "all" }, path: name },
    targets: joinSlices(fn, throughReshapes(fn, inOrder, storage), storage),
    scope: rings.flatMap(({ names }) => names),
    lines: rings.map(({ placed }) => placed),
    kept: keptAlong === undefined ? undefined : { along: keptAlong, inLoop: false },
  });
  lowerBlock(block);
  commitInPlace(block, [...states.values()].flatMap(({ id, location, next, ring }) => (ring === undefined ? [{ id, state: location, next }] : []))); // prettier-ignore
  const moves = rings.flatMap((ring) => ring.moves);
  return [{ name, body: [...moves, ...padded, ...block.statements] }, ...ringKernels(rings, block, part)];
}

/** What is read and replaced: an input, and the output of its name. */
interface EntryState {
  readonly id: ValueId;
  readonly state: ValueId;
  readonly location: BufferLocation;
  /** Where its next value is made. */
  readonly next: BufferLocation;
  readonly ring: Ring | undefined;
}

/** By their places among the outputs. */
function statesOf(fn: GraphFunction, storage: Storage, adds: boolean): ReadonlyMap<number, EntryState> {
  const states = new Map<number, EntryState>();
  if (adds) return states;
  const producer = definitions(fn);
  const given = new Map(fn.inputs.map((id) => [nameOf(fn, id), id]));
  let rings = 0;
  for (const [i, id] of fn.outputs.entries()) {
    const buffer = outputName(fn, i);
    const state = given.get(buffer);
    if (state === undefined) continue;
    const type = typeOf(fn, id);
    const location = storage.named(buffer, type);
    const line = delayLineOf(fn, producer, state, id);
    const ring = line && new Ring(line, location, storage, rings++);
    const beside = (): BufferLocation =>
      storage.scratch(`${buffer}.next`, location.dtype, type.shape, location.exampleStride !== undefined);
    states.set(i, { id, state, location, next: ring?.placed.after ?? beside(), ring });
  }
  return states;
}

function clearPadding(buffer: string, shape: readonly Dim[], storage: Storage): Statement[] {
  const symbols = [...new Set(shape.flatMap(symbolsOf))].filter((symbol) => storage.perExampleSymbols.has(symbol));
  const size = storage.buffers.get(buffer)?.size;
  if (symbols.length === 0 || size === undefined || !symbolsOf(size).includes(BATCH_SYMBOL)) return [];
  return [{ kind: "zero_padding", buffer, size, symbols }];
}
