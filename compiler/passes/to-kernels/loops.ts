/** Loop nests over the elements of a value. */
import type { Affine, LoopAxis, LoopExtent } from "../../ir/kernel/kernel-program.js";
import { affineConstant } from "../../ir/kernel/affine.js";
import { TakenNames } from "../../ir/kernel/fresh-names.js";
import { type Dim, dimSymbol, equalDims, symbolsOf } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Block } from "./block.js";
import { Nest } from "./nest.js";

const axisNames = ["i", "j", "k", "l", "m", "n"];

/** Hands out loop variables that differ from those around and from each other. */
export class LoopNames {
  private readonly taken: TakenNames;
  private readonly sequences: ReadonlySet<string>;

  constructor(block: Block) {
    this.taken = new TakenNames(block.scope);
    this.sequences = block.storage.sequences;
  }

  pick(hint: string): string {
    return this.taken.pick(hint);
  }

  /** `t` for a sequence, else the next of i, j, k … */
  axis(dim: Dim): string {
    if (this.isSequence(dim)) return this.pick("t");
    const free = axisNames.find((name) => !this.taken.has(name));
    return this.pick(free ?? "i");
  }

  /** Is it just the size of one? */
  private isSequence(dim: Dim): boolean {
    const [symbol] = symbolsOf(dim);
    return symbol !== undefined && this.sequences.has(symbol) && equalDims(dim, dimSymbol(symbol));
  }

  all(): Iterable<string> {
    return this.taken.all();
  }
}

/** The extent of an axis: of the example at hand where it has its own size and there is one. */
export function extentOf(block: Block, dim: Dim, example: string | undefined): LoopExtent {
  if (example !== undefined && block.hasExampleSize(dim)) return { kind: "size", dim, example };
  return { kind: "affine", value: affineConstant(dim) };
}

export function exampleAxis(block: Block, variable: string): LoopAxis {
  return { variable, extent: { kind: "examples", examples: block.examples } };
}

/** A nest over `shape`, around it one over the examples where each has its own. */
export function nestFor(block: Block, shape: Shape, perExample: boolean): Nest {
  const names = new LoopNames(block);
  const example = perExample ? names.pick("b") : undefined;
  const axes: LoopAxis[] = example === undefined ? [] : [exampleAxis(block, example)];
  for (const dim of shape) axes.push({ variable: names.axis(dim), extent: extentOf(block, dim, example) });
  return new Nest(axes, example, names.all(), block.storage.perExampleSymbols);
}

/** The axes of a nest without the examples'. */
export function axesOf(nest: Nest): readonly LoopAxis[] {
  return nest.example === undefined ? nest.axes : nest.axes.slice(1);
}

/** Of those axes. */
export function indicesOf(nest: Nest): Affine[] {
  return axesOf(nest).map(({ variable }) => variableIndex(variable));
}

export function variableIndex(variable: string): Affine {
  return {
    constant: affineConstant(0).constant,
    terms: [{ variable, coefficient: affineConstant(1).constant }],
  };
}
