/**
 * Sizes that follow from those of a call: `T + 1`, `floor(T / 2)`, `S - T`.
 *
 * Kernels compute with polynomials of sizes whose value at the padded sizes is room enough for every example. All other sizes
 * have a symbol there, as the axes of calls have: the module computes them for each example before kernels run. So kernels
 * know of neither quotients nor rounding, and an example's place never depends on what is at other places.
 */
import type { SizedAxis } from "../base/types/call-axes.js";
import { isSurelyWhole } from "../base/types/bounded-dim.js";
import { isMonotone } from "../base/types/bounds.js";
import {
  commonDivisor,
  constantOf,
  type Dim,
  dimConstant,
  dimFactor,
  dimSymbol,
  equalDims,
  type Factor,
  factorsOf,
  type Floor,
  floorsOf,
  isFloor,
  madeSymbol,
  mentions,
  multiplyDims,
  printDim,
  substituteDim,
  symbolsOf,
} from "../base/types/dim.js";
import { functionWithDims } from "../ir/graph/map-dims.js";
import { type ShapeContext, shapeContext } from "../ir/graph/shape-rules.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { boundsOf, type Program } from "./program.js";

export interface ComputedSize extends SizedAxis {
  /** Over axes of calls, and computed sizes that come before. */
  readonly dividend: Dim;
  readonly divisor: Dim;
  readonly isFloor: boolean;
  /** Whether no example has more than there is at the padded sizes; else tensors have room for the largest of the examples. */
  readonly grows: boolean;
}

type SizedProgram = Pick<Program, "axes" | "dimensions">;

/** All those of a program: of its tensors, of what is demanded of sizes, and of the functions that kernels are made of. */
export function computedSizes(program: Program, functions: readonly GraphFunction[] = []): ComputedSizes {
  const sizes = new ComputedSizes(program);
  for (const own of [program, ...(program.parts ?? []).map((part) => part.program)]) {
    const { inputs, contexts, states, params, fixed, outputs, requires = [] } = own;
    for (const { shape } of [...inputs, ...contexts, ...states, ...params, ...fixed, ...outputs])
      for (const dim of shape) sizes.ofTensor(dim);
    for (const { bound } of [...inputs, ...states]) if (bound !== undefined) sizes.ofTensor(bound);
    for (const { dim } of requires) sizes.expression(dim);
  }
  for (const fn of functions) sizes.inFunction(fn);
  return sizes;
}

export class ComputedSizes {
  /** Each after those that it is computed of. */
  readonly list: ComputedSize[] = [];
  private readonly program: SizedProgram;
  private readonly names: ReadonlyMap<string, Dim>;
  private readonly fixed: ReadonlyMap<string, Dim>;
  private readonly context: ShapeContext;
  private readonly byKey = new Map<string, ComputedSize>();
  private readonly inKernels = new Map<string, Dim>();
  private readonly sizesInKernels = new Map<string, Dim>();

  constructor(program: SizedProgram) {
    this.program = program;
    this.names = new Map(program.axes.map(({ symbol, name }) => [symbol, dimSymbol(name)]));
    this.context = shapeContext(program.axes);
    this.fixed = new Map([...program.dimensions].map(([symbol, size]) => [symbol, dimConstant(size)]));
  }

  /** With what the compilation gave in it as numbers. */
  private bound(dim: Dim): Dim {
    return substituteDim(dim, this.fixed);
  }

  /** What the size of a tensor is called where it is no number and no axis of calls. */
  ofTensor(size: Dim): ComputedSize | undefined {
    const dim = this.bound(size);
    const [symbol] = symbolsOf(dim);
    if (constantOf(dim) !== undefined || (symbol !== undefined && equalDims(dim, dimSymbol(symbol)))) return undefined;
    return this.computed(dim);
  }

  /** The expression over axes and sizes that come before it. */
  expression(dim: Dim): Pick<ComputedSize, "dividend" | "divisor"> {
    const exact = this.withoutFloors(this.bound(dim));
    const divisor = commonDivisor(exact);
    return { dividend: multiplyDims(exact, divisor), divisor };
  }

  /** Of a function as kernels have it. */
  inFunction(fn: GraphFunction): GraphFunction {
    return functionWithDims(fn, { size: (dim) => this.size(dim), number: (dim) => this.number(dim) });
  }

  /** A size of an example as a polynomial that kernels can compute with. */
  private size(dim: Dim): Dim {
    const known = this.sizesInKernels.get(dim.key);
    if (known !== undefined) return known;
    const plain = this.number(dim);
    const isPlain = !this.isPerExample(dim) || this.grows(dim);
    const size = isPlain ? plain : dimSymbol(this.computed(dim).symbol);
    this.sizesInKernels.set(dim.key, size);
    return size;
  }

  /** The same of a number that takes no room. */
  private number(dim: Dim): Dim {
    const known = this.inKernels.get(dim.key);
    if (known !== undefined) return known;
    const plain = !this.isPerExample(dim)
      ? dim
      : isSurelyWhole(dim)
        ? this.withoutFloors(dim)
        : dimSymbol(this.computed(dim).symbol);
    this.inKernels.set(dim.key, plain);
    return plain;
  }

  private isPerExample(dim: Dim): boolean {
    return mentions(dim, this.context.perExampleSymbols);
  }

  /** What is taken away of it must grow, too: of what does not, kernels know the largest size, and less is not room enough. */
  private grows(dim: Dim): boolean {
    const isMost = dim.terms.every(
      ({ numerator, powers }) => numerator > 0 || powers.every(([factor]) => this.factorGrows(factor)),
    );
    return isMost && isMonotone(dim, symbolsOf(dim), boundsOf(this.program));
  }

  private factorGrows(factor: Factor): boolean {
    return !isFloor(factor) || this.grows(dimFactor(factor));
  }

  private withoutFloors(dim: Dim): Dim {
    return substituteDim(dim, new Map(floorsOf(dim).map((floor) => [floor.key, dimSymbol(this.floor(floor).symbol)])));
  }

  private floor(floor: Floor): ComputedSize {
    const dim = dimFactor(floor);
    return this.byKey.get(dim.key) ?? this.add(dim, this.withoutFloors(floor.dividend), floor.divisor, true);
  }

  private computed(dim: Dim): ComputedSize {
    const known = this.byKey.get(dim.key);
    if (known !== undefined) return known;
    const [factor, ...others] = factorsOf(dim);
    if (factor !== undefined && others.length === 0 && isFloor(factor) && equalDims(dim, dimFactor(factor))) return this.floor(factor); // prettier-ignore
    const { dividend, divisor } = this.expression(dim);
    return this.add(dim, dividend, divisor, false);
  }

  private add(dim: Dim, dividend: Dim, divisor: Dim, isFloor: boolean): ComputedSize {
    const name = printDim(substituteDim(dim, this.names));
    const kind = mentions(dim, this.context.sequences) ? "sequence" : "dimension";
    const made: ComputedSize = {
      symbol: madeSymbol(name),
      name,
      kind,
      dividend,
      divisor,
      isFloor,
      grows: this.grows(dim),
    };
    this.byKey.set(dim.key, made);
    this.list.push(made);
    return made;
  }
}
