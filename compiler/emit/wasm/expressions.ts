/** Expressions of kernels as WebAssembly code: scalars, or vectors over consecutive values of a loop variable. */
import { invariant } from "../../diagnostics/invariant.js";
import type { Access, Affine, Expression, ReductionOp } from "../../ir/kernel/types.js";
import { type MathName, mathFunctions, mathNames } from "../../math/functions.js";
import type { ScalarOp } from "../../ops/scalar-ops.js";
import { PARTIALS } from "../../transform/kernel/interleave-sums.js";
import { constantOf } from "../../types/dim.js";
import type { FunctionCode, Local } from "./code.js";
import type { OpName } from "./instructions.js";
import type { Integers, LaneVariable } from "./integers.js";
import { type ConstantPool, emitFunction, type Shape } from "./math.js";

export type RealType = "f32" | "f64";

/** The lanes of the vectors that code works on: `count` of them are in use. */
export interface Lanes extends LaneVariable {
  readonly count: number;
  /** The bytes from element 0 to the first lane's, where addresses were prepared before a loop. */
  readonly bytes?: Local;
}

interface Value {
  readonly local: Local;
  readonly vector: boolean;
  readonly bool: boolean;
}

/** Partial sums (or extremes) in the lanes of vectors: the element at position n belongs to the partial n mod 4. */
export interface Partials {
  readonly op: ReductionOp;
  readonly vectors: readonly Local[];
}

const mathSet: ReadonlySet<string> = new Set(mathNames);

function isMath(op: ScalarOp): op is ScalarOp & MathName {
  return mathSet.has(op);
}

/** Operations that are one instruction, or two, on each type: the instruction without its shape. */
const plain: Partial<Record<ScalarOp, string>> = {
  neg: "neg",
  abs: "abs",
  floor: "floor",
  round: "nearest",
  sqrt: "sqrt",
  add: "add",
  sub: "sub",
  mul: "mul",
  div: "div",
  min: "min",
  max: "max",
  lt: "lt",
  le: "le",
  eq: "eq",
  ne: "ne",
};

export class Expressions {
  readonly code: FunctionCode;
  readonly integers: Integers;
  readonly pool: ConstantPool;
  readonly dtype: RealType;
  readonly lanesPerVector: number;
  private readonly fma: boolean;
  private readonly values = new Map<string, Value>();
  private readonly partials = new Map<string, Partials>();

  constructor(
    parts: { readonly code: FunctionCode; readonly integers: Integers; readonly pool: ConstantPool },
    dtype: RealType,
    fma: boolean,
  ) {
    this.code = parts.code;
    this.integers = parts.integers;
    this.pool = parts.pool;
    this.dtype = dtype;
    this.fma = fma;
    this.lanesPerVector = dtype === "f32" ? 4 : 2;
  }

  get elementBytes(): number {
    return this.dtype === "f32" ? 4 : 8;
  }

  get vectorShape(): "f32x4" | "f64x2" {
    return this.dtype === "f32" ? "f32x4" : "f64x2";
  }

  /** Integer vectors of lanes as wide as the numbers. */
  private get integerShape(): "i32x4" | "i64x2" {
    return this.dtype === "f32" ? "i32x4" : "i64x2";
  }

  bindValue(name: string, local: Local, vector: boolean, bool = false): void {
    this.values.set(name, { local, vector, bool });
  }

  bindPartials(name: string, partials: Partials): void {
    this.partials.set(name, partials);
  }

  partialsOf(name: string): Partials {
    const found = this.partials.get(name);
    invariant(found !== undefined, `no accumulator ${name}`);
    return found;
  }

  /** Pushes a value: a vector where there are lanes. */
  emit(value: Expression, lanes: Lanes | undefined): void {
    const { code } = this;
    switch (value.kind) {
      case "literal":
        this.literal(value.value, value.dtype === "bool", lanes !== undefined);
        return;
      case "variable":
        this.variable(value.name, lanes !== undefined);
        return;
      case "load":
        this.load(value.access, lanes);
        if (value.dtype === "bool") {
          this.literal(0, false, lanes !== undefined);
          code.op(this.name("ne", lanes));
        }
        return;
      case "integer":
        this.integer(value.value, lanes);
        return;
      case "operation":
        this.operation(value.op, value.operands, lanes);
        return;
      case "piecewise": {
        this.integers.affine(value.left);
        this.integers.affine(value.right);
        code.op("i32.lt_s");
        const result = lanes !== undefined ? "v128" : value.dtype === "bool" ? "i32" : this.dtype;
        code.if(
          () => this.integers.scoped(() => this.emit(value.below, lanes)),
          () => this.integers.scoped(() => this.emit(value.otherwise, lanes)),
          result,
        );
        return;
      }
    }
  }

  private name(operation: string, lanes: Lanes | undefined): OpName {
    return `${lanes === undefined ? this.dtype : this.vectorShape}.${operation}` as OpName;
  }

  private literal(value: number, bool: boolean, vector: boolean): void {
    const { code } = this;
    if (vector) {
      if (bool) code.v128("i32x4", Array<number>(4).fill(value === 0 ? 0 : -1));
      else code.get(this.pool.get(this.vectorShape, value));
    } else if (bool) code.i32(value === 0 ? 0 : 1);
    else if (this.dtype === "f32") code.f32(value);
    else code.f64(value);
  }

  private variable(name: string, vector: boolean): void {
    const { code } = this;
    const value = this.values.get(name);
    if (value === undefined) {
      this.combine(this.partialsOf(name));
      if (vector) code.op(`${this.vectorShape}.splat`);
      return;
    }
    code.get(value.local);
    if (!vector || value.vector) return;
    if (!value.bool) code.op(`${this.vectorShape}.splat`);
    else this.spreadTruth();
  }

  /** A truth value of 0 or 1 as a mask over all lanes. */
  private spreadTruth(): void {
    const { code } = this;
    const truth = code.local("i32");
    code.set(truth).i32(0).get(truth).op("i32.sub");
    code.op("i32x4.splat");
    code.release(truth);
  }

  /** The partial results of a reduction as one: (p0 + p2) + (p1 + p3). */
  private combine({ op, vectors }: Partials): void {
    const { code } = this;
    const operation = op === "sum" ? "add" : op;
    const [first, second] = vectors as [Local, Local?];
    const pairs = code.local("v128");
    if (second === undefined) {
      code.get(first).get(first).get(first);
      code.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
      code.op(`${this.vectorShape}.${operation}`);
    } else code.get(first).get(second).op(`${this.vectorShape}.${operation}`);
    code.tee(pairs).op(`${this.vectorShape}.extract_lane`, 0);
    code.get(pairs).op(`${this.vectorShape}.extract_lane`, 1);
    code.op(`${this.dtype}.${operation}`);
    code.release(pairs);
  }

  /** Pushes the address of an element, of the one in the first lane where the place moves with the lanes. */
  address(access: Access, lanes: Lanes | undefined): { offset: number; stride: number | "open" } {
    const moving = lanes && access.offset.terms.find(({ variable }) => variable === lanes.name);
    if (lanes === undefined || moving === undefined) {
      return { offset: this.integers.address(access).offset, stride: 0 };
    }
    const stride = constantOf(moving.coefficient) ?? "open";
    const place =
      lanes.bytes === undefined ? this.integers.address(access) : this.integers.laneAddress(access, lanes, lanes.bytes);
    return { offset: place.offset, stride };
  }

  private load(access: Access, lanes: Lanes | undefined): void {
    const { code } = this;
    const { offset, stride } = this.address(access, lanes);
    const bits = this.elementBytes * 8;
    if (lanes === undefined) code.memory(`${this.dtype}.load`, offset);
    else if (stride === 0) code.memory(bits === 32 ? "v128.load32_splat" : "v128.load64_splat", offset);
    else if (stride === 1) this.loadVector(offset, lanes.count);
    else this.gather(access, offset, stride, lanes);
  }

  /** Loads the vector at the address on the stack; lanes that are not in use are zero. */
  loadVector(offset: number, count: number): void {
    const { code, dtype } = this;
    if (count === this.lanesPerVector) code.memory("v128.load", offset);
    else if (dtype === "f64") code.memory("v128.load64_zero", offset);
    else if (count === 1) code.memory("v128.load32_zero", offset);
    else if (count === 2) code.memory("v128.load64_zero", offset);
    else {
      const address = code.local("i32");
      code.tee(address);
      const low = code.local("v128");
      code.memory("v128.load64_zero", offset).set(low);
      code
        .get(address)
        .get(low)
        .memory("v128.load32_lane", offset + 8, 2);
      code.release(address, low);
    }
  }

  /** Loads lanes that do not lie side by side. */
  private gather(access: Access, offset: number, stride: number | "open", lanes: Lanes): void {
    const { code } = this;
    const bits = this.elementBytes * 8;
    const address = code.local("i32");
    const vector = code.local("v128");
    code.set(address);
    const step = this.strideBytes(access, stride, lanes);
    for (let lane = 0; lane < lanes.count; lane++) {
      if (lane > 0 && step !== undefined) code.get(address).get(step).op("i32.add").set(address);
      const at = typeof stride === "number" ? offset + lane * stride * this.elementBytes : offset;
      code.get(address);
      if (lane === 0) code.memory(bits === 32 ? "v128.load32_zero" : "v128.load64_zero", at);
      else code.get(vector).memory(bits === 32 ? "v128.load32_lane" : "v128.load64_lane", at, lane);
      code.set(vector);
    }
    code.get(vector);
    code.release(address, vector, ...(step === undefined ? [] : [step]));
  }

  /** The bytes from one lane to the next in a local, where they are no plain positive number. */
  private strideBytes(access: Access, stride: number | "open", lanes: Lanes): Local | undefined {
    if (typeof stride === "number" && stride > 0) return undefined;
    const moving = access.offset.terms.find(({ variable }) => variable === lanes.name);
    const local = this.code.local("i32");
    if (moving !== undefined) this.integers.dim(moving.coefficient);
    this.code.i32(this.elementBytes).op("i32.mul").set(local);
    return local;
  }

  private integer(value: Affine, lanes: Lanes | undefined): void {
    const { code, dtype } = this;
    const convert = (): void => {
      code.op(`${dtype}.convert_i32_s`);
    };
    const moving = lanes && value.terms.find(({ variable }) => variable === lanes.name);
    this.integers.affine(value);
    if (lanes === undefined) {
      convert();
      return;
    }
    if (moving === undefined) {
      convert();
      code.op(`${this.vectorShape}.splat`);
      return;
    }
    code.op("i32x4.splat");
    this.integers.dim(moving.coefficient);
    code.op("i32x4.splat").v128("i32x4", [0, 1, 2, 3]).op("i32x4.mul").op("i32x4.add");
    code.op(dtype === "f32" ? "f32x4.convert_i32x4_s" : "f64x2.convert_low_i32x4_s");
  }

  private operation(op: ScalarOp, operands: readonly Expression[], lanes: Lanes | undefined): void {
    const { code } = this;
    if (isMath(op)) {
      const args = operands.map((operand) => this.toLocal(operand, lanes));
      const shape: Shape = lanes === undefined ? this.dtype : this.vectorShape;
      emitFunction(code, this.pool, shape, mathFunctions[op][this.dtype], args, { fma: this.fma });
      code.release(...args);
      return;
    }
    const push = (): void => {
      for (const operand of operands) this.emit(operand, lanes);
    };
    const instruction = plain[op];
    if (instruction !== undefined) {
      push();
      code.op(this.name(instruction, lanes));
      return;
    }
    switch (op) {
      case "stop_gradient":
        push();
        return;
      case "and":
      case "or":
        push();
        code.op(`${lanes === undefined ? "i32" : "v128"}.${op}`);
        return;
      case "not":
        push();
        code.op(lanes === undefined ? "i32.eqz" : "v128.not");
        return;
      case "select": {
        const [condition, whenTrue, whenFalse] = operands as [Expression, Expression, Expression];
        this.emit(whenTrue, lanes);
        this.emit(whenFalse, lanes);
        this.emit(condition, lanes);
        code.op(lanes === undefined ? "select" : "v128.bitselect");
        return;
      }
      default:
        invariant(false, `the operation ${op} has no code`);
    }
  }

  private toLocal(value: Expression, lanes: Lanes | undefined): Local {
    this.emit(value, lanes);
    const local = this.code.local(lanes === undefined ? this.dtype : "v128");
    this.code.set(local);
    return local;
  }

  /** Names a value. */
  define(name: string, value: Expression, lanes: Lanes | undefined): Local {
    this.emit(value, lanes);
    const bool = value.kind !== "integer" && value.dtype === "bool";
    const local = this.code.local(lanes !== undefined ? "v128" : bool ? "i32" : this.dtype);
    this.code.set(local);
    this.bindValue(name, local, lanes !== undefined, bool);
    return local;
  }

  /** Stores a value, or adds it to what is there. */
  store(access: Access, value: Expression, mode: "set" | "add", lanes: Lanes | undefined): void {
    const { code } = this;
    const bool = value.kind !== "integer" && value.dtype === "bool";
    const push = (): void => {
      this.emit(value, lanes);
      if (!bool) return;
      if (lanes === undefined) code.op(`${this.dtype}.convert_i32_s`);
      else code.get(this.pool.get(this.vectorShape, 1)).op("v128.and");
    };
    if (lanes === undefined) {
      const place = this.address(access, lanes);
      if (mode === "add") this.load(access, lanes);
      push();
      if (mode === "add") code.op(`${this.dtype}.add`);
      code.memory(`${this.dtype}.store`, place.offset);
      return;
    }
    const whole = lanes.count === this.lanesPerVector;
    const isUnit = access.offset.terms.some(
      ({ variable, coefficient }) => variable === lanes.name && constantOf(coefficient) === 1,
    );
    if (whole && isUnit) {
      const place = this.address(access, lanes);
      if (mode === "add") this.load(access, lanes);
      push();
      if (mode === "add") code.op(`${this.vectorShape}.add`);
      code.memory("v128.store", place.offset);
      return;
    }
    if (mode === "add") this.load(access, lanes);
    push();
    if (mode === "add") code.op(`${this.vectorShape}.add`);
    this.storeLanes(access, lanes);
  }

  /** Stores the vector on the stack lane by lane. */
  private storeLanes(access: Access, lanes: Lanes): void {
    const { code } = this;
    const bits = this.elementBytes * 8;
    const vector = code.local("v128");
    const address = code.local("i32");
    code.set(vector);
    const { offset, stride } = this.address(access, lanes);
    code.set(address);
    const step = this.strideBytes(access, stride, lanes);
    let lane = 0;
    if (stride === 1 && bits === 32 && lanes.count >= 2) {
      code.get(address).get(vector).memory("v128.store64_lane", offset, 0);
      lane = 2;
    }
    for (; lane < lanes.count; lane++) {
      if (lane > 0 && step !== undefined) code.get(address).get(step).op("i32.add").set(address);
      const at = typeof stride === "number" && stride > 0 ? offset + lane * stride * this.elementBytes : offset;
      code
        .get(address)
        .get(vector)
        .memory(bits === 32 ? "v128.store32_lane" : "v128.store64_lane", at, lane);
    }
    code.release(vector, address, ...(step === undefined ? [] : [step]));
  }

  /** Declares the partial results of a reduction. */
  declarePartials(name: string, op: ReductionOp, initial: Expression): void {
    const { code } = this;
    invariant(initial.kind === "literal", `the accumulator ${name} starts at no number`);
    const vectors = Array.from({ length: PARTIALS / this.lanesPerVector }, () => code.local("v128"));
    for (const vector of vectors) code.get(this.pool.get(this.vectorShape, initial.value)).set(vector);
    this.bindPartials(name, { op, vectors });
  }

  /** Adds a vector, whose lanes in use hold consecutive elements from a multiple of its length on, to partial results. */
  accumulate(name: string, value: Expression, lanes: Lanes, part: number): void {
    const { code } = this;
    const { op, vectors } = this.partialsOf(name);
    const vector = vectors[part] as Local;
    code.get(vector);
    this.emit(value, lanes);
    if (lanes.count < this.lanesPerVector) {
      code.get(this.pool.get(this.vectorShape, neutralOf(op)));
      const words = (this.elementBytes / 4) * lanes.count;
      code.v128(
        "i32x4",
        [0, 1, 2, 3].map((word) => (word < words ? -1 : 0)),
      );
      code.op("v128.bitselect");
    }
    code.op(`${this.vectorShape}.${op === "sum" ? "add" : op}`).set(vector);
  }

  /** Adds one number to the partial result of its position. */
  accumulateScalar(name: string, value: Expression, position: Local | undefined): void {
    const { code } = this;
    const { op, vectors } = this.partialsOf(name);
    this.emit(value, undefined);
    code.op(`${this.vectorShape}.splat`);
    const spread = code.local("v128");
    code.set(spread);
    vectors.forEach((vector, part) => {
      code.get(vector);
      code.get(spread).get(this.pool.get(this.vectorShape, neutralOf(op)));
      const first = part * this.lanesPerVector;
      const own = Array.from({ length: this.lanesPerVector }, (_, lane) => first + lane);
      code.v128(this.integerShape, this.dtype === "f32" ? own : own.map(BigInt));
      if (position === undefined) code.i32(0);
      else
        code
          .get(position)
          .i32(PARTIALS - 1)
          .op("i32.and");
      if (this.dtype === "f64") code.op("i64.extend_i32_u");
      code.op(`${this.integerShape}.splat`).op(`${this.integerShape}.eq`).op("v128.bitselect");
      code.op(`${this.vectorShape}.${op === "sum" ? "add" : op}`).set(vector);
    });
    code.release(spread);
  }
}

function neutralOf(op: ReductionOp): number {
  return op === "sum" ? 0 : op === "max" ? -Infinity : Infinity;
}
