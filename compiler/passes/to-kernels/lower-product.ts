/** A contract as a product statement inside loops over whatever is neither row, column nor contracted. */
import { at, lookUp } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { pairOf } from "../../ir/graph/values.js";
import { addAffine, affineConstant } from "../../ir/kernel/affine.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import type { Access, Affine, LoopAxis, KernelExpression, Statement } from "../../ir/kernel/kernel-program.js";
import { addDims, constantOf, type Dim, dimConstant } from "../../base/types/dim.js";
import type { Block } from "./block.js";
import { elementOf } from "./formula.js";
import { accessOf } from "./location.js";
import { exampleAxis, extentOf, LoopNames, variableIndex } from "./loops.js";
import { Nest } from "./nest.js";
import { cutOf, type InitialAt, Pieces } from "./pieces.js";
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
  return new PartLowering(block, work, part).run();
}

/** One side of a product, and the labels of its axes. */
interface Side {
  readonly value: ValueId;
  readonly labels: readonly number[];
}

/** What the axes of a product are to its loops: one gives rows, one columns, the other free ones are loops around. */
interface Arrangement {
  readonly outer: readonly LoopAxis[];
  readonly rows: LoopAxis | undefined;
  readonly columns: LoopAxis | undefined;
  readonly rowSide: Side;
  readonly columnSide: Side;
}

class PartLowering {
  private readonly block: Block;
  private readonly work: ProductWork;
  private readonly part: ConcatPart | undefined;
  private readonly a: Side;
  private readonly b: Side;
  private readonly result: readonly number[];
  private readonly sizes: ReadonlyMap<number, Dim>;
  private readonly names: LoopNames;
  /** The variable of the example at hand. */
  private readonly example: string | undefined;
  private readonly variables = new Map<number, string>();
  /** In the order in which their terms are added. */
  private readonly contracted: readonly number[];
  private readonly pieces: Pieces | undefined;

  constructor(block: Block, work: ProductWork, part: ConcatPart | undefined) {
    const { operation, operands } = work.contract;
    invariant(operation.kind === "contract" && operation.strong !== true, "a product is a plain contract");
    const [left, right] = pairOf(operands.map((id) => (id === part?.whole ? part.value : id)));
    this.block = block;
    this.work = work;
    this.part = part;
    this.a = { value: left, labels: operation.a };
    this.b = { value: right, labels: operation.b };
    this.result = operation.result;
    // The part's own sizes hold where the other operand is longer.
    const splitsLeft = part !== undefined && operands[0] === part.whole;
    this.sizes = sizesOf(block, splitsLeft ? [this.b, this.a] : [this.a, this.b]);
    this.names = new LoopNames(block);
    const perExample = block.perExample(left) || block.perExample(right);
    this.example = perExample ? this.names.pick("b") : undefined;
    this.nameAxes(this.result);
    this.contracted = timeFirst(this.block, this.sizes, this.result);
    const dims = this.contracted.map((label) => this.size(label));
    const cut = isCut(block, work, part, dims) ? cutOf(block, work.summed, dims) : undefined;
    block.checkSum(work.result, dims, cut?.axis);
    this.pieces = cut && new Pieces(block, this.names, cut, dims, this.example);
    this.nameAxes(this.contracted);
  }

  run(): Statement[] {
    const { block, work, pieces } = this;
    const { outer, rows, columns, rowSide, columnSide } = this.arrange();
    const location = lookUp(block.locations, work.result);
    const { shape } = block.typeOf(work.result);
    const total = pieces?.totalOf(location, shape, block.nameOf(work.result) ?? "sum", this.initialAt());
    const place = total?.location ?? location;
    const out = accessOf(place, this.indicesOf(this.result), work.summed ? undefined : this.example);
    const initial = total?.shown === undefined ? this.start(out, outer) : undefined;
    const product: Statement = {
      kind: "product",
      rows,
      columns,
      contracted: this.contractedAxes(),
      a: this.operandAccess(rowSide),
      b: this.operandAccess(columnSide),
      initial: pieces === undefined ? initial : undefined,
      ...(pieces && { result: pieces.added(out, { kind: "variable", name: "sum", dtype: "real" }, initial) }),
      out,
    };
    if (pieces === undefined || total === undefined) return loopsAround(outer, [product]);
    return loopsAround(
      outer.slice(0, pieces.depth),
      pieces.around(loopsAround(outer.slice(pieces.depth), [product]), [total]),
    );
  }

  /** Columns: the innermost free axis of the result; rows: a free axis of the other operand, else the examples. */
  private arrange(): Arrangement {
    const { a, b, block, result, work } = this;
    const free = result.filter((label) => a.labels.includes(label) !== b.labels.includes(label));
    const sideOf = (label: number | undefined): Side => (label !== undefined && a.labels.includes(label) ? a : b);
    const last = sideOf(free.at(-1));
    // A single column leaves lanes empty.
    const innermost =
      free.filter((label) => sideOf(label) === last && constantOf(this.size(label)) !== 1).at(-1) ?? free.at(-1);
    const dense = innermost === undefined ? undefined : this.denseColumns(free, innermost, sideOf);
    const columnLabel = dense ?? innermost;
    const columnSide = sideOf(columnLabel);
    const rowSide = columnSide === a ? b : a;
    const isRow = (label: number): boolean =>
      rowSide.labels.includes(label) && !columnSide.labels.includes(label) && constantOf(this.size(label)) !== 1;
    const rowLabels = result.filter(isRow);
    const rowLabel = dense === undefined ? rowLabels.at(-1) : this.largest(rowLabels);
    const examples = this.example === undefined ? undefined : exampleAxis(block, this.example);
    const areAlike = [...this.sizes.values()].every((size) => !block.hasExampleSize(size));
    const examplesAreRows =
      examples !== undefined &&
      !work.summed &&
      rowLabel === undefined &&
      areAlike &&
      !block.perExample(columnSide.value);
    const others = result.filter((label) => label !== rowLabel && label !== columnLabel);
    const around = examples !== undefined && !work.summed && !examplesAreRows ? [examples] : [];
    return {
      outer: [...around, ...others.map((label) => this.axisOf(label))],
      rows: examplesAreRows ? examples : rowLabel === undefined ? undefined : this.axisOf(rowLabel),
      columns: columnLabel === undefined ? undefined : this.axisOf(columnLabel),
      rowSide,
      columnSide,
    };
  }

  /**
   * Columns that lie side by side, where the innermost ones do not and cannot be copied once for all: of the gradient of the
   * weights of a convolution the innermost are the few places of a window.
   */
  private denseColumns(
    free: readonly number[],
    innermost: number,
    sideOf: (label: number) => Side,
  ): number | undefined {
    const isDense = (label: number): boolean => {
      const { value, labels } = sideOf(label);
      const stride = this.block.locate(value)?.strides[labels.indexOf(label)];
      return stride !== undefined && constantOf(stride) === 1;
    };
    if (!this.block.perExample(sideOf(innermost).value) || isDense(innermost)) return undefined;
    return this.largest(free.filter((label) => this.block.perExample(sideOf(label).value) && isDense(label)));
  }

  private largest(labels: readonly number[]): number | undefined {
    const sizeOf = (label: number): number => constantOf(this.size(label)) ?? 0;
    return [...labels].sort((x, y) => sizeOf(y) - sizeOf(x))[0];
  }

  private contractedAxes(): LoopAxis[] {
    const { block, example, pieces, work } = this;
    const own = this.contracted.map((label) => this.axisOf(label));
    if (example === undefined || !work.summed) return own;
    return [pieces?.examples() ?? exampleAxis(block, example), ...own];
  }

  /** What the sums start from: the sums of the part before, or what the product is added to. */
  private start(out: Access, outer: readonly LoopAxis[]): KernelExpression | undefined {
    const { contracted, part } = this;
    const continues = part !== undefined && contracted.includes(part.label) && part.start.terms.length > 0;
    if (continues) return { kind: "load", access: out, dtype: "real" };
    return this.initialAt()?.(outer, this.indicesOf(this.result));
  }

  /** What the product is added to. */
  private initialAt(): InitialAt | undefined {
    const { block, example, names, work } = this;
    const { initial } = work;
    if (initial === undefined) return undefined;
    return (axes, indices) => {
      const nest = new Nest(axes, example, names.all(), block.storage.perExampleSymbols);
      return elementOf(block, initial, indices, nest);
    };
  }

  private nameAxes(labels: readonly number[]): void {
    for (const label of labels) this.variables.set(label, this.names.axis(this.size(label)));
  }

  private size(label: number): Dim {
    return lookUp(this.sizes, label);
  }

  private axisOf(label: number): LoopAxis {
    const variable = lookUp(this.variables, label);
    const position = this.contracted.indexOf(label);
    if (this.pieces !== undefined && position >= 0) return this.pieces.axis(position, variable);
    return { variable, extent: extentOf(this.block, this.size(label), this.example) };
  }

  /** @param ofPart of the part of a concat itself, whose indices begin at 0 */
  private indicesOf(labels: readonly number[], ofPart = false): Affine[] {
    const { part, pieces } = this;
    return labels.map((label) => {
      const variable = lookUp(this.variables, label);
      const position = this.contracted.indexOf(label);
      const index = pieces === undefined || position < 0 ? variableIndex(variable) : pieces.indexOf(position, variable);
      const isShifted = part !== undefined && label === part.label && !ofPart;
      return isShifted ? addAffine(index, affineConstant(part.start)) : index;
    });
  }

  private operandAccess({ value, labels }: Side): Access {
    const location = this.block.locate(value);
    invariant(location !== undefined, `operand %${value} of a product has no place in ${this.block.path}`);
    return accessOf(location, this.indicesOf(labels, value === this.part?.value), this.example);
  }
}

/** The size of each label; that of the last side where they differ. */
function sizesOf(block: Block, sides: readonly Side[]): ReadonlyMap<number, Dim> {
  const sizes = new Map<number, Dim>();
  for (const { value, labels } of sides) {
    for (const [axis, label] of labels.entries()) sizes.set(label, at(block.typeOf(value).shape, axis));
  }
  return sizes;
}

/** The contracted labels. Time comes first: a piece of it has all that is inside. */
function timeFirst(block: Block, sizes: ReadonlyMap<number, Dim>, result: readonly number[]): readonly number[] {
  const labels = [...sizes.keys()].filter((label) => !result.includes(label)).sort((x, y) => x - y);
  const time = labels.findIndex((label) => block.isOfSequence(lookUp(sizes, label)));
  return time > 0 ? [at(labels, time), ...labels.filter((_, i) => i !== time)] : labels;
}

/** Inside an example only sums from the end are in pieces: other products are as long as they are, and may have tails. */
function isCut(block: Block, work: ProductWork, part: ConcatPart | undefined, dims: readonly Dim[]): boolean {
  if (!work.summed) return dims.some((dim) => block.isSummedFromEnd(dim));
  return part === undefined && work.contract.operands.some((id) => block.perExample(id));
}
