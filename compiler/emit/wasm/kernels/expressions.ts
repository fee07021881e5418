/** Expressions of kernels as WebAssembly code: scalars, or vectors over consecutive values of a loop variable. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type {
  Access,
  Affine,
  KernelExpression,
  OperationExpression,
  ReductionOp,
} from "../../../ir/kernel/kernel-program.js";
import { fuseMultiplyAdds } from "../../../base/math/fuse-multiply-adds.js";
import { isMathName, type MathName, mathFunctions } from "../../../base/math/functions.js";
import type { ScalarOp } from "../../../ir/ops/scalar-ops.js";
import type { RealType } from "../../../ir/ops/number-range.js";
import { constantOf } from "../../../base/types/dim.js";
import type { ScalarFunction } from "../../../base/math/expr.js";
import type { FunctionCode, Local } from "../assembler/function-code.js";
import type { OpName } from "../assembler/instructions.js";
import { Elements, type Lanes } from "./elements.js";
import type { Integers } from "./integers.js";
import type { ConstantPool } from "../assembler/constant-pool.js";
import { emitFunction } from "./scalar-functions.js";
import type { NumberShape } from "../assembler/shapes.js";

interface NamedValue {
  readonly local: Local;
  readonly vector: boolean;
  readonly bool: boolean;
}

/** Partial sums (or extremes) in the lanes of vectors: the element at position n belongs to the partial n mod 4. */
interface Partials {
  readonly op: ReductionOp;
  readonly vectors: readonly Local[];
}

/** Operations with code of their own below. */
type CodedOp = "stop_gradient" | "and" | "or" | "not" | "strong_mul" | "strong_div" | "select";

/** All others that are no function: one instruction, or two, on each type, without its shape. */
const plain: Readonly<Record<Exclude<ScalarOp, MathName | CodedOp>, string>> = {
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

/** What a function has named so far. */
interface FunctionNames {
  readonly values: Map<string, NamedValue>;
  readonly partials: Map<string, Partials>;
}

/** What all places of a function share. */
interface FunctionNumbers {
  readonly code: FunctionCode;
  readonly pool: ConstantPool;
  readonly dtype: RealType;
  /** Numbers in a vector. */
  readonly lanes: number;
}

export class Expressions extends Elements {
  private readonly shared: FunctionNumbers;
  private readonly names: FunctionNames;

  private constructor(shared: FunctionNumbers, integers: Integers, names: FunctionNames) {
    super(shared.code, integers, shared.dtype, shared.lanes);
    this.shared = shared;
    this.names = names;
  }

  /** At the beginning of a function. */
  static of(shared: FunctionNumbers, integers: Integers): Expressions {
    return new Expressions(shared, integers, { values: new Map(), partials: new Map() });
  }

  /** The same at a place where these integers are known. */
  with(integers: Integers): Expressions {
    return new Expressions(this.shared, integers, this.names);
  }

  get pool(): ConstantPool {
    return this.shared.pool;
  }

  bindValue(name: string, local: Local, vector: boolean, bool = false): void {
    this.names.values.set(name, { local, vector, bool });
  }

  bindPartials(name: string, partials: Partials): void {
    this.names.partials.set(name, partials);
  }

  partialsOf(name: string): Partials {
    const found = this.names.partials.get(name);
    invariant(found !== undefined, `no accumulator ${name}`);
    return found;
  }

  /** Pushes a value: a vector where there are lanes. */
  emit(value: KernelExpression, lanes: Lanes | undefined): void {
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
        if (isMathName(value.op)) this.call(mathFunctions[value.op][this.dtype], value, lanes);
        else this.operation(value.op, value.operands, lanes);
        return;
      case "choice": {
        this.integers.affine(value.left);
        this.integers.affine(value.right);
        code.op("i32.lt_s");
        const result = lanes !== undefined ? "v128" : value.dtype === "bool" ? "i32" : this.dtype;
        code.if(
          () => this.integers.scoped((inner) => this.with(inner).emit(value.below, lanes)),
          () => this.integers.scoped((inner) => this.with(inner).emit(value.otherwise, lanes)),
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
    const value = this.names.values.get(name);
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

  private call(fn: ScalarFunction, { operands, fused }: OperationExpression, lanes: Lanes | undefined): void {
    const args = operands.map((operand) => this.toLocal(operand, lanes));
    const shape: NumberShape = lanes === undefined ? this.dtype : this.vectorShape;
    emitFunction(this.code, this.pool, shape, fused === true ? fuseMultiplyAdds(fn) : fn, args);
    this.code.release(...args);
  }

  private operation(
    op: Exclude<ScalarOp, MathName>,
    operands: readonly KernelExpression[],
    lanes: Lanes | undefined,
  ): void {
    const { code } = this;
    const push = (): void => {
      for (const operand of operands) this.emit(operand, lanes);
    };
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
      case "strong_mul":
      case "strong_div":
        this.strong(op === "strong_mul" ? "mul" : "div", operands as [KernelExpression, KernelExpression], lanes);
        return;
      case "select": {
        const [condition, whenTrue, whenFalse] = operands as [KernelExpression, KernelExpression, KernelExpression];
        this.emit(whenTrue, lanes);
        this.emit(whenFalse, lanes);
        this.emit(condition, lanes);
        code.op(lanes === undefined ? "select" : "v128.bitselect");
        return;
      }
      default:
        push();
        code.op(this.name(plain[op], lanes));
    }
  }

  /** A product or quotient that is 0 where its first operand is, without a branch. */
  private strong(
    operation: "mul" | "div",
    [first, second]: [KernelExpression, KernelExpression],
    lanes: Lanes | undefined,
  ): void {
    const { code } = this;
    const kept = this.toLocal(first, lanes);
    code.get(kept);
    this.emit(second, lanes);
    code.op(this.name(operation, lanes));
    if (lanes === undefined) this.literal(0, false, false);
    code.get(kept);
    this.literal(0, false, lanes !== undefined);
    code.op(this.name("ne", lanes));
    code.op(lanes === undefined ? "select" : "v128.and");
    code.release(kept);
  }

  private toLocal(value: KernelExpression, lanes: Lanes | undefined): Local {
    this.emit(value, lanes);
    const local = this.code.local(lanes === undefined ? this.dtype : "v128");
    this.code.set(local);
    return local;
  }

  /** Names a value. */
  define(name: string, value: KernelExpression, lanes: Lanes | undefined): Local {
    this.emit(value, lanes);
    const bool = value.kind !== "integer" && value.dtype === "bool";
    const local = this.code.local(lanes !== undefined ? "v128" : bool ? "i32" : this.dtype);
    this.code.set(local);
    this.bindValue(name, local, lanes !== undefined, bool);
    return local;
  }

  /** Gives what was named another value, of the same kind. */
  assign(name: string, value: KernelExpression, lanes: Lanes | undefined): void {
    const named = this.names.values.get(name);
    invariant(named?.vector === (lanes !== undefined), `${name} changes in lanes as it began`);
    this.emit(value, lanes);
    this.code.set(named.local);
  }

  /** Stores a value, or adds it to what is there. */
  store(access: Access, value: KernelExpression, mode: "set" | "add", lanes: Lanes | undefined): void {
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
}
