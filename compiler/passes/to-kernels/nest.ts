/**
 * Builds one loop nest: axes outermost first, values computed at the innermost loop they depend on, each value once.
 *
 * Expressions handed in form a graph by object identity; `finish` turns every node with several uses, and every node
 * that does not depend on the innermost loop, into a `let` as far out as its variables allow.
 */
import { at, lookUp } from "../../base/at.js";
import { affineConstant, affineKey, affineVariable, plainExtent, scaleAffine } from "../../ir/kernel/affine.js";
import { dtypeOf } from "../../ir/kernel/dtypes.js";
import { TakenNames } from "../../ir/kernel/fresh-names.js";
import type {
  Access,
  Affine,
  KernelExpression,
  IndexExpression,
  LoopAxis,
  ReductionOp,
  ScalarVariable,
  Statement,
} from "../../ir/kernel/kernel-program.js";
import { InvariantError } from "../../base/diagnostics/invariant.js";
import { constantOf, type Dim, symbolsOf } from "../../base/types/dim.js";
import { BLOCK, type BlockedAxis, blockedAxis, blockLoops, type BlockLoops } from "./block-sums.js";
import { load, lostIn, minus, NONE, plus, set } from "./compensated.js";

type Action =
  | { readonly kind: "store"; readonly access: Access; readonly value: KernelExpression; readonly mode: "set" | "add" }
  | { readonly kind: "store_index"; readonly access: Access; readonly value: Affine }
  | { readonly kind: "accumulate"; readonly name: string; readonly op: ReductionOp; readonly value: KernelExpression };

interface Accumulation {
  readonly op: ReductionOp;
  readonly value: KernelExpression;
  /** A place for what rounding loses of a sum of blocks. */
  readonly lost: () => Access;
  /** Whether what was lost at last is taken from the sum: else zeros after it would bring it in. */
  readonly takesLost: boolean;
}

export class Nest {
  readonly axes: readonly LoopAxis[];
  /** Loop variable of the examples, where there is one. */
  readonly example: string | undefined;
  /** Values of graph blocks at given indices, by key: one expression object for each. */
  readonly memo = new Map<string, KernelExpression>();
  /** What stands around the statements from a depth on, outside of the loop there. */
  readonly wraps = new Map<number, (statements: readonly Statement[]) => Statement[]>();
  /** All values are computed before the first store: set where a region may overwrite what it reads. */
  storeLast = false;
  private readonly perExampleSymbols: ReadonlySet<string>;
  private readonly depths = new Map<string, number>();
  private readonly before: Statement[][];
  private readonly after: Statement[][];
  private readonly actions: Action[] = [];
  /** The loop whose rounds are summed block by block, and what stands around a block. */
  blocked: (BlockedAxis & Pick<BlockLoops, "open" | "close">) | undefined;
  private readonly indexMemo = new Map<string, string>();
  private readonly names: TakenNames;

  constructor(
    axes: readonly LoopAxis[],
    example: string | undefined,
    taken: Iterable<string>,
    perExampleSymbols: ReadonlySet<string>,
  ) {
    this.axes = axes;
    this.example = example;
    this.perExampleSymbols = perExampleSymbols;
    this.names = new TakenNames([...taken, ...axes.map(({ variable }) => variable)]);
    this.before = Array.from({ length: axes.length + 1 }, () => []);
    this.after = Array.from({ length: axes.length + 1 }, () => []);
    for (const [i, axis] of axes.entries()) this.depths.set(axis.variable, i + 1);
  }

  fresh(hint: string): string {
    return this.names.pick(hint);
  }

  /** Names an integer; equal expressions share a name. */
  defineIndex(value: IndexExpression, hint: string): Affine {
    const key = indexKey(value);
    let name = this.indexMemo.get(key);
    if (name === undefined) {
      name = this.fresh(hint);
      this.indexMemo.set(key, name);
      const depth = this.depthOfIndex(value);
      this.depths.set(name, depth);
      at(this.before, depth).push({ kind: "let_index", name, value });
    }
    return affineVariable(name);
  }

  /** The value of a dimension for the example at hand. */
  size(dim: Dim): Affine {
    if (this.example === undefined || !symbolsOf(dim).some((symbol) => this.perExampleSymbols.has(symbol))) {
      return affineConstant(dim);
    }
    return this.defineIndex({ kind: "size", dim, example: this.example }, "size");
  }

  /** `index · dim`, where `dim` is of the example at hand. */
  multiply(index: Affine, dim: Dim): Affine {
    const size = this.size(dim);
    if (size.terms.length === 0) return scaleAffine(index, size.constant);
    return this.defineIndex({ kind: "multiply", left: index, right: size }, "scaled");
  }

  divide(index: Affine, dim: Dim): Affine {
    if (constantOf(dim) === 1) return index;
    if (this.isBelow(index, dim)) return affineConstant(0);
    return this.defineIndex({ kind: "divide", left: index, right: this.size(dim) }, "quotient");
  }

  remainder(index: Affine, dim: Dim): Affine {
    if (constantOf(dim) === 1) return affineConstant(0);
    if (this.isBelow(index, dim)) return index;
    return this.defineIndex({ kind: "remainder", left: index, right: this.size(dim) }, "rest");
  }

  /** Is an index known to be below a plain size, whatever the loops do? */
  private isBelow(index: Affine, dim: Dim): boolean {
    const size = constantOf(dim);
    let greatest = constantOf(index.constant);
    if (size === undefined || greatest === undefined) return false;
    for (const { variable, coefficient } of index.terms) {
      const extent = this.axes.find((axis) => axis.variable === variable)?.extent;
      const count = extent && plainExtent(extent);
      const factor = constantOf(coefficient);
      if (count === undefined || factor === undefined || factor < 0) return false;
      greatest += factor * (count - 1);
    }
    return greatest < size;
  }

  store(access: Access, value: KernelExpression, mode: "set" | "add"): void {
    this.actions.push({ kind: "store", access, value, mode });
  }

  storeIndex(access: Access, value: Affine): void {
    this.actions.push({ kind: "store_index", access, value });
  }

  /** Declares an accumulator outside the loops from `depth` on; returns what it comes to as an expression for `storeAfter`. */
  accumulate(depth: number, { op, value, lost, takesLost }: Accumulation): KernelExpression {
    const name = this.fresh(op);
    const innermost = this.axes.at(-1) as LoopAxis;
    // Examples are added from the first to the last.
    const inLanes = innermost.variable !== this.example && this.axes.length > depth;
    const initial = op === "sum" ? 0 : op === "max" ? -Infinity : Infinity;
    const lanes = op === "sum" && inLanes ? { lanes: { variable: innermost.variable } } : {};
    const declare = (own: string): Statement => ({
      kind: "accumulator",
      name: own,
      initial: { kind: "literal", value: initial, dtype: "real" },
      ...lanes,
    });
    const { axes, example } = this;
    const found = op === "sum" ? blockedAxis({ axes, first: depth, example, most: BLOCK }) : undefined;
    const sum: KernelExpression = { kind: "variable", name, dtype: "real" };
    const before = at(this.before, depth);
    if (found === undefined) {
      before.push(declare(name));
      this.actions.push({ kind: "accumulate", name, op, value });
      return sum;
    }
    const part = this.fresh(`${op}Part`);
    const rest = lost();
    this.blocked = { ...found, open: [declare(part)], close: this.addBlock(name, part, rest) };
    before.push({ kind: "accumulator", name, initial: NONE }, set(rest, NONE));
    this.actions.push({ kind: "accumulate", name: part, op, value });
    return takesLost ? minus(sum, load(rest)) : sum;
  }

  private addBlock(name: string, part: string, rest: Access): Statement[] {
    const [sum, block, term, after] = [name, part, this.fresh(`${part}Term`), this.fresh(`${part}After`)].map(
      (own): ScalarVariable => ({ kind: "variable", name: own, dtype: "real" }),
    ) as [ScalarVariable, ScalarVariable, ScalarVariable, ScalarVariable];
    return [
      { kind: "let", name: term.name, value: minus(block, load(rest)) },
      { kind: "let", name: after.name, value: plus(sum, term) },
      set(rest, lostIn(after, sum, term)),
      { kind: "accumulate", name, op: "sum", value: term },
    ];
  }

  /** Stores an accumulator after the loops from `depth` on. */
  storeAfter(depth: number, access: Access, value: KernelExpression, mode: "set" | "add"): void {
    at(this.after, depth).push({ kind: "store", access, value, mode });
  }

  finish(): Statement[] {
    const uses = new Map<KernelExpression, number>();
    const count = (expression: KernelExpression): void => {
      const known = uses.get(expression) ?? 0;
      uses.set(expression, known + 1);
      if (known === 0) childrenOf(expression).forEach(count);
    };
    for (const action of this.actions) if (action.kind !== "store_index") count(action.value);

    const bound = new Map<KernelExpression, KernelExpression>();
    const depthMemo = new Map<KernelExpression, number>();
    const depthOf = (expression: KernelExpression): number => {
      let depth = depthMemo.get(expression);
      if (depth === undefined) {
        depth = Math.max(this.ownDepth(expression), ...childrenOf(expression).map(depthOf));
        depthMemo.set(expression, depth);
      }
      return depth;
    };
    const emit = (expression: KernelExpression, useDepth: number, lazy: boolean): KernelExpression => {
      const known = bound.get(expression);
      if (known !== undefined) return known;
      if (expression.kind === "literal" || expression.kind === "variable") return expression;
      const depth = depthOf(expression);
      // Only the chosen side of a choice may be evaluated, so nothing in it moves out.
      const named = !lazy && (lookUp(uses, expression) > 1 || depth < useDepth);
      const inner = mapChildren(expression, (child, isLazy) => emit(child, named ? depth : useDepth, lazy || isLazy));
      if (!named) return inner;
      const name = this.fresh(expression.kind === "load" ? "x" : "v");
      at(this.before, depth).push({ kind: "let", name, value: inner });
      const variable: KernelExpression = { kind: "variable", name, dtype: dtypeOf(expression) };
      bound.set(expression, variable);
      return variable;
    };
    const innermost = this.axes.length;
    const body: Statement[] = this.actions.map((action) => {
      if (action.kind === "store_index") return action;
      let value = emit(action.value, innermost, false);
      if (this.storeLast && value.kind !== "literal" && value.kind !== "variable") {
        const name = this.fresh("v");
        at(this.before, innermost).push({ kind: "let", name, value });
        value = { kind: "variable", name, dtype: dtypeOf(value) };
        bound.set(action.value, value);
      }
      return { ...action, value };
    });
    const wrapped = (own: Statement[], depth: number): Statement[] => this.wraps.get(depth)?.(own) ?? own;
    let statements: Statement[] = wrapped(
      [...at(this.before, innermost), ...body, ...(this.after[innermost] ?? [])],
      innermost,
    );
    for (let depth = innermost - 1; depth >= 0; depth--) {
      const axis = at(this.axes, depth);
      statements = wrapped(
        [...at(this.before, depth), ...this.loopOver(depth, axis, statements), ...at(this.after, depth)],
        depth,
      );
    }
    return statements;
  }

  private loopOver(depth: number, axis: LoopAxis, body: readonly Statement[]): Statement[] {
    const { blocked } = this;
    if (blocked?.place !== depth) return [{ kind: "for", ...axis, step: 1, reverse: false, body }];
    return blockLoops({ ...blocked, axis, body, fresh: (hint) => this.fresh(hint) });
  }

  private ownDepth(expression: KernelExpression): number {
    switch (expression.kind) {
      case "load":
        return this.depthOfAffine(expression.access.offset);
      case "integer":
        return this.depthOfAffine(expression.value);
      case "choice":
        return Math.max(this.depthOfAffine(expression.left), this.depthOfAffine(expression.right));
      case "variable":
        throw new InvariantError(`variable ${expression.name} inside a nest`);
      default:
        return 0;
    }
  }

  private depthOfIndex(value: IndexExpression): number {
    switch (value.kind) {
      case "affine":
        return this.depthOfAffine(value.value);
      case "size":
        return this.depths.get(value.example) ?? 0;
      case "part":
        return Math.max(this.depths.get(value.example ?? "") ?? 0, this.depthOfAffine(value.from));
      case "load":
      case "whole":
        return this.depthOfAffine(value.access.offset);
      default:
        return Math.max(this.depthOfAffine(value.left), this.depthOfAffine(value.right));
    }
  }

  private depthOfAffine(value: Affine): number {
    return value.terms.reduce((depth, term) => Math.max(depth, this.depths.get(term.variable) ?? 0), 0);
  }
}

function childrenOf(expression: KernelExpression): readonly KernelExpression[] {
  if (expression.kind === "operation") return expression.operands;
  if (expression.kind === "choice") return [expression.below, expression.otherwise];
  return [];
}

function mapChildren(
  expression: KernelExpression,
  map: (child: KernelExpression, lazy: boolean) => KernelExpression,
): KernelExpression {
  if (expression.kind === "operation") {
    return { ...expression, operands: expression.operands.map((operand) => map(operand, false)) };
  }
  if (expression.kind === "choice") {
    return { ...expression, below: map(expression.below, true), otherwise: map(expression.otherwise, true) };
  }
  return expression;
}

function indexKey(value: IndexExpression): string {
  switch (value.kind) {
    case "affine":
      return `affine ${affineKey(value.value)}`;
    case "size":
      return `size ${value.dim.key} ${value.example}`;
    case "part":
      return `part ${value.dim.key} ${value.example ?? ""} ${affineKey(value.from)} ${value.most}`;
    case "load":
    case "whole":
      return `${value.kind} ${value.access.buffer} ${affineKey(value.access.offset)}`;
    default:
      return `${value.kind} ${affineKey(value.left)} ${affineKey(value.right)}`;
  }
}
