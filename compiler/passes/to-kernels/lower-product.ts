/** A contract as a product statement inside loops over whatever is neither row, column nor contracted. */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ValueId } from "../../ir/graph/types.js";
import { pairOf } from "../../ir/graph/values.js";
import { addAffine, affineConstant } from "../../ir/kernel/affine.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import type { Access, Affine, LoopAxis, Expression, Statement } from "../../ir/kernel/types.js";
import { addDims, constantOf, type Dim, dimConstant } from "../../base/types/dim.js";
import type { Block } from "./block.js";
import { elementOf } from "./formula.js";
import { accessOf } from "./location.js";
import { exampleAxis, extentOf, LoopNames, variableIndex } from "./loops.js";
import { Nest } from "./nest.js";
import { cutOf, isTime, Pieces } from "./pieces.js";
import { isSplitOperand } from "./plan-block.js";
import type { Work } from "./works.js";

type ProductWork = Extract<Work, { kind: "product" }>;

/** One part of an operand that is a concat along the axis of `label`. */
interface ConcatPart {
  readonly whole: ValueId;
  readonly value: ValueId;
  readonly label: number;
  readonly start: Dim;
}

/** The bodies of one region, or of one for each part of a concat that is not in memory. */
export function lowerProduct(block: Block, work: ProductWork): Statement[][] {
  const { operation, operands } = work.contract;
  invariant(operation.kind === "contract" && operation.strong !== true, "a product is a plain contract");
  for (const [side, whole] of operands.entries()) {
    if (!isSplitOperand(block, whole)) continue;
    const concat = block.formulaOf(whole);
    invariant(concat?.operation.kind === "concat", "a concat");
    const { axis } = concat.operation;
    const label = at(side === 0 ? operation.a : operation.b, axis);
    let start = dimConstant(0);
    return concat.operands.map((value) => {
      const statements = lowerPart(block, work, { whole, value, label, start });
      start = addDims(start, at(block.typeOf(value).shape, axis));
      return statements;
    });
  }
  return [lowerPart(block, work, undefined)];
}

function lowerPart(block: Block, work: ProductWork, part: ConcatPart | undefined): Statement[] {
  const { operation, operands } = work.contract;
  invariant(operation.kind === "contract" && operation.strong !== true, "a product is a plain contract");
  const [left, right] = pairOf(operands.map((id) => (id === part?.whole ? part.value : id)));
  const splitsLeft = part !== undefined && operands[0] === part.whole;
  const sizes = new Map<number, Dim>();
  const readSizes = (labels: readonly number[], id: ValueId) => {
    for (const [axis, label] of labels.entries()) sizes.set(label, at(block.typeOf(id).shape, axis));
  };
  // The part's own sizes hold where the other operand is longer.
  if (splitsLeft) readSizes(operation.b, right);
  readSizes(operation.a, left);
  if (!splitsLeft) readSizes(operation.b, right);
  const ofExample = (label: number) => block.hasExampleSize(lookUp(sizes, label));

  const names = new LoopNames(block);
  const perExample = block.perExample(left) || block.perExample(right);
  const example = perExample ? names.pick("b") : undefined;
  const variables = new Map<number, string>();
  for (const label of operation.result) variables.set(label, names.axis(lookUp(sizes, label)));
  const contractedLabels = [...sizes.keys()].filter((label) => !operation.result.includes(label)).sort((x, y) => x - y);
  // Time comes first: a piece of it has all that is inside.
  const dims = () => contractedLabels.map((label) => lookUp(sizes, label));
  const time = dims().findIndex(isTime);
  if (time > 0) contractedLabels.unshift(...contractedLabels.splice(time, 1));
  const cut = isCut(block, work, part, dims()) ? cutOf(block, work.summed, dims()) : undefined;
  const pieces = cut && new Pieces(block, names, cut, dims(), example);
  for (const label of contractedLabels) variables.set(label, names.axis(lookUp(sizes, label)));
  const axisOf = (label: number): LoopAxis => {
    const variable = lookUp(variables, label);
    const position = contractedLabels.indexOf(label);
    if (pieces !== undefined && position >= 0) return pieces.axis(position, variable);
    return { variable, extent: extentOf(block, lookUp(sizes, label), example) };
  };

  // Columns: the innermost free axis of the result; rows: a free axis of the other operand, else the examples.
  const isFree = (label: number, own: readonly number[], other: readonly number[]) =>
    own.includes(label) && !other.includes(label);
  const free = operation.result.filter((l) => operation.a.includes(l) !== operation.b.includes(l));
  const columnLabel = free.at(-1);
  const columnsInA = columnLabel !== undefined && operation.a.includes(columnLabel);
  const [columnSide, rowSide] = columnsInA ? [operation.a, operation.b] : [operation.b, operation.a];
  const [columnValue, rowValue] = columnsInA ? [left, right] : [right, left];
  const isSingle = (label: number) => constantOf(lookUp(sizes, label)) === 1;
  const rowLabel = operation.result.filter((l) => isFree(l, rowSide, columnSide) && !isSingle(l)).at(-1);
  const everyExample = [...sizes.keys()].every((label) => !ofExample(label));
  const examplesAreRows =
    example !== undefined && !work.summed && rowLabel === undefined && everyExample && !block.perExample(columnValue);
  const exampleLoop = example === undefined ? undefined : exampleAxis(block, example);

  const outer: LoopAxis[] = [];
  if (exampleLoop !== undefined && !work.summed && !examplesAreRows) outer.push(exampleLoop);
  for (const label of operation.result) if (label !== rowLabel && label !== columnLabel) outer.push(axisOf(label));
  const contracted = contractedLabels.map(axisOf);
  if (exampleLoop !== undefined && work.summed) contracted.unshift(pieces?.examples() ?? exampleLoop);
  const rows = examplesAreRows ? exampleLoop : rowLabel === undefined ? undefined : axisOf(rowLabel);
  const columns = columnLabel === undefined ? undefined : axisOf(columnLabel);

  const indicesOf = (labels: readonly number[], ofPart = false): Affine[] =>
    labels.map((label) => {
      const variable = lookUp(variables, label);
      const position = contractedLabels.indexOf(label);
      const index = pieces === undefined || position < 0 ? variableIndex(variable) : pieces.indexOf(position, variable);
      const shifted = part !== undefined && label === part.label && !ofPart;
      return shifted ? addAffine(index, affineConstant(part.start)) : index;
    });
  const operandAccess = (id: ValueId, labels: readonly number[]): Access => {
    const location = block.locate(id);
    invariant(location !== undefined, `operand %${id} of a product has no place in ${block.path}`);
    return accessOf(location, indicesOf(labels, id === part?.value), example);
  };
  const result = lookUp(block.locations, work.result);
  const nest = new Nest(outer, example, names.all(), block.storage.perExampleSymbols);
  const out = accessOf(result, indicesOf(operation.result), work.summed ? undefined : example);
  let initial: Expression | undefined;
  const continues = part !== undefined && contractedLabels.includes(part.label) && part.start.terms.length > 0;
  if (continues) initial = { kind: "load", access: out, dtype: "real" };
  else if (work.initial !== undefined) initial = elementOf(block, work.initial, indicesOf(operation.result), nest);
  const product: Statement = {
    kind: "product",
    rows,
    columns,
    contracted,
    a: operandAccess(rowValue, rowSide),
    b: operandAccess(columnValue, columnSide),
    initial: pieces === undefined ? initial : undefined,
    ...(pieces && { result: pieces.added(out, { kind: "variable", name: "sum", dtype: "real" }, initial) }),
    out,
  };
  if (pieces === undefined) return loopsAround(outer, [product]);
  const total = { location: result, shape: block.typeOf(work.result).shape, name: block.nameOf(work.result) ?? "sum" };
  return loopsAround(outer.slice(0, pieces.depth), [
    pieces.around(loopsAround(outer.slice(pieces.depth), [product]), [total]),
  ]);
}

/** Inside an example only sums over time are in pieces: other products are as long as they are, and may have tails. */
function isCut(block: Block, work: ProductWork, part: ConcatPart | undefined, dims: readonly Dim[]): boolean {
  if (!work.summed) return dims.some(isTime);
  return part === undefined && work.contract.operands.some((id) => block.perExample(id));
}
