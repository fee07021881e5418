/**
 * Joins a product with the elementwise region after it: the region runs on the sums while they are in registers, and the
 * values between the two are never stored. For an LSTM the columns of the product are four strips, one for each gate.
 *
 * Needs: a scratch result that only the region reads, at the places of the same row; the same loops around both. A left
 * operand that the region overwrites (the state) is copied first: other tiles still read it. Leaves alone: products with
 * more strips than the target has tiles for, and regions that could not run in lanes.
 */
import { at } from "../../base/at.js";
import {
  affineKey,
  affineVariable,
  ONE,
  plainExtent,
  plainValue,
  substituteAffine,
  subtractAffine,
} from "../../ir/kernel/affine.js";
import { collectNames } from "../../ir/kernel/bound-names.js";
import { freshBuffer, TakenNames } from "../../ir/kernel/fresh-names.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import { countTerms } from "../../ir/kernel/terms.js";
import type {
  Access,
  Affine,
  LoopAxis,
  KernelExpression,
  LoopExtent,
  ProductStatement,
  Statement,
  RegionStatement,
} from "../../ir/kernel/kernel-program.js";
import { forEachAccess, mapStatement, writtenBuffers } from "../../ir/kernel/visit.js";
import { BATCH_SYMBOL, constantOf, type Dim, dimConstant, dimSymbol, multiplyDims } from "../../base/types/dim.js";
import { type UnplacedBuffer, type UnplannedKernels, placeInWhole, wholeOf } from "../../ir/kernel/unplanned.js";
import type { KernelPass } from "./kernel-pass.js";
import { type ProductNest, productNest } from "./product-nest.js";
import { tileOf, type VectorTarget } from "./target.js";
import { isVectorizable } from "../../ir/kernel/vectorizable.js";

export const fuseTails: KernelPass<VectorTarget> = {
  name: "fuse-tails",
  summary: "run the elementwise region after a product on its sums in registers",
  run: (kernels, { machine }) => new TailFuser(kernels, machine).run(),
};

interface ElementwiseNest {
  readonly axes: readonly LoopAxis[];
  /** What stands before each inner loop, in order. */
  readonly before: readonly Statement[];
  readonly body: readonly Statement[];
}

interface Copied {
  readonly before: readonly Statement[];
  /** The left operand, and where its rows are copied by the product itself. */
  readonly a: Access;
  readonly copied?: string;
}

class TailFuser {
  private readonly kernels: UnplannedKernels;
  private readonly target: VectorTarget;
  private readonly buffers: Map<string, UnplacedBuffer>;
  private readonly reads = new Map<string, number>();
  private readonly writes = new Map<string, number>();

  constructor(kernels: UnplannedKernels, target: VectorTarget) {
    this.kernels = kernels;
    this.target = target;
    this.buffers = new Map(kernels.buffers);
  }

  run(): UnplannedKernels {
    for (const { body } of this.kernels.functions) this.countUses(body);
    const functions = this.kernels.functions.map((fn) => {
      const around = new Set<string>();
      collectNames(fn.body, around);
      return { ...fn, body: this.fuseList(fn.body, around) };
    });
    return { ...this.kernels, functions, buffers: this.buffers };
  }

  /** In how many regions each buffer is read, and in how many written: by their names, as parts of others and what has parts are kept. */
  private countUses(statements: readonly Statement[]): void {
    for (const statement of statements) {
      if (statement.kind === "for") {
        this.countUses(statement.body);
        continue;
      }
      const read = new Set<string>();
      forEachAccess(statement, ({ buffer }, use) => {
        if (use !== "write") read.add(buffer);
      });
      for (const name of read) this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
      const written = writtenBuffers([statement], (buffer) => buffer);
      for (const name of written) this.writes.set(name, (this.writes.get(name) ?? 0) + 1);
    }
  }

  /** @param around names that are bound outside of regions */
  private fuseList(statements: readonly Statement[], around: ReadonlySet<string>): Statement[] {
    const result: Statement[] = [];
    for (const statement of statements) {
      if (statement.kind === "for") {
        result.push({ ...statement, body: this.fuseList(statement.body, around) });
        continue;
      }
      const previous = result.at(-1);
      const fused =
        previous?.kind === "region" && statement.kind === "region" ? this.fuse(previous, statement, around) : undefined;
      if (fused === undefined) result.push(statement);
      else result.splice(-1, 1, ...fused);
    }
    return result;
  }

  private fuse(first: RegionStatement, second: RegionStatement, around: ReadonlySet<string>): Statement[] | undefined {
    const made = productNest(first);
    const nest = elementwiseNest(second);
    if (made === undefined || nest === undefined) return undefined;
    const { product, loops } = made;
    const { buffer } = product.out;
    if (this.buffers.get(buffer)?.persistent !== false) return undefined;
    if (this.reads.get(buffer) !== 1 || this.writes.get(buffer) !== 1) return undefined;
    const rows = [...loops, ...(product.rows === undefined ? [] : [product.rows])];
    const names = matchAxes(rows, nest.axes.slice(0, -1));
    const unitAxis = nest.axes.at(-1);
    const length = unitAxis && plainExtent(unitAxis.extent);
    const columns = product.columns && plainExtent(product.columns.extent);
    if (names === undefined || unitAxis === undefined || product.columns === undefined) return undefined;
    if (length === undefined || length === 0 || columns === undefined || columns % length !== 0) return undefined;
    const strips = columns / length;
    if (tileOf(this.target, strips) === undefined) return undefined;

    const taken = namesIn([first, second], around);
    const unit = taken.pick("unit");
    names.set(unitAxis.variable, affineVariable(unit));
    const sums = Array.from({ length: strips }, (_, strip) => taken.pick(`sum${strip}`));
    const rename = { affine: (value: Affine) => substituteAffine(value, names) };
    const place = substituteAffine(product.out.offset, new Map([[product.columns.variable, affineVariable(unit)]]));
    const stride = product.out.offset.terms.find(({ variable }) => variable === product.columns?.variable);
    const step = stride === undefined ? undefined : constantOf(stride.coefficient);
    let fits = step !== undefined;
    let reads = false;
    const body = [...nest.before, ...nest.body].map((statement) =>
      replaceLoads(mapStatement(renameExamples(statement, nest.axes, rows), rename), (load) => {
        if (load.access.buffer !== buffer) return load;
        const distance = subtractAffine(load.access.offset, place);
        const constant = plainValue(distance);
        const strip = constant === undefined ? -1 : constant / (length * (step ?? 1));
        const name = sums[strip];
        if (name === undefined || load.dtype === "bool") {
          fits = false;
          return load;
        }
        reads = true;
        return { kind: "variable", name, dtype: "real" };
      }),
    );
    const rounds = { variable: unit, rounds: length };
    if (!reads || !fits || !isVectorizable(body, rounds, (name) => placeInWhole(name, this.buffers))) return undefined;
    const copied = this.copyOperand(made, first, body);
    if (copied === undefined) return undefined;
    this.buffers.delete(buffer);
    const { a, copied: copy } = copied;
    const tail = { unit, length, sums, body };
    const schedule = { ...product.schedule, ...(copy !== undefined && { copied: { to: copy } }), tail };
    const fused: ProductStatement = { ...product, a, out: undefined, schedule };
    const region: RegionStatement = {
      ...second,
      comment: `${first.comment}, then ${second.comment}`,
      body: loopsAround(loops, [fused]),
    };
    return [...copied.before, region];
  }

  /** Where the left operand is read, and what copies it where `tail` overwrites it; undefined where the two cannot be joined. */
  private copyOperand(
    { product, loops }: ProductNest,
    first: RegionStatement,
    tail: readonly Statement[],
  ): Copied | undefined {
    const stored = writtenBuffers(tail, (buffer) => wholeOf(buffer, this.buffers));
    let conflict = stored.has(wholeOf(product.b.buffer, this.buffers));
    if (product.initial !== undefined) {
      forEachAccess({ kind: "let", name: "", value: product.initial }, ({ buffer }) => {
        conflict ||= stored.has(wholeOf(buffer, this.buffers));
      });
    }
    if (conflict) return undefined;
    if (!stored.has(wholeOf(product.a.buffer, this.buffers))) return { before: [], a: product.a };
    const source = this.buffers.get(product.a.buffer);
    if (source === undefined) return undefined;
    const name = freshBuffer(this.buffers, `${product.out.buffer}.operand`);
    const buffer = { name, external: false, dtype: source.dtype, persistent: false };
    const rows = product.rows === undefined ? ONE : rowsOf(product.rows);
    const depth = countTerms(product.contracted);
    // Around other loops the tail of one round would overwrite what the next one copies.
    if (loops.length === 0 && rows !== undefined && depth !== undefined) {
      this.buffers.set(name, { ...buffer, size: multiplyDims(rows, dimConstant(depth)) });
      return { before: [], a: product.a, copied: name };
    }
    this.buffers.set(name, { ...buffer, size: source.size });
    const a = { ...product.a, buffer: name };
    const store: Statement = {
      kind: "store",
      access: a,
      value: { kind: "load", access: product.a, dtype: "real" },
      mode: "set",
    };
    const axes = [...loops, ...(product.rows === undefined ? [] : [product.rows]), ...product.contracted];
    const body = loopsAround(axes, [store]);
    const comment = "a copy of the left operand";
    return { before: [{ kind: "region", name: `${first.name} operand`, comment, body }], a };
  }
}

/** At most how many rows there are, where they can be copied one after the other. */
function rowsOf({ extent }: LoopAxis): Dim | undefined {
  if (extent.kind === "examples") return dimSymbol(BATCH_SYMBOL);
  const rows = plainExtent(extent);
  return rows === undefined ? undefined : dimConstant(rows);
}

function elementwiseNest({ body }: RegionStatement): ElementwiseNest | undefined {
  const axes: LoopAxis[] = [];
  const before: Statement[] = [];
  let statements = body;
  for (;;) {
    const loop = statements.at(-1);
    if (loop?.kind !== "for") break;
    if (loop.from !== undefined || loop.reverse || loop.step !== 1) return undefined;
    before.push(...statements.slice(0, -1));
    axes.push(loop);
    statements = loop.body;
  }
  if (axes.length === 0) return undefined;
  const simple = (list: readonly Statement[]): boolean =>
    list.every(({ kind }) => kind === "let" || kind === "store" || kind === "let_index");
  if (!simple(statements) || !before.every(({ kind }) => kind === "let" || kind === "let_index")) return undefined;
  return { axes, before, body: statements };
}

/** Variables of the second axes as those of the first, where the axes are the same. */
function matchAxes(first: readonly LoopAxis[], second: readonly LoopAxis[]): Map<string, Affine> | undefined {
  if (first.length !== second.length) return undefined;
  const names = new Map<string, Affine>();
  for (const [i, axis] of second.entries()) {
    const other = at(first, i);
    if (!sameExtent(other.extent, axis.extent, names)) return undefined;
    names.set(axis.variable, affineVariable(other.variable));
  }
  return names;
}

function sameExtent(a: LoopExtent, b: LoopExtent, names: ReadonlyMap<string, Affine>): boolean {
  if (a.kind === "affine" && b.kind === "affine") {
    return affineKey(a.value) === affineKey(substituteAffine(b.value, names));
  }
  if (a.kind === "size" && b.kind === "size") {
    return a.dim.key === b.dim.key && names.get(b.example)?.terms[0]?.variable === a.example;
  }
  if (a.kind !== "examples" || b.kind !== "examples") return false;
  if (a.examples.kind === "all" || b.examples.kind === "all") return a.examples.kind === b.examples.kind;
  return a.examples.list === b.examples.list && a.examples.count === b.examples.count;
}

/** Sizes name their example by its variable, which is no affine expression. */
function renameExamples(statement: Statement, from: readonly LoopAxis[], to: readonly LoopAxis[]): Statement {
  if (statement.kind !== "let_index" || statement.value.kind !== "size") return statement;
  const { example } = statement.value;
  const position = from.findIndex(({ variable }) => variable === example);
  const renamed = to[position]?.variable ?? example;
  return { ...statement, value: { ...statement.value, example: renamed } };
}

type Load = Extract<KernelExpression, { kind: "load" }>;

function replaceLoads(statement: Statement, replace: (load: Load) => KernelExpression): Statement {
  const visit = (value: KernelExpression): KernelExpression => {
    if (value.kind === "load") return replace(value);
    if (value.kind === "operation") return { ...value, operands: value.operands.map(visit) };
    if (value.kind === "choice") return { ...value, below: visit(value.below), otherwise: visit(value.otherwise) };
    return value;
  };
  if (statement.kind === "let" || statement.kind === "store") return { ...statement, value: visit(statement.value) };
  return statement;
}

function namesIn(regions: readonly RegionStatement[], around: ReadonlySet<string>): TakenNames {
  const bound = new Set(around);
  for (const { body } of regions) collectNames(body, bound);
  return new TakenNames(bound);
}
