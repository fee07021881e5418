/** Integers of a kernel as WebAssembly code: sizes, loop variables, and the addresses made from them. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import { affineKey } from "../../../ir/kernel/affine.js";
import type { Access, Affine, ElementType, ExtentPart, IndexExpression } from "../../../ir/kernel/kernel-program.js";
import { constantOf, type Dim, dimConstant, symbolOf } from "../../../base/types/dim.js";
import type { FunctionCode, Local } from "../assembler/function-code.js";
import type { MemoryLayout } from "../memory/memory-layout.js";

/** An address: what was pushed, and what the instruction adds to it. */
interface PushedAddress {
  readonly offset: number;
}

/** Integers that have been computed, by what they are. */
export type ComputedIntegers = Map<string, Local>;

/** What all places of a function share. */
class FunctionIntegers {
  readonly code: FunctionCode;
  readonly layout: MemoryLayout;
  readonly elementTypes: ReadonlyMap<string, ElementType>;
  private readonly words = new Map<number, Local>();

  constructor(code: FunctionCode, layout: MemoryLayout, elementTypes: ReadonlyMap<string, ElementType>) {
    this.code = code;
    this.layout = layout;
    this.elementTypes = elementTypes;
  }

  word(address: number): Local {
    let local = this.words.get(address);
    if (local === undefined) {
      local = this.code.preset("i32", (beginning) => beginning.i32(0).memory("i32.load", address));
      this.words.set(address, local);
    }
    return local;
  }
}

/** What is known of integers at a place of a function: what has been named and computed there and in the places around it. */
export class Integers {
  private readonly function: FunctionIntegers;
  private readonly outer: Integers | undefined;
  private readonly scope: ComputedIntegers;
  private readonly variables = new Map<string, { readonly local: Local; readonly ahead: number }>();

  private constructor(shared: FunctionIntegers, outer: Integers | undefined, scope: ComputedIntegers) {
    this.function = shared;
    this.outer = outer;
    this.scope = scope;
  }

  /** At the beginning of a function. */
  static of(code: FunctionCode, layout: MemoryLayout, elementTypes: ReadonlyMap<string, ElementType>): Integers {
    return new Integers(new FunctionIntegers(code, layout, elementTypes), undefined, new Map());
  }

  private get code(): FunctionCode {
    return this.function.code;
  }

  private get layout(): MemoryLayout {
    return this.function.layout;
  }

  /** Names what is `ahead` of a local, here and in the places within. */
  bind(name: string, local: Local, ahead = 0): void {
    this.variables.set(name, { local, ahead });
  }

  variable(name: string): Local {
    const found = this.binding(name);
    invariant(found !== undefined, `the integer ${name} is used before it is there`);
    const { local, ahead } = found;
    if (ahead === 0) return local;
    const key = `${local.index} + ${ahead}`;
    const known = this.find(key);
    if (known !== undefined) return known;
    const sum = this.code.local("i32");
    this.code.get(local).i32(ahead).op("i32.add").set(sum);
    this.scope.set(key, sum);
    return sum;
  }

  private binding(name: string): { readonly local: Local; readonly ahead: number } | undefined {
    return this.variables.get(name) ?? this.outer?.binding(name);
  }

  /** Gives `body` a place within this one: what is computed there is forgotten afterwards. */
  scoped(body: (inner: Integers) => void): void {
    const scope: ComputedIntegers = new Map();
    body(this.within(scope));
    this.release(scope);
  }

  /** A place within this one that has what `scope` holds, and keeps what it computes there until the scope is released. */
  within(scope: ComputedIntegers): Integers {
    return new Integers(this.function, this, scope);
  }

  release(scope: ComputedIntegers): void {
    this.code.release(...scope.values());
    scope.clear();
  }

  /** A word of the table, read once at the start of the function. */
  word(address: number): Local {
    return this.function.word(address);
  }

  /** Pushes a size of the call, or of `example` where its own size is wanted. */
  dim(dim: Dim, example?: Local): void {
    const { code } = this;
    const constant = constantOf(dim);
    if (constant !== undefined) {
      code.i32(constant);
      return;
    }
    dim.terms.forEach((term, i) => {
      const powersOf = (sign: 1 | -1): string[] => term.powers.flatMap(([factor, power]) => Array.from({ length: Math.max(sign * power, 0) }, () => symbolOf(factor))); // prettier-ignore
      let pushed = false;
      const multiply = (push: () => void): void => {
        push();
        if (pushed) code.op("i32.mul");
        pushed = true;
      };
      for (const name of powersOf(1)) multiply(() => this.size(name, example));
      if (term.numerator !== 1 || !pushed) multiply(() => code.i32(term.numerator));
      for (const name of powersOf(-1)) {
        this.size(name, example);
        code.op("i32.div_s");
      }
      if (term.denominator !== 1) code.i32(term.denominator).op("i32.div_s");
      if (i > 0) code.op("i32.add");
    });
  }

  private size(symbol: string, example: Local | undefined): void {
    if (example === undefined) {
      this.code.get(this.word(this.layout.sizeWord(symbol)));
      return;
    }
    const list = this.layout.listOf(symbol);
    this.code.get(example).i32(2).op("i32.shl");
    const { offset } = this.base(list);
    this.code.memory("i32.load", offset);
  }

  /** Adds the address of a buffer to the one on the stack. */
  private base(buffer: string): PushedAddress {
    const address = this.layout.addressOf(buffer);
    if (address.kind === "static") return { offset: address.bytes };
    this.code.get(this.word(address.word)).op("i32.add");
    return { offset: 0 };
  }

  affine(value: Affine): void {
    const { code } = this;
    let pushed = false;
    const add = (push: () => void): void => {
      push();
      if (pushed) code.op("i32.add");
      pushed = true;
    };
    for (const { variable, coefficient } of value.terms) {
      add(() => {
        code.get(this.variable(variable));
        const factor = constantOf(coefficient);
        if (factor === 1) return;
        if (factor !== undefined && factor > 0 && Number.isInteger(Math.log2(factor))) {
          code.i32(Math.log2(factor)).op("i32.shl");
          return;
        }
        this.dim(coefficient);
        code.op("i32.mul");
      });
    }
    if (value.constant.terms.length > 0 || !pushed) add(() => this.dim(value.constant));
  }

  index(value: IndexExpression): void {
    const { code } = this;
    switch (value.kind) {
      case "affine":
        this.affine(value.value);
        return;
      case "size":
        this.dim(value.dim, this.variable(value.example));
        return;
      case "part":
        this.part(value);
        return;
      case "load":
        code.memory("i32.load", this.address(value.access).offset);
        return;
      case "whole": {
        const type = this.layout.elementBytes === 4 ? "f32" : "f64";
        code.memory(`${type}.load`, this.address(value.access).offset).op(`i32.trunc_sat_${type}_s`);
        return;
      }
      default:
        this.affine(value.left);
        this.affine(value.right);
        // Nothing here is negative.
        code.op(value.kind === "multiply" ? "i32.mul" : value.kind === "divide" ? "i32.div_s" : "i32.rem_s");
    }
  }

  /** Pushes what a dimension has from `from` on. */
  part({ dim, example, from, most }: ExtentPart): void {
    const { code } = this;
    const rest = code.local("i32");
    this.dim(dim, example === undefined ? undefined : this.variable(example));
    this.affine(from);
    code.op("i32.sub").tee(rest).i32(most).get(rest).i32(most).op("i32.lt_s").op("select").tee(rest);
    code.i32(0).get(rest).i32(0).op("i32.gt_s").op("select");
    code.release(rest);
  }

  private elementBytes(buffer: string): number {
    return this.function.elementTypes.get(buffer) === "real" ? this.layout.elementBytes : 4;
  }

  /**
   * A number that an instruction can add by itself, and what is left. An instruction adds to what it takes as to a number that
   * is not negative, so what is left must not be.
   */
  private splitConstant(value: Affine): { readonly plain: number; readonly rest: Affine } {
    const plain = constantOf(value.constant);
    const falls = value.terms.some(({ coefficient }) => coefficient.terms.some(({ numerator }) => numerator < 0));
    if (plain === undefined || plain < 0 || falls) return { plain: 0, rest: value };
    return { plain, rest: { constant: dimConstant(0), terms: value.terms } };
  }

  /** Computes `value` elements in bytes once for each scope, and pushes it; nothing where it is zero. */
  private bytes(value: Affine, elementBytes: number): boolean {
    if (value.terms.length === 0 && value.constant.terms.length === 0) return false;
    const key = `${elementBytes} ${affineKey(value)}`;
    const known = this.find(key);
    if (known !== undefined) {
      this.code.get(known);
      return true;
    }
    this.affine(value);
    this.code.i32(Math.log2(elementBytes)).op("i32.shl");
    this.keep(key);
    return true;
  }

  private find(key: string): Local | undefined {
    return this.scope.get(key) ?? this.outer?.find(key);
  }

  /** Names the integer on the stack and leaves it there. */
  private keep(key: string): void {
    const local = this.code.local("i32");
    this.code.tee(local);
    this.scope.set(key, local);
  }

  /** Pushes the address of an element. */
  address({ buffer, offset }: Access): PushedAddress {
    const size = this.elementBytes(buffer);
    const { plain, rest } = this.splitConstant(offset);
    if (!this.bytes(rest, size)) this.code.i32(0);
    const base = this.base(buffer);
    return { offset: base.offset + plain * size };
  }

  /**
   * Pushes the address of the element in the first lane, which is `ahead` elements after the one at `laneBytes`. What does
   * not move with the lanes is computed by `prepare`, best before the loop over them.
   */
  laneAddress(access: Access, lane: string, laneBytes: Local, ahead = 0): PushedAddress {
    const { code } = this;
    const size = this.elementBytes(access.buffer);
    const { fixed, coefficient, plain } = this.splitLane(access, lane);
    const address = this.layout.addressOf(access.buffer);
    const factor = constantOf(coefficient);
    const skipped = factor === undefined || factor < 0 ? undefined : ahead * factor;
    const offset = (plain + (skipped ?? 0)) * size + (address.kind === "static" ? address.bytes : 0);
    this.prepare(access, lane);
    const start = this.find(this.startKey(access.buffer, fixed));
    if (factor === 1) code.get(laneBytes);
    else {
      const moved = skipped === undefined ? ahead : 0;
      const key = `lanes ${lane} ${coefficient.key} ${size} ${moved}`;
      const known = this.find(key);
      if (known !== undefined) code.get(known);
      else {
        code.get(laneBytes);
        if (moved > 0) code.i32(moved * size).op("i32.add");
        this.dim(coefficient);
        code.op("i32.mul");
        this.keep(key);
      }
    }
    if (start !== undefined) code.get(start).op("i32.add");
    return { offset };
  }

  /** Computes what `laneAddress` needs. */
  prepare(access: Access, lane: string): void {
    const { fixed } = this.splitLane(access, lane);
    const address = this.layout.addressOf(access.buffer);
    const key = this.startKey(access.buffer, fixed);
    if (this.find(key) !== undefined) return;
    const moved = this.bytes(fixed, this.elementBytes(access.buffer));
    if (address.kind === "table") {
      this.code.get(this.word(address.word));
      if (moved) this.code.op("i32.add");
    } else if (!moved) return;
    const local = this.code.local("i32");
    this.code.set(local);
    this.scope.set(key, local);
  }

  private splitLane({ offset }: Access, lane: string): { fixed: Affine; coefficient: Dim; plain: number } {
    const { plain, rest } = this.splitConstant(offset);
    const moving = rest.terms.find(({ variable }) => variable === lane);
    invariant(moving !== undefined, `an element that does not move with ${lane}`);
    const fixed = { constant: rest.constant, terms: rest.terms.filter((term) => term !== moving) };
    return { fixed, coefficient: moving.coefficient, plain };
  }

  /** Elements of fixed places share the part that loops compute; elsewhere it holds the address of the buffer too. */
  private startKey(buffer: string, fixed: Affine): string {
    const address = this.layout.addressOf(buffer);
    const where = address.kind === "static" ? "fixed" : `word ${address.word}`;
    return `start ${where} ${this.elementBytes(buffer)} ${affineKey(fixed)}`;
  }
}
