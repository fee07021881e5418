/**
 * Computes input projections for some steps at a time, in front of the loop over these steps, instead of for all steps in
 * front of the whole loop: what the loop reads of them is still in a near cache then, and they take little memory however
 * long a sequence is. Every sum takes the same terms in the same order.
 *
 * The rows of a projection (the steps of all examples) are copied one after the other first, as a sequence of one example
 * lies together in its buffer: `[B, T, I]` becomes `[steps, B, I]`.
 *
 * Needs: a scratch result `[B, T, columns]` that only one forward loop over time reads, at its own step, operands that
 * nothing writes meanwhile, and the same weights and starts for all rows. Leaves alone: projections with a tail, and loops that run backwards.
 */
import { at, listAt, lookUp } from "../../base/at.js";
import {
  addAffine,
  affineConstant,
  affineKey,
  affineVariable,
  moves,
  plainExtent,
  scaleAffine,
} from "../../ir/kernel/affine.js";
import { freshBuffer } from "../../ir/kernel/fresh-names.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import { countTerms, termIndex } from "../../ir/kernel/terms.js";
import type {
  Access,
  Affine,
  LoopAxis,
  ForStatement,
  KernelFunction,
  Statement,
  WindowsStatement,
  RegionStatement,
} from "../../ir/kernel/kernel-program.js";
import { type AccessUse, forEachAccess, mapStatement } from "../../ir/kernel/visit.js";
import {
  addDims,
  BATCH_SYMBOL,
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  equalDims,
  multiplyDims,
  symbolsOf,
} from "../../base/types/dim.js";
import { type UnplacedBuffer, wholeOf } from "../../ir/kernel/unplanned.js";
import type { KernelPass } from "./kernel-pass.js";
import { type ProductNest, productNest } from "./product-nest.js";
import type { VectorTarget } from "./target.js";
import { realBytes } from "../../ir/ops/number-range.js";

export const projectInWindows: KernelPass<VectorTarget> = {
  name: "project-in-windows",
  summary: "compute input projections for some steps at a time, so that the loop finds them in a near cache",
  run: ({ functions, buffers, ...rest }, { machine: { windows }, dtype }) => {
    const left = new Map(buffers);
    const size = realBytes[dtype];
    return { ...rest, functions: functions.map((fn) => new Projector(fn, left, windows, size).run()), buffers: left };
  },
};

const BATCH = dimSymbol(BATCH_SYMBOL);
const ROW = "row";

interface WindowProjection extends ProductNest {
  readonly region: RegionStatement;
  /** The variables of its rows. */
  readonly example: string;
  readonly step: string;
  readonly columns: LoopAxis;
  readonly width: number;
  /** Terms of a sum. */
  readonly depth: number;
}

/** Where a buffer is touched: by which statement of the kernel. */
interface Touch {
  readonly statement: Statement;
  readonly access: Access;
  readonly use: AccessUse;
}

class Projector {
  private readonly fn: KernelFunction;
  /** Of each buffer, all that touches it, and the places of the statements that write it or a part of it: asked for each projection. */
  private readonly touches = new Map<string, Touch[]>();
  private readonly writers = new Map<string, number[]>();
  private readonly places = new Map<Statement, number>();
  private readonly buffers: Map<string, UnplacedBuffer>;
  private readonly limits: VectorTarget["windows"];
  /** Bytes of a number. */
  private readonly size: number;

  constructor(fn: KernelFunction, buffers: Map<string, UnplacedBuffer>, limits: VectorTarget["windows"], size: number) {
    this.fn = fn;
    this.buffers = buffers;
    this.limits = limits;
    this.size = size;
    for (const [place, statement] of fn.body.entries()) {
      this.places.set(statement, place);
      forEachAccess(statement, (access, use) => {
        listAt(this.touches, access.buffer).push({ statement, access, use });
        if (use !== "read") listAt(this.writers, wholeOf(access.buffer, buffers)).push(place);
      });
    }
  }

  run(): KernelFunction {
    let { body } = this.fn;
    const nests = this.fn.body.flatMap((statement) => nestOf(statement) ?? []);
    for (const loop of this.fn.body) {
      const axis = loop.kind === "for" ? sequenceOf(loop) : undefined;
      if (loop.kind !== "for" || axis === undefined) continue;
      const projections = nests.flatMap((nest) => this.projection(nest, loop, axis) ?? []);
      if (projections.length === 0) continue;
      const moved = new Set<Statement>(projections.map(({ region }) => region));
      const windows = this.windows(projections, loop, axis);
      body = body.flatMap((statement) => (moved.has(statement) ? [] : [statement === loop ? windows : statement]));
    }
    return { ...this.fn, body };
  }

  /** What a product of a region is where it can be moved to `loop`. */
  private projection({ region, nest }: RegionNest, loop: ForStatement, axis: string): WindowProjection | undefined {
    const { rows, columns, contracted, out, initial, schedule: { earlier, copied } = {} } = nest.product;
    const around = at(nest.loops, 0);
    const [example, step] = [around.variable, rows?.variable];
    if (earlier !== undefined || copied !== undefined || columns === undefined || step === undefined) return undefined;
    if (around.extent.kind !== "examples" || around.extent.examples.kind !== "all") return undefined;
    const all = dimSymbol(axis);
    const extent = rows?.extent;
    if (extent?.kind !== "size" || extent.example !== example || !equalDims(extent.dim, all)) return undefined;
    const width = plainExtent(columns.extent);
    const depth = countTerms(contracted);
    if (width === undefined || depth === undefined) return undefined;
    const row = addAffine(scaleAffine(affineVariable(example), all), affineVariable(step));
    if (affineKey(out.offset) !== affineKey(placeOf(row, width, affineVariable(columns.variable)))) return undefined;
    // What the caller sees, parts of others, and what has parts keep their contents.
    if (lookUp(this.buffers, out.buffer).persistent) return undefined;
    if (!this.isReadAtItsStep(out.buffer, [all, width], region, loop)) return undefined;
    // Rows stand one after the other in a window: what a row takes beside its own terms must be the same for all.
    let shared = true;
    const look = ({ offset }: Access): void => {
      shared &&= !moves(offset, example) && !moves(offset, step);
    };
    look(nest.product.b);
    if (initial !== undefined) forEachAccess({ kind: "let", name: "", value: initial }, look);
    if (!shared || !this.isSteady(nest, region, loop)) return undefined;
    return { ...nest, region, example, step, columns, width, depth };
  }

  /** Is what `writer` stores in `buffer` read by `loop` only, and there at the step at hand? */
  private isReadAtItsStep(buffer: string, matrix: Matrix, writer: Statement, loop: ForStatement): boolean {
    return (this.touches.get(buffer) ?? []).every(({ statement, access, use }) => {
      if (statement === writer) return true;
      return statement === loop && use === "read" && isInRow(access.offset, matrix, loop.variable);
    });
  }

  /** Does `loop` come after the projection, and is nothing that it reads written up to the end of the loop? */
  private isSteady({ product }: ProductNest, from: Statement, loop: ForStatement): boolean {
    const [start, end] = [lookUp(this.places, from), lookUp(this.places, loop)];
    const isWritten = (buffer: string): boolean =>
      (this.writers.get(wholeOf(buffer, this.buffers)) ?? []).some((place) => place > start && place <= end);
    let steady = start < end;
    forEachAccess(product, ({ buffer }, use) => {
      if (use === "read") steady &&= !isWritten(buffer);
    });
    return steady;
  }

  private windows(projections: readonly WindowProjection[], loop: ForStatement, axis: string): WindowsStatement {
    const { variable } = loop;
    const [first, steps, step] = [`${variable} first`, `${variable} steps`, `${variable} in window`];
    const all = projections.reduce((sum, { width }) => sum + width, 0);
    const { bytes, fewestRows, mostRows } = this.limits;
    const rows = Math.min(mostRows, Math.max(fewestRows, Math.floor(bytes / this.size / all)));
    const window = { axis, first, steps, rows };
    const copies = new Map<string, { region: RegionStatement; rows: Access }>();
    const regions = projections.map((projection) => this.inWindow(projection, window, copies));
    const widths = new Map(projections.map(({ product, width }) => [product.out.buffer, width]));
    const access = (value: Access): Access => {
      const width = widths.get(value.buffer);
      return width === undefined ? value : { ...value, offset: inWindow(value.offset, width, variable, step) };
    };
    const now = addAffine(affineVariable(first), affineVariable(step));
    const body: Statement[] = [
      { kind: "let_index", name: variable, value: { kind: "affine", value: now } },
      ...loop.body.map((statement) => mapStatement(statement, { access })),
    ];
    const inner: ForStatement = { ...loop, variable: step, extent: upTo(affineVariable(steps)), body };
    return {
      kind: "windows",
      ...window,
      body: [...[...copies.values()].map(({ region }) => region), ...regions, inner],
    };
  }

  /** The projection for the steps of a window, from a copy of its rows; projections of the same rows share one. */
  private inWindow(
    { region, product, columns, width, depth, step, example }: WindowProjection,
    window: Omit<WindowsStatement, "kind" | "body">,
    copies: Map<string, { region: RegionStatement; rows: Access }>,
  ): RegionStatement {
    const { a, out, contracted } = product;
    const most = (each: number): Dim => multiplyDims(dimConstant(each), addDims(BATCH, dimConstant(window.rows)));
    const key = JSON.stringify([a, contracted, step, example]);
    let copy = copies.get(key);
    if (copy === undefined) {
      const buffer = freshBuffer(this.buffers, `${out.buffer}.rows`);
      const size = multiplyDims(dimConstant(depth), multiplyDims(BATCH, dimSymbol(window.axis)));
      this.buffers.set(buffer, {
        name: buffer, external: false, dtype: "real", persistent: false, size, most: most(depth),
      }); // prettier-ignore
      const terms = termIndex(contracted);
      const row = addAffine(scaleAffine(affineVariable(step), BATCH), affineVariable(example));
      const store: Statement = {
        kind: "store",
        access: { buffer, offset: placeOf(row, depth, terms) },
        value: { kind: "load", access: { ...a, offset: from(a.offset, step, window.first) }, dtype: "real" },
        mode: "set",
      };
      const axes: LoopAxis[] = [
        { variable: step, extent: upTo(affineVariable(window.steps)) },
        { variable: example, extent: { kind: "examples", examples: { kind: "all" } } },
        ...contracted,
      ];
      copy = {
        rows: { buffer, offset: placeOf(affineVariable(ROW), depth, terms) },
        region: {
          kind: "region",
          name: `${region.name} rows`,
          comment: "the rows of some steps",
          body: loopsAround(axes, [store]),
        },
      };
      copies.set(key, copy);
    }
    this.buffers.set(out.buffer, { ...lookUp(this.buffers, out.buffer), most: most(width) });
    const rows: LoopAxis = { variable: ROW, extent: upTo(scaleAffine(affineVariable(window.steps), BATCH)) };
    const place = { ...out, offset: placeOf(affineVariable(ROW), width, affineVariable(columns.variable)) };
    return { ...region, body: [{ ...product, rows, a: copy.rows, out: place }] };
  }
}

/** Of a forward loop over all steps of the call, around regions, the sequence: what symbols are left have sizes of calls. */
function sequenceOf({ extent, from: start, reverse, step, body }: ForStatement): string | undefined {
  if (extent.kind !== "affine" || start !== undefined || reverse || step !== 1) return undefined;
  const { constant, terms } = extent.value;
  const axis = symbolsOf(constant).find((symbol) => symbol !== BATCH_SYMBOL);
  const isAll = axis !== undefined && terms.length === 0 && equalDims(constant, dimSymbol(axis));
  return isAll && body.some(({ kind }) => kind === "region") ? axis : undefined;
}

function upTo(value: Affine): Extract<LoopAxis["extent"], { kind: "affine" }> {
  return { kind: "affine", value };
}

/** An element of a row of a matrix with rows of `width`. */
function placeOf(row: Affine, width: number, column: Affine): Affine {
  return addAffine(scaleAffine(row, dimConstant(width)), column);
}

/** All steps, and the numbers of one: of `[B, T, width]`. */
type Matrix = readonly [all: Dim, width: number];

/** Is the place in row (example, `step`) of a matrix, at a column that no size of the call moves? */
function isInRow({ constant, terms }: Affine, [all, width]: Matrix, step: string): boolean {
  const start = constantOf(constant);
  const stride = dimConstant(width);
  const own = terms.find(({ variable }) => variable === step);
  const [example, ...others] = terms.filter((term) => constantOf(term.coefficient) === undefined);
  if (own === undefined || !equalDims(own.coefficient, stride)) return false;
  if (example === undefined || others.length > 0) return false;
  return equalDims(example.coefficient, multiplyDims(stride, all)) && start !== undefined && start >= 0;
}

/** A place in row (example, `time`) of `[B, T, width]` as the one in row (`step`, example) of `[steps, B, width]`. */
function inWindow({ constant, terms }: Affine, width: number, time: string, step: string): Affine {
  const stride = dimConstant(width);
  const moved = terms.map(({ variable, coefficient }) => {
    if (variable === time) return scaleAffine(affineVariable(step), multiplyDims(stride, BATCH));
    return scaleAffine(affineVariable(variable), constantOf(coefficient) === undefined ? stride : coefficient);
  });
  return moved.reduce(addAffine, affineConstant(constant));
}

/** The place for `step` counted from `first` on. */
function from(offset: Affine, step: string, first: string): Affine {
  const own = offset.terms.find(({ variable }) => variable === step);
  return own === undefined ? offset : addAffine(offset, scaleAffine(affineVariable(first), own.coefficient));
}

/** A region that is one product in one loop. */
interface RegionNest {
  readonly region: RegionStatement;
  readonly nest: ProductNest;
}

function nestOf(statement: Statement): RegionNest | undefined {
  const nest = statement.kind === "region" ? productNest(statement) : undefined;
  if (nest === undefined || statement.kind !== "region" || nest.loops.length !== 1) return undefined;
  return { region: statement, nest };
}
