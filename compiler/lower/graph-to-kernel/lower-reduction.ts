/** Reductions with an accumulator, and scatters. */
import type { Axis, Statement } from "../../ir/kernel/types.js";
import type { Block } from "./block.js";
import { elementOf, indexOf } from "./formula.js";
import { accessOf, type Location } from "./location.js";
import { exampleAxis, extentOf, LoopNames, nestFor, variableIndex } from "./loops.js";
import { Nest } from "./nest.js";
import type { Work } from "./works.js";

/** Loops over what is kept, inside them over what is reduced, examples before axes. */
export function lowerReduction(block: Block, work: Extract<Work, { kind: "reduction" }>): Statement[] {
  const { shape } = block.typeOf(work.operand);
  const names = new LoopNames(block);
  const example =
    block.perExample(work.operand) || (!work.summed && block.perExample(work.result)) ? names.pick("b") : undefined;
  const axes = shape.map((dim): Axis => ({ variable: names.axis(dim), extent: extentOf(block, dim, example) }));
  const kept = axes.filter((_, axis) => !work.axes.includes(axis));
  const reduced = axes.filter((_, axis) => work.axes.includes(axis));
  const outer = [...kept];
  const inner = [...reduced];
  if (example !== undefined) (work.summed ? inner : outer).unshift(exampleAxis(block, example));
  const nest = new Nest([...outer, ...inner], example, names.all(), block.storage.perExampleSymbols);
  const element = elementOf(
    block,
    work.operand,
    axes.map((axis) => variableIndex(axis.variable)),
    nest,
  );
  const total = nest.accumulate(outer.length, work.op, element, work.op);
  const access = accessOf(
    block.locations.get(work.result) as Location,
    kept.map((axis) => variableIndex(axis.variable)),
    work.summed ? undefined : example,
  );
  nest.storeAfter(outer.length, access, total, "set");
  return nest.finish();
}

/** Adds in the order of the indices; the result is zero before. */
export function lowerScatter(block: Block, work: Extract<Work, { kind: "scatter" }>): Statement[] {
  const perExample = block.perExample(work.updates) || block.perExample(work.index);
  const nest = nestFor(block, block.typeOf(work.updates).shape, perExample);
  const indices = (nest.example === undefined ? nest.axes : nest.axes.slice(1)).map((axis) =>
    variableIndex(axis.variable),
  );
  const rank = block.typeOf(work.index).shape.length;
  const target = indexOf(block, work.index, indices.slice(0, rank), nest);
  const location = block.locations.get(work.result) as Location;
  const access = accessOf(location, [target, ...indices.slice(rank)], work.summed ? undefined : nest.example);
  nest.store(access, elementOf(block, work.updates, indices, nest), "add");
  return nest.finish();
}
