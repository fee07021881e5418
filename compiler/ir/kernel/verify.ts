/**
 * Checks of a kernel program, for given sizes of a call:
 * - every variable is bound before it is used, and bound once on a path;
 * - every access lies inside its buffer, whatever the loops do (offsets that hold a loaded
 *   index or the size of an example are not judged);
 * - the left operand of a product does not move with the columns, the right one not with the rows, and neither is the
 *   buffer the product writes;
 * - an accumulator in parts is added to in the loop that counts the parts, which runs from 0 in steps of 1;
 * - buffers that are in use at the same time do not overlap.
 */
import { BATCH_SYMBOL, type Dim, evaluateDim, TIME_SYMBOL } from "../../base/types/dim.js";
import { bufferSize } from "./buffer-size.js";
import { lifetimes } from "./lifetimes.js";
import { narrow, type Range } from "./narrow.js";
import { forEachAccess, termsOf } from "./visit.js";
import { windowSteps } from "./window-steps.js";
import {
  type Access,
  type Affine,
  type Axis,
  type Extent,
  type ForStatement,
  type IndexExpression,
  type KernelFunction,
  type KernelProgram,
  FEWEST_CARRIED,
  PIECE,
  type PiecesStatement,
  type Statement,
} from "./types.js";

export function verifyKernel(program: KernelProgram, sizes: ReadonlyMap<string, number>): string[] {
  return program.functions.flatMap((fn) => [
    ...new FunctionVerifier(program, fn, sizes).run(),
    ...verifyPlaces(program, fn, sizes),
  ]);
}

class FunctionVerifier {
  private readonly sizes: ReadonlyMap<string, number>;
  private readonly bufferSizes: ReadonlyMap<string, number>;
  private readonly problems: string[] = [];
  /** The variable that counts the parts of an accumulator; undefined where it is in one piece. */
  private readonly accumulators = new Map<string, string | undefined>();
  private readonly fn: KernelFunction;

  constructor(program: KernelProgram, fn: KernelFunction, sizes: ReadonlyMap<string, number>) {
    this.fn = fn;
    this.sizes = sizes;
    this.bufferSizes = new Map(program.buffers.map((buffer) => [buffer.name, bufferSize(buffer, sizes)]));
  }

  run(): readonly string[] {
    this.body(this.fn.body, new Map(), undefined);
    return this.problems;
  }

  private report(problem: string): void {
    this.problems.push(`${this.fn.name}: ${problem}`);
  }

  private value(dim: Dim): number {
    return evaluateDim(dim, this.sizes);
  }

  private range(affine: Affine, scope: ReadonlyMap<string, Range>): Range {
    let [low, high] = [this.value(affine.constant), this.value(affine.constant)];
    for (const { variable, coefficient } of affine.terms) {
      if (!scope.has(variable)) this.report(`${variable} is not bound`);
      const own = scope.get(variable);
      if (own === undefined) return undefined;
      const ends = own.map((end) => end * this.value(coefficient));
      low += Math.min(...ends);
      high += Math.max(...ends);
    }
    return [low, high];
  }

  private access({ buffer, offset }: Access, scope: ReadonlyMap<string, Range>): void {
    const size = this.bufferSizes.get(buffer);
    if (size === undefined) {
      this.report(`no buffer ${buffer}`);
      return;
    }
    const range = this.range(offset, scope);
    // A loop that never runs touches nothing.
    if (range === undefined || [...scope.values()].some((own) => own !== undefined && own[0] > own[1])) return;
    if (range[0] < 0 || range[1] >= size) {
      this.report(`${buffer} of ${size} elements at ${range[0]} to ${range[1]}`);
    }
  }

  private extent(extent: Extent, scope: ReadonlyMap<string, Range>): Range {
    if (extent.kind === "affine") {
      const range = this.range(extent.value, scope);
      return range && [0, range[1] - 1];
    }
    if (extent.kind === "part") {
      const from = this.range(extent.from, scope);
      return from && [0, Math.min(extent.most, this.value(extent.dim) - from[0]) - 1];
    }
    if (extent.kind === "size") return [0, this.value(extent.dim) - 1];
    return [0, (this.sizes.get(BATCH_SYMBOL) ?? 0) - 1];
  }

  private bind(axis: Axis, scope: ReadonlyMap<string, Range>): Map<string, Range> {
    if (scope.has(axis.variable)) this.report(`${axis.variable} is bound twice`);
    const range = this.extent(axis.extent, scope);
    const from = axis.from === undefined ? undefined : this.range(axis.from, scope);
    return new Map(scope).set(
      axis.variable,
      axis.from === undefined || range === undefined ? range : from && [from[0], range[1]],
    );
  }

  private index(value: IndexExpression, scope: ReadonlyMap<string, Range>): Range {
    switch (value.kind) {
      case "affine":
        return this.range(value.value, scope);
      case "remainder": {
        const right = this.range(value.right, scope);
        return right && [0, right[1] - 1];
      }
      default:
        return undefined;
    }
  }

  /** `loop` is the innermost one around the statements. */
  private body(
    statements: readonly Statement[],
    outer: ReadonlyMap<string, Range>,
    loop: ForStatement | undefined,
  ): void {
    let scope = new Map(outer);
    for (const statement of statements) {
      switch (statement.kind) {
        case "for":
          this.body(statement.body, this.bind(statement, scope), statement);
          break;
        case "region":
          this.body(statement.body, scope, loop);
          break;
        case "windows": {
          const { first, steps } = statement;
          const bound = [first, steps].filter((name) => scope.has(name));
          if (bound.length > 0) this.report(`${bound.join(", ")} is bound twice`);
          const all = this.sizes.get(TIME_SYMBOL) ?? 0;
          const width = windowSteps(statement, this.sizes);
          // The first piece and the last one.
          for (const start of new Set(all === 0 ? [] : [0, width * (Math.ceil(all / width) - 1)])) {
            const own = Math.min(width, all - start);
            this.body(statement.body, new Map(scope).set(first, [start, start]).set(steps, [own, own]), loop);
          }
          break;
        }
        case "pieces":
          this.pieces(statement, scope);
          break;
        case "let_index":
          if (scope.has(statement.name)) this.report(`${statement.name} is bound twice`);
          this.accesses(statement, scope);
          scope = new Map(scope).set(statement.name, this.index(statement.value, scope));
          break;
        case "select_examples":
          scope = new Map(scope).set(statement.count, [0, this.sizes.get(BATCH_SYMBOL) ?? 0]);
          break;
        case "product":
          this.product(statement, scope);
          break;
        case "pack": {
          const axes = [statement.columns, ...statement.contracted];
          this.accesses(
            statement,
            axes.reduce((bound, axis) => this.bind(axis, bound), scope),
          );
          break;
        }
        case "accumulator":
          this.accumulators.set(statement.name, statement.lanes?.variable);
          this.accesses(statement, scope);
          break;
        case "accumulate":
          this.accumulate(statement.name, loop);
          this.accesses(statement, scope);
          break;
        default:
          this.accesses(statement, scope);
      }
    }
  }

  /** The first block of steps and the last one, with all examples; totals of totals where there are so many terms. */
  private pieces(statement: PiecesStatement, outer: ReadonlyMap<string, Range>): void {
    const { examples, steps, done, carried, body, carry, finish } = statement;
    const names = [examples?.first, examples?.end, steps?.from, done, carried].filter((name) => name !== undefined);
    const bound = names.filter((name) => outer.has(name));
    if (bound.length > 0) this.report(`${bound.join(", ")} is bound twice`);
    const batch = this.sizes.get(BATCH_SYMBOL) ?? 0;
    const all = steps === undefined ? 1 : this.value(steps.dim);
    const isCarried = (examples === undefined ? 1 : batch) * all >= FEWEST_CARRIED;
    for (const from of new Set([0, PIECE * Math.max(0, Math.ceil(all / PIECE) - 1)])) {
      const scope = new Map(outer).set(done, [0, PIECE]).set(carried, [0, 1]);
      if (steps !== undefined) scope.set(steps.from, [from, from]);
      if (examples !== undefined) scope.set(examples.first, [0, batch - 1]).set(examples.end, [1, batch]);
      for (const part of isCarried ? [body, carry, finish] : [body]) this.body(part, scope, undefined);
    }
  }

  private accumulate(name: string, loop: ForStatement | undefined): void {
    if (!this.accumulators.has(name)) this.report(`${name} is added to and no accumulator`);
    const variable = this.accumulators.get(name);
    if (variable === undefined) return;
    if (loop?.variable !== variable) {
      this.report(
        `${name} is in parts by ${variable}, but the loop around it runs over ${loop?.variable ?? "nothing"}`,
      );
    } else if (loop.reverse || loop.step !== 1 || loop.from !== undefined || loop.extent.kind === "examples") {
      this.report(`the loop over ${variable} counts the parts of ${name} and does not run from 0 in steps of 1`);
    }
  }

  private product(statement: Extract<Statement, { kind: "product" }>, outer: ReadonlyMap<string, Range>): void {
    const { rows, columns, out, tail } = statement;
    const contracted = termsOf(statement).flatMap((terms) => terms.contracted);
    let scope = new Map(outer);
    for (const axis of [rows, columns, ...contracted]) if (axis !== undefined) scope = this.bind(axis, scope);
    this.accesses(tail === undefined ? statement : { ...statement, tail: { ...tail, body: [] } }, scope);
    if (tail !== undefined) this.body(tail.body, new Map(scope).set(tail.unit, [0, tail.length - 1]), undefined);
    const moves = (access: Access, axis: Axis | undefined) =>
      access.offset.terms.some((term) => term.variable === axis?.variable);
    for (const { a, b } of termsOf(statement)) {
      if (moves(a, columns)) this.report(`the left operand ${a.buffer} moves with the columns`);
      if (moves(b, rows)) this.report(`the right operand ${b.buffer} moves with the rows`);
      if (out !== undefined && [a.buffer, b.buffer].includes(out.buffer))
        this.report(`${out.buffer} is an operand and the result`);
    }
    if (out !== undefined && contracted.some((axis) => moves(out, axis)))
      this.report(`${out.buffer} moves with a contracted axis`);
  }

  /** What stands in a choice is read where its side is taken; a choice by several variables at once is left out. */
  private accesses(statement: Statement, scope: ReadonlyMap<string, Range>): void {
    forEachAccess(statement, (access, _, conditions) => {
      const own = conditions.reduce<ReadonlyMap<string, Range> | undefined>(
        (known, condition) => known && narrow(known, condition, this.sizes),
        scope,
      );
      if (own !== undefined) this.access(access, own);
    });
  }
}

function verifyPlaces(program: KernelProgram, fn: KernelFunction, sizes: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  const live = lifetimes(fn);
  const byName = new Map(program.buffers.map((buffer) => [buffer.name, buffer]));
  for (const [i, a] of live.entries()) {
    for (const b of live.slice(i + 1)) {
      if (a.last < b.first || b.last < a.first) continue;
      const [x, y] = [byName.get(a.name), byName.get(b.name)];
      if (x === undefined || y === undefined || x.place.slot !== y.place.slot) continue;
      // Parts of joined parameters lie inside the buffer that joins them.
      if (x.within === y.name || y.within === x.name) continue;
      const [from, to] = [evaluateDim(x.place.offset, sizes), evaluateDim(y.place.offset, sizes)];
      if (from < to + bufferSize(y, sizes) && to < from + bufferSize(x, sizes)) {
        problems.push(`${fn.name}: ${x.name} and ${y.name} are in use at the same time and overlap`);
      }
    }
  }
  return problems;
}
