/**
 * How much arithmetic a kernel function does, and how many numbers it moves, region by region, for a call of given sizes
 * in which every example is as long as the call and the parameters are those of the call before. For programs in which
 * products are whole: once they are in tiles, the rounds of loops depend on each other.
 */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { ScalarOp } from "../ops/scalar-ops.js";
import { BATCH_SYMBOL, evaluateDim } from "../../base/types/dim.js";
import { bufferSize } from "./buffer-size.js";
import {
  type Access,
  type Affine,
  type LoopAxis,
  type KernelExpression,
  type IndexExpression,
  type KernelFunction,
  type KernelProgram,
  type ExtentPart,
  FULL_PIECE,
  PIECE,
  type PiecesStatement,
  type ProductStatement,
  type ReductionOp,
  type Statement,
} from "./kernel-program.js";
import { termsOf } from "./visit.js";
import { windowSteps } from "./window-steps.js";

/** Before, in or after the loops over time; between two loops is before the second. */
export type LoopPlace = "before" | "loop" | "after";

export interface RegionCount {
  readonly name: string;
  readonly comment: string;
  readonly place: LoopPlace;
  /** How often the region runs. */
  readonly runs: number;
  /** Multiplications and additions of matrix products: twice rows · columns · contracted. */
  readonly products: number;
  /** Operations on single numbers by kind, sums and the like included. */
  readonly operations: ReadonlyMap<ScalarOp | ReductionOp, number>;
  /**
   * Numbers read and written: of each run, every number of a buffer once for each expression that names it. What stays in
   * registers and caches from one run to the next is not known here; this is what the program asks for.
   */
  readonly reads: number;
  readonly writes: number;
}

/** Sizes of the call: `%B`, `%T` and run-time dimensions. */
export type CountedSizes = ReadonlyMap<string, number>;

export function countOperations(program: KernelProgram, fn: KernelFunction, sizes: CountedSizes): RegionCount[] {
  const means = new Map<string, number>();
  const counter: Counter = {
    sizes,
    means,
    sizeOf: new Map(program.buffers.map((buffer) => [buffer.name, bufferSize(buffer, sizes)])),
  };
  return placesOf(fn).flatMap(({ statement, place }) => regionsIn(statement, place, 1, counter));
}

/** The statements of a function, each with where it stands. */
export function placesOf(fn: KernelFunction): { readonly statement: Statement; readonly place: LoopPlace }[] {
  const last = fn.body.reduce((found, statement, i) => (isTimeLoop(statement) ? i : found), Infinity);
  const lastLoop = last === Infinity ? fn.body.length : last;
  return fn.body.flatMap((statement, i): { statement: Statement; place: LoopPlace }[] => {
    if (statement.kind !== "windows") {
      return [{ statement, place: isTimeLoop(statement) ? "loop" : i < lastLoop ? "before" : "after" }];
    }
    const part = (place: LoopPlace): { statement: Statement; place: LoopPlace } => {
      const body = statement.body.filter((inner) => isTimeLoop(inner) === (place === "loop"));
      return { statement: { ...statement, body }, place };
    };
    return [part("before"), part("loop")];
  });
}

/** A loop over regions: the loop of a scan, also in windows with what stands before it. */
function isTimeLoop(statement: Statement): boolean {
  if (statement.kind === "windows") return true;
  return statement.kind === "for" && statement.body.some((inner) => inner.kind === "region" || isTimeLoop(inner));
}

interface Counter {
  readonly sizes: CountedSizes;
  /** Values of variables that stand for the steps of a window. */
  readonly means: ReadonlyMap<string, number>;
  /** Numbers in each buffer. */
  readonly sizeOf: ReadonlyMap<string, number>;
}

function regionsIn(statement: Statement, place: LoopPlace, runs: number, counter: Counter): RegionCount[] {
  if (statement.kind === "for") {
    const rounds = runs * roundsOf(statement, counter, new Map());
    return statement.body.flatMap((inner) => regionsIn(inner, place, rounds, counter));
  }
  if (statement.kind === "windows") {
    const { sizes } = counter;
    const all = sizes.get(statement.axis) ?? 0;
    const windows = Math.ceil(all / windowSteps(statement, sizes));
    // Of windows that are not all of a size, the mean: sums over all of them are right.
    const means = new Map([...counter.means, [statement.steps, windows === 0 ? 0 : all / windows]]);
    return statement.body.flatMap((inner) => regionsIn(inner, place, runs * windows, { ...counter, means }));
  }
  if (statement.kind !== "region") return [];
  const { products, operations, reads, writes } = new RegionCounter(counter).run(statement.body);
  return [
    {
      name: statement.name,
      comment: statement.comment,
      place,
      runs: Math.round(runs),
      products: Math.round(runs * products),
      operations: new Map([...operations].map(([op, count]) => [op, Math.round(runs * count)])),
      reads: Math.round(runs * reads),
      writes: Math.round(runs * writes),
    },
  ];
}

function roundsOf(
  axis: LoopAxis & { readonly step?: number },
  counter: Pick<Counter, "sizes" | "means">,
  loops: Loops,
): number {
  const { sizes } = counter;
  const { extent, from, step = 1 } = axis;
  const fixed = (value: Affine): number => {
    const known = valueOf(value, counter);
    invariant(known !== undefined, `the rounds of ${axis.variable} depend on a variable`);
    return known;
  };
  const to =
    extent.kind === "affine"
      ? fixed(extent.value)
      : extent.kind === "size"
        ? evaluateDim(extent.dim, sizes)
        : extent.kind === "part"
          ? partOf(extent, sizes, loops)
          : (sizes.get(BATCH_SYMBOL) ?? 0);
  const rounds = Math.max(0, to - (from === undefined ? 0 : fixed(from))) / step;
  const isMean = extent.kind === "part" || (extent.kind === "affine" && extent.value.terms.length > 0);
  return isMean ? rounds : Math.ceil(rounds);
}

/** Undefined where a variable is none whose mean is known. */
function valueOf({ constant, terms }: Affine, { sizes, means }: Pick<Counter, "sizes" | "means">): number | undefined {
  let sum = evaluateDim(constant, sizes);
  for (const { variable, coefficient } of terms) {
    const mean = means.get(variable);
    if (mean === undefined) return undefined;
    sum += mean * evaluateDim(coefficient, sizes);
  }
  return sum;
}

/** The mean of the parts that the loops around it give: together they are all. */
function partOf({ dim, from }: ExtentPart, sizes: CountedSizes, loops: Loops): number {
  return from.terms.reduce(
    (rest, { variable }) => rest / Math.max(1, loops.get(variable) ?? 1),
    evaluateDim(dim, sizes),
  );
}

function blocksOf(steps: number): number {
  return Math.max(1, Math.ceil(steps / PIECE));
}

/** How many pieces a sum is in where all examples are as long as the call: blocks of steps, and of examples in each. */
function piecesOf({ examples, steps }: PiecesStatement, sizes: CountedSizes): { blocks: number; groups: number } {
  const all = steps === undefined ? 1 : evaluateDim(steps.dim, sizes);
  const batch = sizes.get(BATCH_SYMBOL) ?? 0;
  const together = Math.ceil(FULL_PIECE / Math.max(1, Math.min(all, PIECE)));
  return { blocks: blocksOf(all), groups: examples === undefined ? 1 : Math.ceil(batch / together) };
}

/** Rounds by variable, of the loops around a part of a region. */
type Loops = ReadonlyMap<string, number>;

const totalOf = (loops: Loops): number => [...loops.values()].reduce((product, rounds) => product * rounds, 1);

/** One run of one region. */
class RegionCounter {
  products = 0;
  reads = 0;
  writes = 0;
  readonly operations = new Map<ScalarOp | ReductionOp, number>();
  readonly #counter: Counter;
  /** Variables whose mean is known, from where they are made on: nothing reads them where they no longer hold. */
  readonly #means: Map<string, number>;
  /** Loops that an index variable changes with. */
  readonly #changesWith = new Map<string, ReadonlySet<string>>();
  readonly #seen = new Set<string>();

  constructor(counter: Counter) {
    this.#means = new Map(counter.means);
    this.#counter = { ...counter, means: this.#means };
  }

  run(body: readonly Statement[]): this {
    this.#statements(body, new Map());
    return this;
  }

  #statements(body: readonly Statement[], loops: Loops): void {
    for (const statement of body) this.#statement(statement, loops);
  }

  #statement(statement: Statement, loops: Loops): void {
    switch (statement.kind) {
      case "for":
        this.#statements(statement.body, this.#within([statement], loops));
        return;
      case "pieces":
        this.#pieces(statement, loops);
        return;
      case "windows":
        invariant(false, "windows of a call stand around regions");
        return;
      case "region":
        this.#statements(statement.body, loops);
        return;
      case "product":
        this.#product(statement, loops);
        return;
      case "pack": {
        if (statement.onChange) return;
        const { columns, contracted, parts, from } = statement;
        const count = this.#access(from, this.#within([...parts, columns, ...contracted], loops));
        this.reads += count;
        this.writes += count;
        return;
      }
      case "let_index":
        this.#index(statement.name, statement.value, loops);
        return;
      case "let":
      case "assign":
        this.#expression(statement.value, loops);
        return;
      case "accumulator":
        this.#expression(statement.initial, loops);
        return;
      case "accumulate":
        this.#operation(statement.op, loops);
        this.#expression(statement.value, loops);
        return;
      case "store":
        this.#expression(statement.value, loops);
        if (statement.mode === "add") {
          this.#operation("add", loops);
          this.reads += this.#access(statement.access, loops);
        }
        this.writes += this.#access(statement.access, loops, "written");
        return;
      case "store_index":
        this.writes += this.#access(statement.access, loops, "written");
        return;
      case "zero_padding":
      case "select_examples":
        // Nothing to do where all examples are as long as the call.
        return;
    }
  }

  #product(product: ProductStatement, loops: Loops): void {
    const { rows, columns, initial, out, schedule: { tail, copied } = {} } = product;
    const outer = this.#within(
      [rows, columns].filter((axis) => axis !== undefined),
      loops,
    );
    for (const { contracted, a, b } of termsOf(product)) {
      const all = this.#within(contracted, outer);
      this.products += 2 * totalOf(all);
      const left = this.#access(a, all);
      this.reads += left + this.#access(b, all);
      if (copied !== undefined && a === product.a) {
        this.writes += left;
        this.reads += left;
      }
    }
    if (initial !== undefined) this.#expression(initial, outer);
    if (product.result !== undefined) this.#expression(product.result, outer);
    if (out !== undefined) this.writes += this.#access(out, outer, "written");
    if (tail === undefined) return;
    const inRow = this.#within(rows === undefined ? [] : [rows], loops);
    this.#statements(tail.body, new Map([...inRow, [tail.unit, tail.length]]));
  }

  /** One piece as many times as there are; that sums of totals are rare is left out. */
  #pieces(statement: PiecesStatement, loops: Loops): void {
    const { examples, steps, body } = statement;
    const { sizes } = this.#counter;
    const { blocks, groups } = piecesOf(statement, sizes);
    const around = new Map(loops);
    if (steps !== undefined) around.set(steps.from, blocks);
    if (examples !== undefined) {
      around.set(examples.first, groups);
      this.#means.set(examples.first, 0).set(examples.end, (sizes.get(BATCH_SYMBOL) ?? 0) / groups);
    }
    this.#statements(body, around);
  }

  #within(axes: readonly (LoopAxis & { readonly step?: number })[], loops: Loops): Loops {
    for (const { variable, from } of axes) {
      if (from !== undefined) this.#changesWith.set(variable, new Set([variable, ...this.#loopsOf(from.terms)]));
    }
    return new Map([
      ...loops,
      ...axes.map((axis): [string, number] => [axis.variable, roundsOf(axis, this.#counter, loops)]),
    ]);
  }

  #expression(value: KernelExpression, loops: Loops): void {
    if (value.kind === "load") this.reads += this.#access(value.access, loops);
    else if (value.kind === "operation") {
      this.#operation(value.op, loops);
      for (const operand of value.operands) this.#expression(operand, loops);
    } else if (value.kind === "choice") {
      // Which side is taken changes from place to place: both count, as a bound.
      this.#expression(value.below, loops);
      this.#expression(value.otherwise, loops);
    }
  }

  #operation(op: ScalarOp | ReductionOp, loops: Loops): void {
    this.operations.set(op, (this.operations.get(op) ?? 0) + totalOf(loops));
  }

  #index(name: string, value: IndexExpression, loops: Loops): void {
    if (value.kind === "load" || value.kind === "whole") this.reads += this.#access(value.access, loops);
    this.#changesWith.set(name, this.#loopsOf(indexTerms(value)));
    const mean = this.#meanOf(value, loops);
    if (mean !== undefined) this.#means.set(name, mean);
  }

  /** Of integers that loops count by. */
  #meanOf(value: IndexExpression, loops: Loops): number | undefined {
    const { sizes } = this.#counter;
    if (value.kind === "affine") return valueOf(value.value, this.#counter);
    if (value.kind === "size") return evaluateDim(value.dim, sizes);
    if (value.kind === "part") return partOf(value, sizes, loops);
    if (value.kind !== "divide") return undefined;
    const [left, right] = [valueOf(value.left, this.#counter), valueOf(value.right, this.#counter)];
    return left === undefined || right === undefined ? undefined : Math.floor(left / right);
  }

  #loopsOf(terms: Affine["terms"]): ReadonlySet<string> {
    return new Set(terms.flatMap(({ variable }) => [...(this.#changesWith.get(variable) ?? [variable])]));
  }

  /** Numbers of a buffer that an expression names: once each, and only where no other expression was the same. */
  #access({ buffer, offset }: Access, loops: Loops, kind: "read" | "written" = "read"): number {
    const terms = offset.terms.map(({ variable, coefficient }) => `${coefficient.key}*${variable}`);
    const key = [kind, buffer, offset.constant.key, ...terms].join(" ");
    if (this.#seen.has(key)) return 0;
    this.#seen.add(key);
    if (totalOf(loops) === 0) return 0;
    const size = this.#counter.sizeOf.get(buffer);
    invariant(size !== undefined, `there is no buffer ${buffer}`);
    const used = this.#loopsOf(offset.terms);
    return Math.min(size, totalOf(new Map([...loops].filter(([variable]) => used.has(variable)))));
  }
}

function indexTerms(value: IndexExpression): Affine["terms"] {
  switch (value.kind) {
    case "affine":
      return value.value.terms;
    case "size":
      return [];
    case "part":
      return value.from.terms;
    case "load":
    case "whole":
      return value.access.offset.terms;
    default:
      return [...value.left.terms, ...value.right.terms];
  }
}
