/**
 * Scalar functions of `compiler/base/math` as inline code for vectors and scalars, operation by operation, so that the bits
 * are those of every other target. Scalars are computed in a vector of their own.
 */
import { at } from "../../../base/at.js";
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { ConstantExpr, PrimitiveExpr, ScalarExpr, ScalarFunction } from "../../../base/math/expr.js";
import { isPrimitive } from "../../../base/math/expr.js";
import type { FunctionCode, Local } from "../assembler/function-code.js";
import type { ConstantPool } from "../assembler/constant-pool.js";
import { emitPrimitive, floatLayouts } from "./scalar-operations.js";
import type { NumberShape, VectorShape } from "../assembler/shapes.js";
import { firstLane, floatTypeOf, isVector, splat, vectorOf } from "../assembler/shapes.js";

/**
 * Writes code that leaves the function's value at the arguments on the stack; temporary locals are released. Arguments
 * are locals of the shape's type, which is the function's. What is marked as a multiply-add is one of relaxed SIMD, of which a host
 * decides how often it rounds.
 */
export function emitFunction(
  code: FunctionCode,
  pool: ConstantPool,
  shape: NumberShape,
  fn: ScalarFunction,
  args: readonly Local[],
): void {
  invariant(fn.type === floatTypeOf[shape], `${fn.name} of ${fn.type} cannot be computed as ${shape}`);
  invariant(fn.params.length === args.length, `${fn.name} takes ${fn.params.length} arguments, not ${args.length}`);
  const parameters = new Map(fn.params.map((param, i): [ScalarExpr, Local] => [param, args[i]!]));
  new FunctionWriter(code, pool, shape, parameters).write(fn.body);
  firstLane(code, shape);
}

/** The float64 values in a vector of four float32 take two vectors, the lower half and the upper. */
type Half = 0 | 1;

const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const lowerHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Whether a node is computed on float64, once for each half. */
function isWide(e: ScalarExpr): boolean {
  return e.type === "f64" || (e.type === "bool" && isPrimitive(e) && e.operands.some(isWide));
}

/** A node that is computed once, with the uses that are still to come. */
interface ComputedNode {
  readonly uses: number;
  remaining: number;
  local?: Local;
}

class FunctionWriter {
  readonly #code: FunctionCode;
  readonly #pool: ConstantPool;
  readonly #shape: NumberShape;
  readonly #args: ReadonlyMap<ScalarExpr, Local>;
  /** Nodes that are not wide are in the first. */
  readonly #values: readonly [Map<ScalarExpr, ComputedNode>, Map<ScalarExpr, ComputedNode>] = [new Map(), new Map()];
  /** A scalar has no upper half. */
  readonly #halves: readonly Half[];

  constructor(code: FunctionCode, pool: ConstantPool, shape: NumberShape, args: ReadonlyMap<ScalarExpr, Local>) {
    this.#code = code;
    this.#pool = pool;
    this.#shape = shape;
    this.#args = args;
    this.#halves = isVector(shape) ? [0, 1] : [0];
  }

  /** Leaves the vector of the root's value, of the lower half if it is wide, on the stack. */
  write(root: ScalarExpr): void {
    this.#count(root, 0);
    if (isPrimitive(root) && root.rare === true) this.#branch(root);
    else this.#emit(root, 0);
  }

  /** The usual value, and in vectors where the condition holds for some number the other one for those numbers. */
  #branch({ operands }: PrimitiveExpr): void {
    const [condition, rare, usual] = operands as readonly [ScalarExpr, ScalarExpr, ScalarExpr];
    const code = this.#code;
    const [value, mask] = [code.local("v128"), code.local("v128")];
    this.#emit(usual, 0);
    code.set(value);
    this.#emit(condition, 0);
    code.tee(mask).op("v128.any_true");
    code.if(
      () => {
        this.#emit(rare, 0);
        code.get(value).get(mask).op("v128.bitselect");
      },
      () => code.get(value),
      "v128",
    );
    code.release(value, mask);
  }

  #value(e: ScalarExpr, half: Half): ComputedNode | undefined {
    return this.#values[isWide(e) ? half : 0].get(e);
  }

  #count(e: ScalarExpr, half: Half): void {
    const known = this.#value(e, half);
    this.#values[isWide(e) ? half : 0].set(e, { uses: (known?.uses ?? 0) + 1, remaining: (known?.remaining ?? 0) + 1 });
    if (known !== undefined || !isPrimitive(e)) return;
    const sum = exponentSum(e);
    if (sum !== undefined) {
      this.#count(sum, half);
      return;
    }
    const mask = maskOf(e);
    if (mask !== undefined) {
      this.#count(mask.value, half);
      this.#count(mask.condition, half);
      return;
    }
    const halves = e.op === "demote" ? this.#halves : [half];
    for (const operand of e.operands) for (const each of halves) this.#count(operand, each);
  }

  #emit(e: ScalarExpr, half: Half): void {
    const code = this.#code;
    if (e.op === "constant") {
      code.get(this.#pool.get(vectorOf[e.type], e.value));
      return;
    }
    const value = this.#value(e, half);
    invariant(value !== undefined && value.remaining > 0, `${e.op} has no uses left`);
    value.remaining--;
    if (value.local === undefined) {
      this.#compute(e, half);
      // A vector argument is in a local already.
      if (value.remaining === 0 || (e.op === "parameter" && isVector(this.#shape))) return;
      value.local = code.local("v128");
      code.tee(value.local);
    } else {
      code.get(value.local);
      if (value.remaining === 0) code.release(value.local);
    }
  }

  #compute(e: Exclude<ScalarExpr, ConstantExpr>, half: Half): void {
    if (e.op === "parameter") {
      const arg = this.#args.get(e);
      invariant(arg !== undefined, `${e.name} is not a parameter of the function`);
      this.#code.get(arg);
      splat(this.#code, this.#shape);
    } else if (exponentSum(e) !== undefined) this.#shift(e, half);
    else if (maskOf(e) !== undefined) this.#mask(maskOf(e)!, half);
    else if (e.op === "promote") this.#promote(e.operands[0]!, half);
    else if (e.op === "demote") this.#demote(e.operands[0]!);
    else if (e.fused !== undefined) this.#multiplyAdd(e, e.fused, half);
    else {
      const sides = e.operands.filter((o) => o.type === "bool");
      invariant(
        sides.every((o) => isWide(o) === isWide(e)),
        `${e.op} of float64 and float32 at once`,
      );
      const operands = e.operands.map((operand) => () => this.#emit(operand, half));
      emitPrimitive(this.#code, this.#pool, shapeOf(e), e.op, ...operands);
    }
  }

  #shift(e: PrimitiveExpr, half: Half): void {
    const { lanes, mantissaBits } = floatLayouts[shapeOf(e)];
    this.#emit(exponentSum(e)!, half);
    this.#code.i32(mantissaBits).op(`${lanes}.shl`);
  }

  #mask({ value, condition, op }: Mask, half: Half): void {
    this.#emit(value, half);
    this.#emit(condition, half);
    this.#code.op(op);
  }

  #promote(operand: ScalarExpr, half: Half): void {
    this.#emit(operand, 0);
    if (half === 1) {
      const whole = this.#code.local("v128");
      this.#code.tee(whole).get(whole).shuffle(upperHalf);
      this.#code.release(whole);
    }
    this.#code.op("f64x2.promote_low_f32x4");
  }

  #demote(operand: ScalarExpr): void {
    for (const half of this.#halves) {
      this.#emit(operand, half);
      this.#code.op("f32x4.demote_f64x2_zero");
    }
    if (this.#halves.length === 2) this.#code.shuffle(lowerHalves);
  }

  /** `a·b + c` or `c - a·b` as one instruction. */
  #multiplyAdd(e: PrimitiveExpr, fused: 0 | 1, half: Half): void {
    const { op, operands } = e;
    const [product, rest] = [at(operands, fused), at(operands, 1 - fused)];
    invariant(isPrimitive(product) && product.op === "mul", `${product.op} is no product of a multiply-add`);
    invariant(op === "add" || (op === "sub" && fused === 1), `${op} is no multiply-add`);
    for (const operand of [...product.operands, rest]) this.#emit(operand, half);
    this.#code.op(`${shapeOf(e)}.${op === "add" ? "relaxed_madd" : "relaxed_nmadd"}`);
  }
}

/**
 * `z` of `pow2(z - m)`, where z is `x + m` or `m - x` and m is such that the lowest bits of z are an exponent field: one shift gives
 * the power.
 */
function exponentSum(e: PrimitiveExpr): ScalarExpr | undefined {
  const [n] = e.operands;
  if (e.op !== "pow2" || n?.op !== "sub") return undefined;
  const [z, subtracted] = n.operands as readonly [ScalarExpr, ScalarExpr];
  if ((z.op !== "add" && z.op !== "sub") || subtracted.op !== "constant") return undefined;
  const { mantissaBits, bias } = floatLayouts[shapeOf(e)];
  const added = z.operands[z.op === "add" ? 1 : 0];
  return subtracted.value === 1.5 * 2 ** mantissaBits + bias && added === subtracted ? z : undefined;
}

/** A value joined with the bits of a condition, all of which are ones where it holds. */
interface Mask {
  readonly value: ScalarExpr;
  readonly condition: ScalarExpr;
  readonly op: "v128.and" | "v128.andnot" | "v128.or";
}

/** A choice with 0, or NaN, which all ones are, on one side: one instruction where others take three on x86. */
function maskOf(e: PrimitiveExpr): Mask | undefined {
  const [condition, yes, no] = e.operands;
  if (e.op === "and" && yes !== undefined && isPrimitive(yes) && yes.op === "not")
    return { value: condition!, condition: yes.operands[0]!, op: "v128.andnot" };
  if (e.op !== "select" || condition === undefined || yes === undefined || no === undefined) return undefined;
  const is = (x: ScalarExpr, value: number): boolean => x.op === "constant" && Object.is(x.value, value);
  if (is(no, 0)) return { value: yes, condition, op: "v128.and" };
  if (is(yes, 0)) return { value: no, condition, op: "v128.andnot" };
  return is(yes, NaN) ? { value: no, condition, op: "v128.or" } : undefined;
}

/** The vector in which a node is computed. */
function shapeOf(e: ScalarExpr): VectorShape {
  return isWide(e) ? "f64x2" : "f32x4";
}
