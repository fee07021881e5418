/**
 * Sums of many terms, cut into pieces: those over the examples of a batch, over steps of time, and over long axes that are
 * summed in memory. One axis is cut; what is inside of a piece besides is cut into blocks (`block-sums.ts`), but for
 * products, whose terms of a piece are one chain. A piece is summed from 0 and added to a total, and totals of 64 pieces are
 * added up with what rounding loses of them; so the error does not grow with the number of terms. Time goes from the last 64
 * steps to the first: a gradient over part of the steps is then a sum on the way to that over all of them.
 */
import { at } from "../../base/at.js";
import { affineConstant, affineVariable, addAffine } from "../../ir/kernel/affine.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import type {
  Access,
  Affine,
  LoopAxis,
  KernelExpression,
  PiecesStatement,
  Statement,
} from "../../ir/kernel/kernel-program.js";
import { PIECE } from "../../ir/kernel/kernel-program.js";
import { BATCH_SYMBOL, constantOf, type Dim, dimConstant, dimSymbol, multiplyDims } from "../../base/types/dim.js";
import type { Shape } from "../../base/types/shape.js";
import type { Block } from "./block.js";
import type { BlockedAxis } from "./block-sums.js";
import { load, lostIn, minus, NONE, plus, set } from "./compensated.js";
import { accessOf, type BufferLocation } from "./location.js";
import { exampleAxis, extentOf, type LoopNames, variableIndex } from "./loops.js";
import { Nest } from "./nest.js";

/** Where terms are counted in steps of `dims[axis]`; without an axis, every example is one. */
export interface SumCut {
  readonly summed: boolean;
  readonly axis: number | undefined;
}

/** Terms on several short axes that are cut. */
const MANY = 2 * PIECE;

/** How a sum over `dims`, with `summed` over all examples, too, is cut; undefined where it is short. */
export function cutOf(block: Block, summed: boolean, dims: readonly Dim[]): SumCut | undefined {
  // In the loop of a scan only those examples meet that still run.
  if (summed && block.examples.kind !== "all") return undefined;
  const find = (test: (dim: Dim) => boolean): number | undefined => {
    const axis = dims.findIndex(test);
    return axis < 0 ? undefined : axis;
  };
  const all = dims.reduce((product, dim) => product * (constantOf(dim) ?? 1), 1);
  const axis =
    find((dim) => block.goesOn(dim)) ??
    find((dim) => block.isOfSequence(dim)) ??
    find((dim) => block.hasExampleSize(dim)) ??
    find((dim) => (constantOf(dim) ?? 0) > PIECE) ??
    (all > MANY ? find((dim) => (constantOf(dim) ?? 1) > 1) : undefined);
  return summed || axis !== undefined ? { summed, axis } : undefined;
}

/** A result of the sums, all of its indices but the example's. */
export interface Total {
  /** Where pieces are added up. */
  readonly location: BufferLocation;
  readonly shape: Shape;
  readonly name: string;
  /** Where it is put in the end, if the sum itself goes on from call to call, and what is added to it then. */
  readonly shown?: BufferLocation;
  readonly initial?: InitialAt | undefined;
}

/** What a sum begins from, in loops over its elements. */
export type InitialAt = (axes: readonly LoopAxis[], indices: readonly Affine[]) => KernelExpression;

/** A total, and where the terms of a piece are added up. */
export interface PieceSum {
  readonly total: Total;
  readonly piece: BufferLocation;
  /** Where a piece is in blocks: the sum of one, what rounding has lost of those in the piece, and the summed axes. */
  readonly blocks:
    { readonly block: BufferLocation; readonly lost: BufferLocation; readonly axes: readonly number[] } | undefined;
}

/** The names and loops of one `pieces` statement. */
export class Pieces {
  private readonly block: Block;
  private readonly names: LoopNames;
  private readonly cut: SumCut;
  private readonly dims: readonly Dim[];
  private readonly example: string | undefined;
  private readonly range: { first: string; end: string } | undefined;
  private readonly from: string | undefined;
  private readonly done: string;
  private readonly carried: string;
  /** Of sums that go on from call to call: where both counts lie meanwhile, and what they were when the call began. */
  private readonly kept:
    { readonly counts: BufferLocation; readonly done: string; readonly carried: string } | undefined;

  /** `example` is the loop variable of the examples, around the pieces or in them. */
  constructor(block: Block, names: LoopNames, cut: SumCut, dims: readonly Dim[], example: string | undefined) {
    this.block = block;
    this.names = names;
    this.cut = cut;
    this.dims = dims;
    this.example = example;
    this.range = cut.summed ? { first: names.pick("first"), end: names.pick("end") } : undefined;
    this.from = cut.axis === undefined ? undefined : names.pick("from");
    this.done = names.pick("done");
    this.carried = names.pick("carried");
    if (!block.goesOn(cut.axis === undefined ? undefined : at(dims, cut.axis))) return;
    const counts = block.storage.counts(this.isOfExample);
    this.kept = { counts, done: names.pick("doneBefore"), carried: names.pick("carriedBefore") };
  }

  /** Has every example a total of its own? */
  private get isOfExample(): boolean {
    return this.example !== undefined && !this.cut.summed;
  }

  /**
   * What is added up for a result that lies at `location`.
   *
   * @param initial of a sum that goes on: what it begins from may be a sum that goes on, too, and is complete in the last call only
   */
  totalOf(location: BufferLocation, shape: Shape, name: string, initial?: InitialAt): Total {
    return this.kept === undefined
      ? { location, shape, name }
      : { location: this.keep(`${name}.total`, shape), shape, name, shown: location, initial };
  }

  private keep(name: string, shape: Shape): BufferLocation {
    const { block } = this;
    return block.storage.kept(`${block.path}.${name}`, "real", shape, this.isOfExample);
  }

  /** The loop over the examples of a piece. */
  examples(): LoopAxis {
    const { first, end } = this.range as { first: string; end: string };
    const extent = { kind: "affine", value: affineVariable(end) } as const;
    return { variable: this.example as string, extent, from: affineVariable(first) };
  }

  /** The loop over an axis of the sum; `indexOf` gives the index for its variable. */
  axis(position: number, variable: string): LoopAxis {
    const dim = at(this.dims, position);
    if (position !== this.cut.axis) return { variable, extent: extentOf(this.block, dim, this.example) };
    const from = affineVariable(this.from as string);
    return { variable, extent: { kind: "part", dim, example: this.exampleOf(dim), from, most: PIECE } };
  }

  indexOf(position: number, variable: string): Affine {
    const index = variableIndex(variable);
    return position === this.cut.axis ? addAffine(affineVariable(this.from as string), index) : index;
  }

  /** A nest over the elements of `shape`, whose loops over examples and over the axis of the cut are those of a piece. */
  nest(shape: Shape): Nest {
    const { block, names, cut, example } = this;
    const axes: LoopAxis[] = [];
    if (example !== undefined) axes.push(cut.summed ? this.examples() : exampleAxis(block, example));
    for (const [axis, dim] of shape.entries()) axes.push(this.axis(axis, names.axis(dim)));
    return new Nest(axes, example, names.all(), block.storage.perExampleSymbols);
  }

  /** How many loops of a nest stand around the pieces: that over examples, where each has its own. */
  get depth(): number {
    return this.isOfExample ? 1 : 0;
  }

  private exampleOf(dim: Dim): string | undefined {
    return this.block.hasExampleSize(dim) ? this.example : undefined;
  }

  /** What the total at `access` becomes with the sum of a piece. */
  added(access: Access, sum: KernelExpression, initial?: KernelExpression): KernelExpression {
    const below = initial === undefined ? sum : plus(initial, sum);
    return where(this.done, below, plus(load(access), sum));
  }

  /** `body` for each piece of a scatter, which adds term by term. What goes on from call to call begins as zeros. */
  ofScatter(body: readonly Statement[], { location, shape, shown }: Total, lost: BufferLocation): Statement[] {
    const { kept, example } = this;
    if (kept === undefined || shown === undefined) return this.around(body, []);
    const each = (at: (indices: readonly Affine[]) => Statement): Statement[] => {
      const { axes, indices } = this.over(shape);
      return loopsAround(axes, [at(indices)]);
    };
    const first = [location, lost].flatMap((place) =>
      each((indices) => {
        const access = accessOf(place, indices, example);
        return set(access, where(kept.done, NONE, load(access)));
      }),
    );
    const last = each((indices) => set(accessOf(shown, indices, example), load(accessOf(location, indices, example))));
    return this.around(body, [], { first, last });
  }

  /** `body` for each piece, between what stands `first` and `last`. */
  around(
    body: readonly Statement[],
    totals: readonly Total[],
    { first = [], last = [] }: { readonly first?: readonly Statement[]; readonly last?: readonly Statement[] } = {},
  ): Statement[] {
    const { cut, dims, range, from, done, carried } = this;
    const dim = cut.axis === undefined ? undefined : at(dims, cut.axis);
    const example = dim === undefined || cut.summed ? undefined : this.exampleOf(dim);
    const moves = totals.map((total) => this.carry(total));
    const counts = this.keepCounts();
    const pieces: PiecesStatement = {
      kind: "pieces",
      ...(range && { examples: range }),
      ...(dim && from !== undefined && { steps: { from, dim, example, reverse: this.isReversed(dim) } }),
      ...(this.kept && { after: { done: this.kept.done, carried: this.kept.carried } }),
      done,
      carried,
      body,
      carry: moves.flatMap(({ carry }) => carry),
      finish: [...moves.flatMap(({ finish }) => finish), ...last, ...counts.give],
    };
    return [...counts.take, ...first, pieces];
  }

  /** Takes the counts of the call before, and gives those of this one. */
  private keepCounts(): { readonly take: readonly Statement[]; readonly give: readonly Statement[] } {
    const { kept, done, carried, example } = this;
    if (kept === undefined) return { take: [], give: [] };
    const own = this.isOfExample ? example : undefined;
    const pairs = [
      { before: kept.done, after: done },
      { before: kept.carried, after: carried },
    ].map((names, i) => ({ ...names, access: accessOf(kept.counts, [affineConstant(i)], own) }));
    return {
      take: pairs.map(({ before, access }) => ({ kind: "let_index", name: before, value: { kind: "load", access } })),
      give: pairs.map(({ after, access }) => ({ kind: "store_index", access, value: affineVariable(after) })),
    };
  }

  /** From the last element to the first: of examples any sequence, inside of one that which says so. */
  private isReversed(dim: Dim): boolean {
    return this.cut.summed ? this.block.isOfSequence(dim) : this.block.isSummedFromEnd(dim);
  }

  /** The same for a body that adds to sums in memory. */
  inMemory(body: readonly Statement[], sums: readonly PieceSum[]): Statement[] {
    const clear = sums.flatMap(({ total, piece, blocks }) => {
      const { axes, indices } = this.over(total.shape);
      const places = blocks === undefined ? [piece] : [piece, blocks.lost];
      return loopsAround(axes, places.map((place) => set(accessOf(place, indices, undefined), NONE))); // prettier-ignore
    });
    const add = sums.flatMap(({ total, piece, blocks }) => {
      const { axes, indices } = this.over(total.shape);
      const loaded = (location: BufferLocation) => load(accessOf(location, indices, undefined));
      const to = accessOf(total.location, indices, this.example);
      // With what was lost at last: else zeros after it, of an example that no derivative comes to, would bring it in.
      const isWhole = blocks === undefined || !this.cut.summed;
      const sum = isWhole ? loaded(piece) : minus(loaded(piece), loaded(blocks.lost));
      return loopsAround(axes, [set(to, this.added(to, sum))]);
    });
    return this.around(
      [...clear, ...body, ...add],
      sums.map(({ total }) => total),
    );
  }

  private over(shape: Shape): { axes: LoopAxis[]; indices: Affine[] } {
    const { block, names, cut, example } = this;
    const axes = shape.map((dim): LoopAxis => ({
      variable: names.axis(dim),
      extent: extentOf(block, dim, cut.summed ? undefined : example),
    }));
    return { axes, indices: axes.map(({ variable }) => variableIndex(variable)) };
  }

  /** Totals are added up with what rounding loses on the way: then their number does not matter. */
  private carry({ location, shape, name, shown, initial }: Total): { carry: Statement[]; finish: Statement[] } {
    const { block, names } = this;
    const place = (what: string): BufferLocation =>
      shown === undefined
        ? block.storage.sumsOfTotals(`${block.path}.${name}.${what}`, shape, this.terms())
        : this.keep(`${name}.${what}`, shape);
    const [sums, rests] = [place("sums"), place("lost")];
    const { axes, indices } = this.over(shape);
    const [sum, lost] = [accessOf(sums, indices, this.example), accessOf(rests, indices, this.example)];
    const total = accessOf(location, indices, this.example);
    const [term, before, after] = ["term", "before", "after"].map((hint) => {
      const variable = names.pick(hint);
      return { variable, value: { kind: "variable", name: variable, dtype: "real" } as const };
    }) as [Definition, Definition, Definition];
    const define = ({ variable }: Definition, value: KernelExpression): Statement => ({
      kind: "let",
      name: variable,
      value,
    });
    const rest = minus(load(total), load(lost));
    const whole = plus(load(sum), rest);
    const soFar = where(this.carried, load(total), whole);
    return {
      carry: loopsAround(axes, [
        define(term, where(this.carried, load(total), rest)),
        define(before, where(this.carried, NONE, load(sum))),
        define(after, plus(before.value, term.value)),
        set(lost, lostIn(after.value, before.value, term.value)),
        set(sum, after.value),
      ]),
      finish: loopsAround(axes, [
        shown === undefined
          ? set(total, whole)
          : set(accessOf(shown, indices, this.example), initial ? plus(initial(axes, indices), soFar) : soFar),
      ]),
    };
  }

  /** Steps of all examples. */
  private terms(): Dim {
    const { cut, dims } = this;
    const steps = cut.axis === undefined ? dimConstant(1) : at(dims, cut.axis);
    return cut.summed ? multiplyDims(dimSymbol(BATCH_SYMBOL), steps) : steps;
  }
}

const ONE = affineConstant(1);

interface Definition {
  readonly variable: string;
  readonly value: KernelExpression;
}

function where(count: string, none: KernelExpression, some: KernelExpression): KernelExpression {
  return { kind: "choice", left: affineVariable(count), right: ONE, below: none, otherwise: some, dtype: "real" };
}

export const isSameCut = (a: SumCut | undefined, b: SumCut | undefined): boolean =>
  a?.summed === b?.summed && a?.axis === b?.axis;

/** The same of those that compare equal by these two. */
export const cutKey = (cut: SumCut | undefined, blocks: BlockedAxis | undefined): string =>
  `|${[cut?.summed, cut?.axis, blocks?.place, blocks?.count].join("|")}`;

export const areSameBlocks = (a: BlockedAxis, b: BlockedAxis): boolean => a.place === b.place && a.count === b.count;
