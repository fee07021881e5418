/** What a part of kernel code needs from around it: the parameters of a function made from it. */
import { BATCH_SYMBOL, type Dim, symbolsOf } from "../../base/types/dim.js";
import type {
  Affine,
  Examples,
  KernelExpression,
  ExtentPart,
  IndexExpression,
  LoopAxis,
  PiecesStatement,
  ProductStatement,
  Statement,
} from "./kernel-program.js";
import { forEachAccess, termsOf } from "./visit.js";

/** Integer variables a part of code takes from around it, and the sizes of the call it needs. */
export function freeVariables(statements: readonly Statement[]): { variables: string[]; symbols: Set<string> } {
  const found: FreeNames = { variables: new Set(), symbols: new Set() };
  new ScopeUses(found, []).statements(statements);
  return { variables: [...found.variables].sort(), symbols: found.symbols };
}

/** Of all scopes of the code. */
interface FreeNames {
  readonly variables: Set<string>;
  readonly symbols: Set<string>;
}

/** What one scope uses and does not bind. */
class ScopeUses {
  private readonly found: FreeNames;
  private readonly bound: Set<string>;

  constructor(found: FreeNames, bound: Iterable<string>) {
    this.found = found;
    this.bound = new Set(bound);
  }

  statements(list: readonly Statement[]): void {
    for (const statement of list) this.statement(statement);
  }

  private inside(names: readonly string[], list: readonly Statement[]): void {
    new ScopeUses(this.found, [...this.bound, ...names]).statements(list);
  }

  private statement(statement: Statement): void {
    switch (statement.kind) {
      // Regions are functions of their own, and copies of operands stand in these with all that they need.
      case "pack":
      case "region":
      case "windows":
        return;
      case "product":
        this.product(statement);
        return;
      case "pieces":
        this.pieces(statement);
        return;
      case "for":
        this.axis(statement);
        this.inside([statement.variable], statement.body);
        return;
      default:
        forEachAccess(statement, ({ offset }) => {
          this.affine(offset);
        });
    }
    switch (statement.kind) {
      case "let_index":
        this.index(statement.value);
        this.bound.add(statement.name);
        return;
      case "let":
      case "accumulate":
      case "assign":
      case "store":
        this.expression(statement.value);
        return;
      case "accumulator":
        this.expression(statement.initial);
        return;
      case "store_index":
        this.affine(statement.value);
        return;
      default:
    }
  }

  private product(product: ProductStatement): void {
    const { rows, columns, out, initial, result, schedule: { tail } = {} } = product;
    const terms = termsOf(product);
    const names = new Set<string>();
    for (const axis of [rows, columns, ...terms.flatMap(({ contracted }) => contracted)]) {
      if (axis === undefined) continue;
      this.axisAfter(names, axis);
      names.add(axis.variable);
    }
    const accesses = [...terms.flatMap(({ a, b }) => [a, b]), ...(out === undefined ? [] : [out])];
    const inside = accesses.map((access): Statement => ({ kind: "store_index", access, value: access.offset }));
    if (initial !== undefined) inside.push({ kind: "let", name: "initial", value: initial });
    if (result !== undefined) inside.push({ kind: "let", name: "result", value: result });
    this.inside([...names], inside);
    if (tail !== undefined) this.inside([...names, tail.unit], tail.body);
  }

  /** An axis after others of a product: an example may be the variable of one of these. */
  private axisAfter(names: ReadonlySet<string>, axis: LoopAxis): void {
    const { extent } = axis;
    const isOfExample = extent.kind === "size" || extent.kind === "part";
    const isKnown = isOfExample && extent.example !== undefined && this.isBound(extent.example, names);
    if (!isKnown) this.axis(axis);
    else if (extent.kind === "part") this.axis({ ...axis, extent: { ...extent, example: undefined } });
  }

  private isBound(name: string, names: ReadonlySet<string>): boolean {
    return this.bound.has(name) || names.has(name);
  }

  private pieces({ examples, steps, after, done, carried, body, carry, finish }: PiecesStatement): void {
    if (examples !== undefined) this.found.symbols.add(BATCH_SYMBOL);
    if (steps !== undefined) {
      this.dim(steps.dim);
      if (steps.example !== undefined) this.use(steps.example);
    }
    if (after !== undefined) [after.done, after.carried].forEach((name) => this.use(name)); // prettier-ignore
    const names = [examples?.first, examples?.end, steps?.from, done, carried].filter((name) => name !== undefined);
    for (const part of [body, carry, finish]) this.inside(names, part);
  }

  private use(name: string): void {
    if (!this.bound.has(name)) this.found.variables.add(name);
  }

  private dim(value: Dim): void {
    for (const symbol of symbolsOf(value)) this.found.symbols.add(symbol);
  }

  private affine({ constant, terms }: Affine): void {
    this.dim(constant);
    for (const { variable, coefficient } of terms) {
      this.use(variable);
      this.dim(coefficient);
    }
  }

  private index(value: IndexExpression): void {
    if (value.kind === "affine") this.affine(value.value);
    else if (value.kind === "size") this.use(value.example);
    else if (value.kind === "part") this.part(value);
    else if (value.kind !== "load" && value.kind !== "whole") {
      this.affine(value.left);
      this.affine(value.right);
    }
  }

  private part({ dim, from, example }: ExtentPart): void {
    this.dim(dim);
    this.affine(from);
    if (example !== undefined) this.use(example);
  }

  private axis({ extent, from }: LoopAxis): void {
    if (from !== undefined) this.affine(from);
    if (extent.kind === "affine") this.affine(extent.value);
    else if (extent.kind === "part") this.part(extent);
    else if (extent.kind === "size") this.use(extent.example);
    else this.examples(extent.examples);
  }

  private examples(value: Examples): void {
    if (value.kind === "all") this.found.symbols.add(BATCH_SYMBOL);
    else this.use(value.count);
  }

  private expression(value: KernelExpression): void {
    if (value.kind === "integer") this.affine(value.value);
    else if (value.kind === "operation") for (const operand of value.operands) this.expression(operand);
    else if (value.kind === "choice") {
      this.affine(value.left);
      this.affine(value.right);
      this.expression(value.below);
      this.expression(value.otherwise);
    }
  }
}
