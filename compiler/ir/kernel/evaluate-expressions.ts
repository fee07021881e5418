/** Names, sizes and expressions of a kernel at work. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { scalarValues } from "../ops/scalar-values.js";
import { type Dim, evaluateDim, symbolsOf } from "../../base/types/dim.js";
import type { KernelMemory } from "./memory.js";
import type { Affine, Access, KernelExpression, IndexExpression } from "./kernel-program.js";

/** Sums that elements are added to in turn, if they are in parts. */
interface PartialSums {
  readonly values: [number, number, number, number];
  readonly variable: string;
}

/** A matrix column after column, each of `depth` terms. */
export interface PackedMatrix {
  /** The numbers of all columns, one after the other; of all parts where there are some. */
  readonly matrix: readonly number[];
  readonly columns: number;
  readonly parts: number;
}

/**
 * A call at some point of a kernel, or a lane of one. Variables are unique within a region, so that inner ones simply replace older ones.
 */
export class CallState {
  readonly memory: KernelMemory;
  readonly sizes: ReadonlyMap<string, number>;
  /** Sizes of each example by symbol. */
  readonly perExample: ReadonlyMap<string, Int32Array>;
  /** What was packed last, by the buffer of its panels. */
  readonly packed: Map<string, PackedMatrix>;
  private readonly variables = new Map<string, number>();
  private readonly partial = new Map<string, PartialSums>();
  /** Of a lane: what all lanes see. */
  private readonly around: CallState | undefined;

  constructor(
    memory: KernelMemory,
    sizes: ReadonlyMap<string, number>,
    perExample: ReadonlyMap<string, Int32Array>,
    packed: Map<string, PackedMatrix>,
    around?: CallState,
  ) {
    this.memory = memory;
    this.sizes = sizes;
    this.perExample = perExample;
    this.packed = packed;
    this.around = around;
  }

  /** What it binds is its own; what it adds to may be of all lanes. */
  lane(): CallState {
    return new CallState(this.memory, this.sizes, this.perExample, this.packed, this);
  }

  /** Where a name is bound. */
  private holder(name: string): CallState | undefined {
    return this.partial.has(name) || this.variables.has(name) ? this : this.around?.holder(name);
  }

  set(name: string, value: number): void {
    this.partial.delete(name);
    this.variables.set(name, value);
  }

  setPartial(name: string, initial: number, variable: string): void {
    this.partial.set(name, { values: [initial, initial, initial, initial], variable });
  }

  /** The sum that the element at hand goes to. */
  accumulated(name: string): number {
    const sums = this.holder(name)?.partial.get(name);
    return sums === undefined ? this.get(name) : (sums.values[this.get(sums.variable) % 4] as number);
  }

  /** Gives the sum another value, or the variable. */
  accumulate(name: string, value: number): void {
    const holder = this.holder(name) ?? this;
    const sums = holder.partial.get(name);
    if (sums === undefined) holder.variables.set(name, value);
    else sums.values[this.get(sums.variable) % 4] = value;
  }

  get(name: string): number {
    const holder = this.holder(name);
    const sums = holder?.partial.get(name)?.values;
    if (sums !== undefined) return sums[0] + sums[2] + (sums[1] + sums[3]);
    const value = holder?.variables.get(name);
    invariant(value !== undefined, `${name} is not bound`);
    return value;
  }

  /** The examples or steps of the call. */
  extent(symbol: string): number {
    const size = this.sizes.get(symbol);
    invariant(size !== undefined, `a call without ${symbol}`);
    return size;
  }

  /** A dimension of the call, or of the example that a variable names. */
  size(dim: Dim, example?: string): number {
    if (example === undefined) return evaluateDim(dim, this.sizes);
    const b = this.get(example);
    const own = new Map(this.sizes);
    for (const symbol of symbolsOf(dim)) {
      const each = this.perExample.get(symbol)?.[b];
      if (each !== undefined) own.set(symbol, each);
    }
    return evaluateDim(dim, own);
  }

  affine({ constant, terms }: Affine): number {
    return terms.reduce(
      (sum, { variable, coefficient }) => sum + this.get(variable) * this.size(coefficient),
      this.size(constant),
    );
  }

  load({ buffer, offset }: Access): number {
    return this.memory.read(buffer, this.affine(offset));
  }

  index(value: IndexExpression): number {
    switch (value.kind) {
      case "affine":
        return this.affine(value.value);
      case "size":
        return this.size(value.dim, value.example);
      case "part":
        return Math.max(0, Math.min(value.most, this.size(value.dim, value.example) - this.affine(value.from)));
      case "load":
        return this.load(value.access);
      case "whole":
        return Math.trunc(this.load(value.access)) || 0;
      case "multiply":
        return this.affine(value.left) * this.affine(value.right);
      case "divide":
        return Math.floor(this.affine(value.left) / this.affine(value.right));
      case "remainder":
        return this.affine(value.left) % this.affine(value.right);
    }
  }

  /**
   * Truth values are 1 and 0. Of a choice only the chosen side is evaluated. Multiply-adds of functions round twice, `fused` or not, which
   * is one of the two results that these may have.
   */
  expression(value: KernelExpression): number {
    switch (value.kind) {
      case "literal":
        return value.dtype === "bool" ? Number(value.value !== 0) : value.value;
      case "variable":
        return this.get(value.name);
      case "load": {
        const element = this.load(value.access);
        return value.dtype === "bool" ? Number(element !== 0) : element;
      }
      case "integer":
        return this.affine(value.value);
      case "choice":
        return this.expression(this.affine(value.left) < this.affine(value.right) ? value.below : value.otherwise);
      case "operation": {
        const [condition, whenTrue, whenFalse] = value.operands;
        if (value.op === "select" && condition !== undefined && whenTrue !== undefined && whenFalse !== undefined) {
          return this.expression(this.expression(condition) !== 0 ? whenTrue : whenFalse);
        }
        return scalarValues[value.op](...value.operands.map((operand) => this.expression(operand)));
      }
    }
  }
}
