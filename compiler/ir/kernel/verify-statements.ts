/** Checks of the statements of one kernel, in their order. */
import { dimSymbol } from "../../base/types/dim.js";
import { dtypeOf } from "./dtypes.js";
import {
  FEWEST_CARRIED,
  type ForStatement,
  type KernelBuffer,
  type KernelFunction,
  type LoopAxis,
  PIECE,
  type PiecesStatement,
  type Statement,
  type StatementOf,
  type WindowsStatement,
} from "./kernel-program.js";
import { ElementVerifier } from "./verify-expressions.js";
import { IntegerVerifier } from "./verify-integers.js";
import { PackedCopies } from "./verify-packs.js";
import { ProductVerifier } from "./verify-products.js";
import { type Integer, KernelScope } from "./verify-scope.js";
import { mayRunInLanes, type PlaceInWhole, placesInWholes } from "./vectorizable.js";
import { writtenBuffers } from "./visit.js";
import { windowSteps } from "./window-steps.js";

/** `loop` is the innermost one around the statement. */
type StatementCheck<K extends Statement["kind"]> = (
  statement: StatementOf<K>,
  scope: KernelScope,
  loop: ForStatement | undefined,
) => void;

export class FunctionVerifier {
  private readonly fn: KernelFunction;
  private readonly sizes: ReadonlyMap<string, number>;
  private readonly problems = new Set<string>();
  private readonly integers: IntegerVerifier;
  private readonly elements: ElementVerifier;
  private readonly products: ProductVerifier;
  private readonly copies: PackedCopies;
  private readonly placeOf: PlaceInWhole;

  constructor(fn: KernelFunction, buffers: ReadonlyMap<string, KernelBuffer>, sizes: ReadonlyMap<string, number>) {
    this.fn = fn;
    this.sizes = sizes;
    const report = (problem: string): void => this.report(problem);
    this.integers = new IntegerVerifier(sizes, report);
    this.elements = new ElementVerifier(buffers, sizes, this.integers, report);
    this.copies = new PackedCopies(buffers);
    this.placeOf = placesInWholes(buffers);
    this.products = new ProductVerifier(this.elements, this.copies, report, (statements, scope) => {
      this.body(statements, scope, undefined);
    });
  }

  run(): readonly string[] {
    this.body(this.fn.body, new KernelScope(), undefined);
    return [...this.problems];
  }

  private report(problem: string): void {
    this.problems.add(`${this.fn.name}: ${problem}`);
  }

  /** Names of statements hold from there to the end of the list. */
  private body(statements: readonly Statement[], outer: KernelScope, loop: ForStatement | undefined): void {
    const scope = new KernelScope(outer);
    for (const statement of statements) {
      (this.checks[statement.kind] as StatementCheck<Statement["kind"]>)(statement as never, scope, loop);
      if (!holdsOthers(statement)) this.copies.after(statement);
      // What it has selected last is not what was selected before it, and in a loop of some other round.
      else scope.forget(listsWritten([statement]));
    }
  }

  /** What a loop holds: it begins with what the round before has left. */
  private looped(
    every: readonly Statement[],
    list: readonly Statement[],
    outer: KernelScope,
    loop?: ForStatement,
  ): void {
    const scope = new KernelScope(outer);
    scope.forget(listsWritten(every));
    this.copies.inLoop(every, () => {
      this.body(list, scope, loop);
    });
  }

  private bind(name: string, scope: KernelScope): void {
    if (scope.has(name)) this.report(`${name} is bound twice`);
  }

  private setInteger(name: string, integer: Integer, scope: KernelScope): void {
    this.bind(name, scope);
    scope.setInteger(name, integer);
  }

  private readonly checks: { readonly [K in Statement["kind"]]: StatementCheck<K> } = {
    region: ({ name, body }, scope) => {
      if (scope.isInRegion) this.report(`the region ${name} stands in a region`);
      this.body(body, new KernelScope(scope, true), undefined);
    },
    for: (statement, scope) => {
      if (statement.step < 1) this.report(`a loop over ${statement.variable} in steps of ${statement.step}`);
      const inside = this.inAxis(statement, scope, statement.step);
      if (statement.lanes && !mayRunInLanes(statement, (name) => scope.scalar(name)?.accumulator?.lanes, this.placeOf))
        this.report(`rounds of the loop over ${statement.variable} depend on each other and run in lanes`);
      this.looped(statement.body, statement.body, inside, statement);
    },
    windows: (statement, scope, loop) => {
      this.windows(statement, scope, loop);
    },
    pieces: (statement, scope) => {
      this.pieces(statement, scope);
    },
    product: (statement, scope, loop) => {
      this.products.product(statement, scope, loop);
    },
    pack: (statement, scope) => {
      this.products.pack(statement, scope);
    },
    let_index: ({ name, value }, scope) => {
      const integer = this.integers.index(value, scope);
      if (value.kind === "load") this.elements.access(value.access, "index", scope);
      if (value.kind === "whole") this.elements.access(value.access, "real", scope);
      this.setInteger(name, integer, scope);
    },
    let: ({ name, value }, scope) => {
      this.elements.expression(value, scope);
      this.bind(name, scope);
      scope.setScalar(name, { dtype: dtypeOf(value) });
    },
    accumulator: ({ name, initial, lanes }, scope) => {
      this.elements.expression(initial, scope, "real");
      this.bind(name, scope);
      scope.setScalar(name, { dtype: "real", accumulator: { lanes: lanes?.variable } });
    },
    accumulate: ({ name, value }, scope, loop) => {
      this.elements.expression(value, scope, "real");
      this.accumulate(name, scope, loop);
    },
    assign: ({ name, value }, scope) => {
      this.elements.expression(value, scope, "real");
      const { accumulator } = scope.scalar(name) ?? {};
      if (accumulator === undefined) this.report(`${name} is given another value and no variable`);
      else if (accumulator.lanes !== undefined) this.report(`${name} is in parts and given another value`);
    },
    store: ({ access, value, mode }, scope) => {
      this.elements.access(access, "real", scope);
      this.elements.expression(value, scope, mode === "add" ? "real" : undefined);
    },
    store_index: ({ access, value }, scope) => {
      scope.forget([access.buffer]);
      this.elements.access(access, "index", scope);
      this.integers.variables(value, scope);
    },
    zero_padding: ({ buffer, size, symbols }) => {
      const [all, cleared] = [this.elements.buffer(buffer, "real"), this.integers.dim(size)];
      if (cleared > all) this.report(`${buffer} of ${all} elements is cleared up to ${cleared}`);
      const unknown = symbols.filter((symbol) => !this.sizes.has(symbol));
      if (unknown.length > 0) this.report(`a call has no size ${unknown.join(", ")}`);
      if (symbols.length === 0) this.report(`${buffer} is cleared for no size`);
    },
    select_examples: ({ list, count, from, step, length, going }, scope) => {
      this.integers.examples(from, scope);
      this.integers.variable(step, scope);
      this.integers.dim(length);
      const [all, batch] = [this.elements.buffer(list, "index"), this.integers.batch];
      if (all < batch) this.report(`${list} of ${all} elements for ${batch} examples`);
      const states = going === undefined ? batch : this.elements.buffer(going, "real");
      if (states < batch) this.report(`${going ?? ""} of ${states} elements for ${batch} examples`);
      this.setInteger(count, { range: [0, batch] }, scope);
      scope.select({ list, count });
    },
  };

  private inAxis(axis: LoopAxis, outer: KernelScope, step: number): KernelScope {
    const scope = new KernelScope(outer);
    this.setInteger(axis.variable, this.integers.axis(axis, scope, step), scope);
    return scope;
  }

  /** The first window and the last one. */
  private windows(statement: WindowsStatement, outer: KernelScope, loop: ForStatement | undefined): void {
    const { axis, first, steps, rows, body } = statement;
    if (outer.isInRegion) this.report("windows stand in a region");
    if (rows < 1) this.report(`windows of ${rows} rows`);
    const all = this.integers.dim(dimSymbol(axis));
    const width = windowSteps(statement, this.sizes);
    for (const start of new Set(all === 0 ? [] : [0, width * (Math.ceil(all / width) - 1)])) {
      const own = Math.min(width, all - start);
      const scope = new KernelScope(outer);
      this.setInteger(first, { range: [start, start] }, scope);
      this.setInteger(steps, { range: [own, own] }, scope);
      this.looped(body, body, scope, loop);
    }
  }

  /** The first block of steps and the last one, with all examples; totals of totals where there are so many terms. */
  private pieces(statement: PiecesStatement, outer: KernelScope): void {
    const { examples, steps, after, done, carried, body, carry, finish } = statement;
    for (const name of [steps?.example, after?.done, after?.carried])
      if (name !== undefined) this.integers.variable(name, outer);
    const { batch } = this.integers;
    const all = steps === undefined ? 1 : this.integers.dim(steps.dim);
    const every = [...body, ...carry, ...finish];
    const counts = new KernelScope(outer);
    this.setInteger(done, { range: [0, PIECE] }, counts);
    this.setInteger(carried, { range: [0, 1] }, counts);
    for (const from of new Set([0, PIECE * Math.max(0, Math.ceil(all / PIECE) - 1)])) {
      const scope = new KernelScope(counts);
      if (steps !== undefined) this.setInteger(steps.from, { range: [from, from] }, scope);
      if (examples !== undefined) {
        this.setInteger(examples.first, { range: [0, batch - 1] }, scope);
        this.setInteger(examples.end, { range: [1, batch] }, scope);
      }
      this.looped(every, body, scope);
    }
    // Totals are moved where there are so many pieces only: elsewhere their buffers may be too small.
    const isCarried = after !== undefined || (examples === undefined ? 1 : batch) * all >= FEWEST_CARRIED;
    for (const part of [carry, finish]) {
      this.looped(every, part, isCarried ? counts : counts.never());
    }
  }

  private accumulate(name: string, scope: KernelScope, loop: ForStatement | undefined): void {
    const accumulator = scope.scalar(name)?.accumulator;
    if (accumulator === undefined) {
      this.report(`${name} is added to and no accumulator`);
      return;
    }
    const variable = accumulator.lanes;
    if (variable === undefined) return;
    if (loop?.variable !== variable) {
      this.report(
        `${name} is in parts by ${variable}, but the loop around it runs over ${loop?.variable ?? "nothing"}`,
      );
    } else if (loop.reverse || loop.step !== 1 || loop.from !== undefined || loop.extent.kind === "examples") {
      this.report(`the loop over ${variable} counts the parts of ${name} and does not run from 0 in steps of 1`);
    }
  }
}

/** Lists of examples may be among them. */
const listsWritten = (statements: readonly Statement[]): ReadonlySet<string> =>
  writtenBuffers(statements, (buffer) => buffer);

/** Those it holds are seen one by one. */
function holdsOthers({ kind }: Statement): boolean {
  return kind === "region" || kind === "for" || kind === "windows" || kind === "pieces";
}
