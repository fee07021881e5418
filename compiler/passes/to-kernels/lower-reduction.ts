/** Reductions with an accumulator, and scatters. */
import { at, lookUp } from "../../base/at.js";
import { type Dim, dimConstant } from "../../base/types/dim.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { KernelExpression, LoopAxis, Statement } from "../../ir/kernel/kernel-program.js";
import type { Block } from "./block.js";
import { load, lostIn, minus, NONE, plus } from "./compensated.js";
import { elementOf, indexOf } from "./formula.js";
import { accessOf, type BufferLocation } from "./location.js";
import { axesOf, exampleAxis, extentOf, indicesOf, LoopNames, nestFor, variableIndex } from "./loops.js";
import { Nest } from "./nest.js";
import { type SumCut, cutOf, Pieces } from "./pieces.js";
import type { Work } from "./works.js";

/** Loops over what is kept, inside them over what is reduced, examples before axes; a long sum in pieces around all. */
export function lowerReduction(block: Block, work: Extract<Work, { kind: "reduction" }>): Statement[] {
  const { shape } = block.typeOf(work.operand);
  const names = new LoopNames(block);
  const example =
    block.perExample(work.operand) || (!work.summed && block.perExample(work.result)) ? names.pick("b") : undefined;
  const pieces = piecesOf(block, names, work, example);
  const axes = shape.map((dim, axis): LoopAxis => {
    const position = work.axes.indexOf(axis);
    const variable = names.axis(dim);
    if (pieces !== undefined && position >= 0) return pieces.axis(position, variable);
    return { variable, extent: extentOf(block, dim, example) };
  });
  const kept = axes.filter((_, axis) => !work.axes.includes(axis));
  const reduced = axes.filter((_, axis) => work.axes.includes(axis));
  const outer = [...kept];
  const inner = [...reduced];
  if (example !== undefined && !work.summed) outer.unshift(exampleAxis(block, example));
  else if (example !== undefined) inner.unshift(pieces?.examples() ?? exampleAxis(block, example));
  const nest = new Nest([...outer, ...inner], example, names.all(), block.storage.perExampleSymbols);
  const indices = axes.map(({ variable }, axis) => {
    const position = work.axes.indexOf(axis);
    return pieces === undefined || position < 0 ? variableIndex(variable) : pieces.indexOf(position, variable);
  });
  const element = elementOf(block, work.operand, indices, nest);
  const name = block.nameOf(work.result) ?? work.op;
  const lost = () => accessOf(block.storage.scratch(`${block.path}.${name}.lost`, "real", [], false), [], undefined);
  // Over the examples: zeros of others may come last.
  const total = nest.accumulate(outer.length, { op: work.op, value: element, lost, takesLost: work.summed });
  const location = lookUp(block.locations, work.result);
  const result = pieces?.totalOf(location, block.typeOf(work.result).shape, name);
  const access = accessOf(
    result?.location ?? location,
    kept.map((axis) => variableIndex(axis.variable)),
    work.summed ? undefined : example,
  );
  nest.storeAfter(outer.length, access, pieces?.added(access, total) ?? total, "set");
  if (pieces !== undefined && result !== undefined) {
    nest.wraps.set(pieces.depth, (statements) => pieces.around(statements, [result]));
  }
  return nest.finish();
}

/** Inside an example only sums from the end are in pieces. */
function piecesOf(
  block: Block,
  names: LoopNames,
  { op, operand, axes, summed, result }: Extract<Work, { kind: "reduction" }>,
  example: string | undefined,
): Pieces | undefined {
  const dims = axes.map((axis) => at(block.typeOf(operand).shape, axis));
  const isCut = summed ? example !== undefined : dims.some((dim) => block.isSummedFromEnd(dim));
  const cut = op === "sum" && isCut ? cutOf(block, summed, dims) : undefined;
  block.checkSum(result, dims, cut?.axis);
  return cut && new Pieces(block, names, cut, dims, example);
}

/**
 * Adds in the order of the indices; the result is zero before. Where an element may take many terms, what rounding has lost
 * of it lies in a second buffer, which is also zero before, and is added with the next term.
 */
export function lowerScatter(
  block: Block,
  work: Extract<Work, { kind: "scatter" }>,
  lost?: BufferLocation,
): Statement[] {
  const { shape } = block.typeOf(work.updates);
  const perExample = block.perExample(work.updates) || block.perExample(work.index);
  const names = new LoopNames(block);
  const example = perExample ? names.pick("b") : undefined;
  const cut = cutOfScatter(block, work);
  const pieces = cut && new Pieces(block, names, cut, shape, example);
  const nest = pieces?.nest(shape) ?? nestFor(block, shape, perExample);
  const indices = axesOf(nest).map(({ variable }, axis) => pieces?.indexOf(axis, variable) ?? variableIndex(variable));
  const rank = block.typeOf(work.index).shape.length;
  const target = indexOf(block, work.index, indices.slice(0, rank), nest);
  const accessIn = (location: BufferLocation) =>
    accessOf(location, [target, ...indices.slice(0, work.along), ...indices.slice(rank)], work.summed ? undefined : nest.example); // prettier-ignore
  const location = lookUp(block.locations, work.result);
  const result = pieces?.totalOf(location, block.typeOf(work.result).shape, block.nameOf(work.result) ?? "sum");
  const access = accessIn(result?.location ?? location);
  const element = elementOf(block, work.updates, indices, nest);
  if (lost === undefined) nest.store(access, element, "add");
  else {
    const [before, missing] = [load(access), load(accessIn(lost))];
    const term = minus(element, missing);
    const after = plus(before, term);
    // Zeros of other examples must change nothing, not even bring in what was lost.
    const unlessZero = (changed: KernelExpression, kept: KernelExpression): KernelExpression => ({
      kind: "operation",
      op: "select",
      operands: [{ kind: "operation", op: "eq", operands: [element, NONE], dtype: "bool" }, kept, changed],
      dtype: "real",
    });
    nest.store(accessIn(lost), unlessZero(lostIn(after, before, term), missing), "set");
    nest.store(access, unlessZero(after, before), "set");
  }
  if (pieces !== undefined && result !== undefined && lost !== undefined)
    nest.wraps.set(pieces.depth, (own) => pieces.ofScatter(own, result, lost));
  return nest.finish();
}

/** Writes down where a scatter has added, and puts the zeros back into what was lost there. */
export function listRows(
  block: Block,
  { result, index, updates }: Extract<Work, { kind: "scatter" }>,
  lost?: BufferLocation,
): Statement[] {
  const { shape } = block.typeOf(index);
  const list = block.storage.placesOfRows(lookUp(block.locations, result), shape);
  const places = nestFor(block, shape, true);
  const own = indicesOf(places);
  places.storeIndex(accessOf(list, own, places.example), indexOf(block, index, own, places));
  if (lost === undefined) return places.finish();
  const nest = nestFor(block, block.typeOf(updates).shape, true);
  const indices = indicesOf(nest);
  const target = indexOf(block, index, indices.slice(0, shape.length), nest);
  nest.store(accessOf(lost, [target, ...indices.slice(shape.length)], undefined), NONE, "set");
  return [...places.finish(), ...nest.finish()];
}

/** Where it lies what rounding has lost of a scatter whose elements may take many terms; with `isByRows` it stays zero between calls. */
export function placeOfLost(
  block: Block,
  work: Extract<Work, { kind: "scatter" }>,
  hint: string,
  isByRows: boolean,
): BufferLocation | undefined {
  if (cutOfScatter(block, work) === undefined) return undefined;
  const { shape } = block.typeOf(work.result);
  if (isByRows) return block.storage.zeros(hint, shape);
  const place = [hint, "real", shape, block.perExample(work.result)] as const;
  return addsOn(block, work) ? block.storage.kept(...place) : block.storage.scratch(...place);
}

/** Whether it adds to what a call before has left. */
export function addsOn(block: Block, work: Extract<Work, { kind: "scatter" }>): boolean {
  const shape = termsOfScatter(block, work);
  const cut = cutOfScatter(block, work);
  block.checkSum(work.result, shape, cut?.axis);
  return block.goesOn(cut?.axis === undefined ? undefined : shape[cut.axis]);
}

/** Whether it is a scatter that is wanted at one place, and keeps nothing of what rounding loses: it can add to what is there. */
export function addsInItsPlace(block: Block, id: ValueId): boolean {
  const work = block.works.workOf.get(id);
  const wanted = block.targets.filter((target) => target.id === id).length;
  return work?.kind === "scatter" && !work.summed && wanted === 1 && cutOfScatter(block, work) === undefined;
}

function cutOfScatter(block: Block, work: Extract<Work, { kind: "scatter" }>): SumCut | undefined {
  const { updates, index, summed } = work;
  if (summed && !block.perExample(updates) && !block.perExample(index)) return undefined;
  return cutOf(block, summed, termsOfScatter(block, work));
}

/** How many terms may meet at an element: along axes that the result has as well there is one. */
function termsOfScatter(block: Block, { index, along }: Extract<Work, { kind: "scatter" }>): readonly Dim[] {
  return block.typeOf(index).shape.map((dim, axis) => (axis < along ? dimConstant(1) : dim));
}
