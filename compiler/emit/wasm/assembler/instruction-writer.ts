/**
 * Writes instructions and follows the types on the operand stack meanwhile, so that a mistake shows where it is made: an
 * `InvariantError` with the function and the instruction.
 */
import { InvariantError } from "../../../base/diagnostics/invariant.js";
import type { Local, LocalPool } from "./local-pool.js";
import type { WasmType } from "./instruction-types.js";
import type { WasmInstruction, OpName } from "./instructions.js";
import { operations } from "./instructions.js";
import { blockTypeOf, emptyBlockType, type FunctionRef, type GlobalRef } from "./module-structure.js";
import type { BlockFrame } from "./operand-stack.js";
import { OperandStack } from "./operand-stack.js";

/** Where `br` goes: to the end of a block, to the beginning of a loop. */
export type Label = BlockFrame;

type LaneType = "i8x16" | "i32x4" | "i64x2" | "f32x4" | "f64x2";

const laneArrays: Record<LaneType, (lanes: readonly (number | bigint)[]) => ArrayBufferView> = {
  i8x16: (lanes) => Uint8Array.from(lanes, Number),
  i32x4: (lanes) => Int32Array.from(lanes, Number),
  i64x2: (lanes) => BigInt64Array.from(lanes, BigInt),
  f32x4: (lanes) => Float32Array.from(lanes, Number),
  f64x2: (lanes) => Float64Array.from(lanes, Number),
};

const view = new DataView(new ArrayBuffer(8));

/** The function that instructions belong to. */
interface WrittenFunction {
  readonly name: string;
  readonly locals: LocalPool;
}

export class InstructionWriter {
  readonly #function: WrittenFunction;
  /** Is this the beginning, where locals get what they always hold? */
  readonly #isBeginning: boolean;
  readonly #results: readonly WasmType[];
  readonly #instructions: WasmInstruction[];
  readonly #stack: OperandStack;
  #ended = false;

  /** Adds to `instructions` what leaves `results`. */
  constructor(
    written: WrittenFunction,
    isBeginning: boolean,
    results: readonly WasmType[],
    instructions: WasmInstruction[],
  ) {
    this.#function = written;
    this.#isBeginning = isBeginning;
    this.#results = results;
    this.#instructions = instructions;
    this.#stack = new OperandStack(results, (message) => this.fail(message));
  }

  /** An instruction without immediates but lanes, and none that opens or closes a block. */
  op(name: OpName, ...immediates: readonly number[]): this {
    const { immediate, effect, lanes } = this.#add(name, ...immediates);
    if (immediate === "lane") {
      const lane = immediates[0];
      if (immediates.length !== 1 || !(lane! >= 0 && lane! < lanes)) this.fail(`needs a lane below ${lanes}`);
    } else if (immediate === "memory index" || immediate === "memory indices" || immediate === "none") {
      if (immediates.length > 0) this.fail("takes no immediates");
    } else this.fail(`has a method of its own, its immediate is: ${immediate}`);
    if (effect !== undefined) this.#apply(effect.operands, effect.results);
    else this.#applySpecial(name);
    return this;
  }

  get(local: Local): this {
    const before = this.#instructions[this.#instructions.length - 1];
    if (before?.operation.name === "local.set" && before.immediates[0] === local.index) {
      this.#instructions[this.#instructions.length - 1] = {
        operation: operations["local.tee"],
        immediates: before.immediates,
      };
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

  /** Adds to an i32 in a local. */
  increase(local: Local, by: number): this {
    return this.get(local).i32(by).op("i32.add").set(local);
  }

  globalGet(global: GlobalRef): this {
    this.#add("global.get", global.index);
    this.#stack.push(global.type);
    return this;
  }

  globalSet(global: GlobalRef): this {
    this.#add("global.set", global.index);
    if (!global.mutable) this.fail(`global ${global.index} is not mutable`);
    this.#stack.pop(global.type);
    return this;
  }

  /** An integer from -2^31 to 2^32 - 1. */
  i32(value: number): this {
    this.#add("i32.const", value | 0);
    if ((value | 0) !== value && value >>> 0 !== value) this.fail(`${value} is not a 32-bit integer`);
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
    if (array.byteLength !== 16) this.fail(`${lanes.length} lanes are not ${type}`);
    this.#stack.push("v128");
    return this;
  }

  /** A load or store at the address on the stack plus `offset`, aligned as its type is. */
  memory(name: OpName, offset: number, lane?: number): this {
    const { immediate, effect, alignment, lanes } = operations[name];
    this.#add(name, alignment, offset, ...(lane === undefined ? [] : [lane]));
    if (immediate !== "memory" && immediate !== "memory lane") this.fail("is not a load or store");
    if (offset >>> 0 !== offset) this.fail(`${offset} is not an offset`);
    if (immediate === "memory" ? lane !== undefined : !(lane! >= 0 && lane! < lanes)) {
      this.fail(immediate === "memory" ? "takes no lane" : `needs a lane below ${lanes}`);
    }
    this.#apply(effect!.operands, effect!.results);
    return this;
  }

  /** Bytes of two vectors: 0 to 15 those of the first, 16 to 31 those of the second. */
  shuffle(lanes: readonly number[]): this {
    this.#add("i8x16.shuffle", ...lanes);
    if (lanes.length !== 16 || !lanes.every((lane) => lane >= 0 && lane < 32)) this.fail("needs 16 lanes below 32");
    this.#apply(["v128", "v128"], ["v128"]);
    return this;
  }

  /** Code that `br` to the label leaves. */
  block(body: (label: Label) => void): this {
    return this.#nest("block", body);
  }

  /** Code that `br` to the label repeats. */
  loop(body: (label: Label) => void): this {
    return this.#nest("loop", body);
  }

  /** How many loops the code is in. */
  get loops(): number {
    return this.#stack.loops;
  }

  /** Branches on the i32 on the stack. Where there is a result, both sides leave one. */
  if(then: () => void, otherwise?: () => void, result?: WasmType): this {
    this.#add("if", result === undefined ? emptyBlockType : blockTypeOf(result));
    if (result !== undefined && otherwise === undefined) this.fail("needs two sides for a result");
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

  #add(name: OpName, ...immediates: readonly (number | bigint)[]): (typeof operations)[OpName] {
    this.ensureOpen();
    const operation = operations[name];
    this.#instructions.push({ operation, immediates });
    return operation;
  }

  #apply(operands: readonly WasmType[], results: readonly WasmType[]): void {
    this.#stack.popAll(operands);
    for (const type of results) this.#stack.push(type);
  }

  #applySpecial(name: OpName): void {
    const stack = this.#stack;
    if (name === "unreachable") stack.unreachable();
    else if (name === "return") {
      stack.popAll(this.#results);
      stack.unreachable();
    } else if (name === "drop") stack.pop();
    else if (name === "select") {
      stack.pop("i32");
      const second = stack.pop();
      const type = stack.pop(second) ?? second;
      if (type !== undefined) stack.push(type);
    } else this.fail("has a method of its own");
  }

  #write(name: "local.set" | "local.tee", local: Local): void {
    this.#add(name, local.index);
    this.#check(local);
    if (this.#isBeginning || this.#function.locals.useOf(local) === "preset") {
      this.fail(`local ${local.index} is set at the beginning, and only there`);
    }
    this.#stack.pop(local.type);
  }

  #check(local: Local): void {
    const { locals } = this.#function;
    const use = locals.useOf(local);
    if (!locals.has(local)) this.fail(`local ${local.index} is of another function`);
    if (use === "released") this.fail(`local ${local.index} has been released`);
    if (this.#isBeginning && use === "used") this.fail(`local ${local.index} is not set at the beginning`);
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
    if (!this.#stack.isOpen(label)) this.fail("goes to a block that is not open");
  }

  /** Writes the last `end`: nothing can be written afterwards. */
  protected end(): void {
    if (!this.#ended) this.#close();
    this.#ended = true;
  }

  /** Sets a local to the one value that was left, at the beginning. */
  protected endInto(local: Local): void {
    this.#stack.pop(local.type);
    this.#add("local.set", local.index);
    this.#stack.leave();
    this.#ended = true;
  }

  protected ensureOpen(): void {
    if (this.#ended) this.fail("the function is finished");
  }

  /** The last instruction written is the one that fails. */
  protected fail(message: string): never {
    const last = this.#instructions[this.#instructions.length - 1];
    const place = last === undefined ? "" : `, instruction ${this.#instructions.length - 1}, ${last.operation.name}`;
    throw new InvariantError(`wasm function ${this.#function.name}${place}: ${message}`);
  }
}
