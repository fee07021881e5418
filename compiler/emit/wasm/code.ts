/**
 * Writes the instructions of one function and follows the types on the operand stack meanwhile, so that a mistake shows
 * where it is made: an `InvariantError` with the function and the instruction.
 */
import { InvariantError } from "../../base/diagnostics/invariant.js";
import { LeastFirst } from "../../ir/kernel/least-first.js";
import type { Frame } from "./code-stack.js";
import { OperandStack } from "./code-stack.js";
import type { ValueType } from "./instruction-types.js";
import type { Instruction, OpName } from "./instructions.js";
import { operations } from "./instructions.js";
import type { LocalRun } from "./module-structure.js";
import { blockTypeOf, emptyBlockType } from "./module-structure.js";

export type { ValueType } from "./instruction-types.js";

export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Where `br` goes: to the end of a block, to the beginning of a loop. */
export type Label = Frame;

/** A function of a module under construction. */
export interface FunctionRef {
  readonly index: number;
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface GlobalRef {
  readonly index: number;
  readonly type: ValueType;
  readonly mutable: boolean;
}

export type LaneType = "i8x16" | "i32x4" | "i64x2" | "f32x4" | "f64x2";

const laneArrays: Record<LaneType, (lanes: readonly (number | bigint)[]) => ArrayBufferView> = {
  i8x16: (lanes) => Uint8Array.from(lanes, Number),
  i32x4: (lanes) => Int32Array.from(lanes, Number),
  i64x2: (lanes) => BigInt64Array.from(lanes, BigInt),
  f32x4: (lanes) => Float32Array.from(lanes, Number),
  f64x2: (lanes) => Float64Array.from(lanes, Number),
};

const view = new DataView(new ArrayBuffer(8));

/** What a local behind the parameters is doing. */
type LocalUse = "used" | "released" | "preset";

export class FunctionCode {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly #locals: Local[];
  readonly #uses: LocalUse[];
  readonly #released = new Map<ValueType, LeastFirst<Local>>();
  readonly #prologue: Instruction[] = [];
  readonly #body: Instruction[] = [];
  /** Where instructions go now, one of the two above. */
  #code = this.#body;
  #stack: OperandStack;
  #finished = false;
  #loops = 0;

  constructor(name: string, params: readonly ValueType[], results: readonly ValueType[]) {
    this.name = name;
    this.params = params;
    this.results = results;
    this.#locals = params.map((type, index) => ({ type, index }));
    this.#uses = params.map(() => "used");
    this.#stack = new OperandStack(results, (message) => this.#fail(message));
  }

  /** Parameter `i`. */
  param(i: number): Local {
    return i < this.params.length ? this.#locals[i]! : this.#fail(`there is no parameter ${i}`);
  }

  /** A local to use until it is released: the first of those released before, or a new one. What it holds is unknown. */
  local(type: ValueType): Local {
    const free = this.#released.get(type)?.pop();
    if (free === undefined) return this.#newLocal(type, "used");
    this.#uses[free.index] = "used";
    return free;
  }

  /** Gives locals back for others to use. */
  release(...locals: readonly Local[]): void {
    for (const { index } of locals) {
      if (index < this.params.length) this.#fail(`parameter ${index} cannot be released`);
      if (this.#uses[index] !== "used") this.#fail(`local ${index} cannot be released, it is ${this.#uses[index]}`);
      this.#uses[index] = "released";
      this.#releasedOf(this.#locals[index]!.type).push(this.#locals[index]!);
    }
  }

  /**
   * A local that holds what `write` leaves on the stack from the beginning of the function on, wherever it is asked for.
   * `write` may read parameters, as they come, and other such locals.
   */
  preset(type: ValueType, write: () => void): Local {
    const local = this.#newLocal(type, "preset");
    const [code, stack] = [this.#code, this.#stack];
    this.#code = this.#prologue;
    this.#stack = new OperandStack([], (message) => this.#fail(message));
    write();
    this.#stack.pop(type);
    this.#add("local.set", local.index);
    this.#stack.leave();
    [this.#code, this.#stack] = [code, stack];
    return local;
  }

  /** An instruction without immediates but lanes, and none that opens or closes a block. */
  op(name: OpName, ...immediates: readonly number[]): this {
    const { immediate, effect, lanes } = this.#add(name, ...immediates);
    if (immediate === "lane") {
      const lane = immediates[0];
      if (immediates.length !== 1 || !(lane! >= 0 && lane! < lanes)) this.#fail(`needs a lane below ${lanes}`);
    } else if (immediate === "memory index" || immediate === "memory indices" || immediate === "none") {
      if (immediates.length > 0) this.#fail("takes no immediates");
    } else this.#fail(`has a method of its own, its immediate is: ${immediate}`);
    if (effect !== undefined) this.#apply(effect.operands, effect.results);
    else this.#applySpecial(name);
    return this;
  }

  get(local: Local): this {
    const before = this.#code[this.#code.length - 1];
    if (before?.operation.name === "local.set" && before.immediates[0] === local.index) {
      this.#code[this.#code.length - 1] = { operation: operations["local.tee"], immediates: before.immediates };
    } else this.#add("local.get", local.index);
    this.#check(local);
    this.#stack.push(local.type);
    return this;
  }

  set(local: Local): this {
    this.#write("local.set", local);
    return this;
  }

  tee(local: Local): this {
    this.#write("local.tee", local);
    this.#stack.push(local.type);
    return this;
  }

  globalGet(global: GlobalRef): this {
    this.#add("global.get", global.index);
    this.#stack.push(global.type);
    return this;
  }

  globalSet(global: GlobalRef): this {
    this.#add("global.set", global.index);
    if (!global.mutable) this.#fail(`global ${global.index} is not mutable`);
    this.#stack.pop(global.type);
    return this;
  }

  /** An integer from -2^31 to 2^32 - 1. */
  i32(value: number): this {
    this.#add("i32.const", value | 0);
    if ((value | 0) !== value && value >>> 0 !== value) this.#fail(`${value} is not a 32-bit integer`);
    this.#stack.push("i32");
    return this;
  }

  i64(value: bigint): this {
    this.#add("i64.const", value);
    this.#stack.push("i64");
    return this;
  }

  /** The float32 nearest to the value. */
  f32(value: number): this {
    view.setFloat32(0, value);
    this.#add("f32.const", view.getUint32(0));
    this.#stack.push("f32");
    return this;
  }

  f64(value: number): this {
    view.setFloat64(0, value);
    this.#add("f64.const", view.getBigUint64(0));
    this.#stack.push("f64");
    return this;
  }

  /** A vector with these lanes, the lowest first. */
  v128(type: LaneType, lanes: readonly (number | bigint)[]): this {
    const array = laneArrays[type](lanes);
    this.#add("v128.const", ...new Uint8Array(array.buffer));
    if (array.byteLength !== 16) this.#fail(`${lanes.length} lanes are not ${type}`);
    this.#stack.push("v128");
    return this;
  }

  /** A load or store at the address on the stack plus `offset`, aligned as its type is. */
  memory(name: OpName, offset: number, lane?: number): this {
    const { immediate, effect, alignment, lanes } = operations[name];
    this.#add(name, alignment, offset, ...(lane === undefined ? [] : [lane]));
    if (immediate !== "memory" && immediate !== "memory lane") this.#fail("is not a load or store");
    if (offset >>> 0 !== offset) this.#fail(`${offset} is not an offset`);
    if (immediate === "memory" ? lane !== undefined : !(lane! >= 0 && lane! < lanes)) {
      this.#fail(immediate === "memory" ? "takes no lane" : `needs a lane below ${lanes}`);
    }
    this.#apply(effect!.operands, effect!.results);
    return this;
  }

  /** Bytes of two vectors: 0 to 15 those of the first, 16 to 31 those of the second. */
  shuffle(lanes: readonly number[]): this {
    this.#add("i8x16.shuffle", ...lanes);
    if (lanes.length !== 16 || !lanes.every((lane) => lane >= 0 && lane < 32)) this.#fail("needs 16 lanes below 32");
    this.#apply(["v128", "v128"], ["v128"]);
    return this;
  }

  /** Code that `br` to the label leaves. */
  block(body: (label: Label) => void): this {
    return this.#nest("block", body);
  }

  /** Code that `br` to the label repeats. */
  loop(body: (label: Label) => void): this {
    this.#loops++;
    this.#nest("loop", body);
    this.#loops--;
    return this;
  }

  /** How many loops the code is in. */
  get loops(): number {
    return this.#loops;
  }

  /** Branches on the i32 on the stack. Where there is a result, both sides leave one. */
  if(then: () => void, otherwise?: () => void, result?: ValueType): this {
    this.#add("if", result === undefined ? emptyBlockType : blockTypeOf(result));
    if (result !== undefined && otherwise === undefined) this.#fail("needs two sides for a result");
    this.#stack.pop("i32");
    const results = result === undefined ? [] : [result];
    this.#stack.enter("if", results);
    then();
    if (otherwise !== undefined) {
      this.#add("else");
      this.#stack.leave();
      this.#stack.popAll(results);
      this.#stack.enter("if", results);
      otherwise();
    }
    this.#close();
    return this;
  }

  br(label: Label): this {
    this.#branch("br", label);
    this.#stack.unreachable();
    return this;
  }

  /** Branches where the i32 on the stack is not 0. */
  brIf(label: Label): this {
    this.#branch("br_if", label);
    this.#stack.pop("i32");
    return this;
  }

  call(target: FunctionRef): this {
    this.#add("call", target.index);
    this.#apply(target.params, target.results);
    return this;
  }

  /** The locals behind the parameters and all instructions. Nothing can be written afterwards. */
  finish(): { readonly locals: readonly LocalRun[]; readonly instructions: readonly Instruction[] } {
    if (!this.#finished) this.#close();
    this.#finished = true;
    const locals: { count: number; type: ValueType }[] = [];
    for (const { type } of this.#locals.slice(this.params.length)) {
      const last = locals[locals.length - 1];
      if (last?.type === type) last.count++;
      else locals.push({ count: 1, type });
    }
    return { locals, instructions: [...this.#prologue, ...this.#body] };
  }

  #releasedOf(type: ValueType): LeastFirst<Local> {
    let released = this.#released.get(type);
    if (released === undefined) this.#released.set(type, (released = new LeastFirst((a, b) => a.index < b.index)));
    return released;
  }

  #newLocal(type: ValueType, use: LocalUse): Local {
    const local = { type, index: this.#locals.length };
    this.#locals.push(local);
    this.#uses.push(use);
    return local;
  }

  #add(name: OpName, ...immediates: readonly (number | bigint)[]): (typeof operations)[OpName] {
    if (this.#finished) this.#fail("the function is finished");
    const operation = operations[name];
    this.#code.push({ operation, immediates });
    return operation;
  }

  #apply(operands: readonly ValueType[], results: readonly ValueType[]): void {
    this.#stack.popAll(operands);
    for (const type of results) this.#stack.push(type);
  }

  #applySpecial(name: OpName): void {
    const stack = this.#stack;
    if (name === "unreachable") stack.unreachable();
    else if (name === "return") {
      stack.popAll(this.results);
      stack.unreachable();
    } else if (name === "drop") stack.pop();
    else if (name === "select") {
      stack.pop("i32");
      const second = stack.pop();
      const type = stack.pop(second) ?? second;
      if (type !== undefined) stack.push(type);
    } else this.#fail("has a method of its own");
  }

  #check({ index, type }: Local): void {
    if (this.#locals[index]?.type !== type) this.#fail(`local ${index} is of another function`);
    if (this.#uses[index] === "released") this.#fail(`local ${index} has been released`);
    const early = this.#code === this.#prologue && index >= this.params.length && this.#uses[index] !== "preset";
    if (early) this.#fail(`local ${index} is not set at the beginning`);
  }

  #write(name: "local.set" | "local.tee", local: Local): void {
    this.#add(name, local.index);
    this.#check(local);
    const once = this.#code === this.#prologue || this.#uses[local.index] === "preset";
    if (once) this.#fail(`local ${local.index} is set at the beginning, and only there`);
    this.#stack.pop(local.type);
  }

  #nest(kind: "block" | "loop", body: (label: Label) => void): this {
    this.#add(kind, emptyBlockType);
    body(this.#stack.enter(kind, []));
    this.#close();
    return this;
  }

  #close(): void {
    this.#add("end");
    this.#stack.leave();
  }

  #branch(name: "br" | "br_if", label: Label): void {
    this.#add(name, this.#stack.depth - 1 - label.depth);
    if (!this.#stack.isOpen(label)) this.#fail("goes to a block that is not open");
  }

  /** The last instruction written is the one that fails. */
  #fail(message: string): never {
    const last = this.#code[this.#code.length - 1];
    const place = last === undefined ? "" : `, instruction ${this.#code.length - 1}, ${last.operation.name}`;
    throw new InvariantError(`wasm function ${this.name}${place}: ${message}`);
  }
}
