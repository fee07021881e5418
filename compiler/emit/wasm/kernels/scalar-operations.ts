/** Single operations on vectors and scalars, in the meaning that `compiler/base/math/expr.ts` gives them. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { PrimitiveOp } from "../../../base/math/expr.js";
import { primitives } from "../../../base/math/expr.js";
import type { FunctionCode } from "../assembler/function-code.js";
import type { ConstantPool } from "../assembler/constant-pool.js";
import type { OpName } from "../assembler/instructions.js";
import type { NumberShape, VectorShape } from "../assembler/shapes.js";
import { firstLane, isVector, splat, vectorOf } from "../assembler/shapes.js";

/** Those of scalar functions, and `Math.min` and `Math.max`: NaN on either side wins, and -0 is below 0. */
export type ShapedOp = Exclude<PrimitiveOp, "promote" | "demote"> | "minimum" | "maximum";

/** Writes code that leaves one value on the stack. */
export type PushOperand = () => void;

interface ShapedCode<S extends NumberShape> {
  readonly code: FunctionCode;
  readonly pool: ConstantPool;
  readonly shape: S;
}

type ShapedRule<S extends NumberShape> = (place: ShapedCode<S>, operands: readonly PushOperand[]) => void;

/** The operands in their order, then one instruction. */
const inOrder =
  <S extends NumberShape>(nameOf: (shape: S) => OpName): ShapedRule<S> =>
  ({ code, shape }, operands) => {
    for (const operand of operands) operand();
    code.op(nameOf(shape));
  };

/** The operands in another order, then one instruction. */
const reordered =
  <S extends NumberShape>(order: readonly number[], name: OpName): ShapedRule<S> =>
  ({ code }, operands) => {
    for (const i of order) operands[i]!();
    code.op(name);
  };

/** Where a vector's numbers have their parts. Masks are given as the numbers with these bits. */
export const floatLayouts = {
  f32x4: { lanes: "i32x4", mantissaBits: 23, mantissaMask: 2 ** -126 - 2 ** -149, bias: 127 },
  f64x2: { lanes: "i64x2", mantissaBits: 52, mantissaMask: 2 ** -1022 - 2 ** -1074, bias: 1023 },
} as const;
const signMask = -0;

const vectorRules: Readonly<Record<ShapedOp, ShapedRule<VectorShape>>> = {
  add: inOrder((s) => `${s}.add`),
  sub: inOrder((s) => `${s}.sub`),
  mul: inOrder((s) => `${s}.mul`),
  div: inOrder((s) => `${s}.div`),
  sqrt: inOrder((s) => `${s}.sqrt`),
  floor: inOrder((s) => `${s}.floor`),
  nearest: inOrder((s) => `${s}.nearest`),
  min: inOrder((s) => `${s}.pmin`),
  max: inOrder((s) => `${s}.pmax`),
  minimum: inOrder((s) => `${s}.min`),
  maximum: inOrder((s) => `${s}.max`),
  lt: inOrder((s) => `${s}.lt`),
  le: inOrder((s) => `${s}.le`),
  eq: inOrder((s) => `${s}.eq`),
  ne: inOrder((s) => `${s}.ne`),
  and: inOrder(() => "v128.and"),
  or: inOrder(() => "v128.or"),
  not: inOrder(() => "v128.not"),
  select: reordered([1, 2, 0], "v128.bitselect"),
  // The instructions `neg` and `abs` make this mask anew each time in V8 of Node 20.
  neg: ({ code, pool, shape }, [x]) => {
    x!();
    code.get(pool.get(shape, signMask)).op("v128.xor");
  },
  abs: ({ code, pool, shape }, [x]) => {
    x!();
    code.get(pool.get(shape, signMask)).op("v128.andnot");
  },
  copysign: ({ code, pool, shape }, [x, y]) => {
    y!();
    x!();
    code.get(pool.get(shape, signMask)).op("v128.bitselect");
  },
  // The sum has n + bias in its lowest bits, which move to the place of the exponent.
  pow2: ({ code, pool, shape }, [n]) => {
    const { lanes, mantissaBits, bias } = floatLayouts[shape];
    n!();
    code.get(pool.get(shape, 1.5 * 2 ** mantissaBits + bias)).op(`${shape}.add`);
    code.i32(mantissaBits).op(`${lanes}.shl`);
  },
  // The sum has n in its lowest bits, of which the last moves to the place of the sign.
  flipWhereOdd: ({ code, pool, shape }, [x, n]) => {
    const { lanes, mantissaBits } = floatLayouts[shape];
    x!();
    n!();
    code.get(pool.get(shape, 1.5 * 2 ** mantissaBits)).op(`${shape}.add`);
    code.i32(shape === "f32x4" ? 31 : 63).op(`${lanes}.shl`);
    code.op("v128.xor");
  },
  // The exponent field becomes the lowest bits of 2^mantissaBits.
  exponent: ({ code, pool, shape }, [x]) => {
    const { lanes, mantissaBits, bias } = floatLayouts[shape];
    x!();
    code.i32(mantissaBits).op(`${lanes}.shr_u`);
    code.get(pool.get(shape, 2 ** mantissaBits)).op("v128.or");
    code.get(pool.get(shape, 2 ** mantissaBits + bias)).op(`${shape}.sub`);
  },
  mantissa: ({ code, pool, shape }, [x]) => {
    x!();
    code.get(pool.get(shape, floatLayouts[shape].mantissaMask)).op("v128.and");
    code.get(pool.get(shape, 1)).op("v128.or");
  },
};

/** Computed in the first lane of the scalar's vector, where there is no such scalar instruction or it branches. */
const inVector =
  (op: ShapedOp): ShapedRule<"f32" | "f64"> =>
  ({ code, pool, shape }, operands) => {
    const splatted = operands.map((operand) => () => {
      operand();
      splat(code, shape);
    });
    vectorRules[op]({ code, pool, shape: vectorOf[shape] }, splatted);
    firstLane(code, shape);
  };

const scalarRules: Readonly<Record<ShapedOp, ShapedRule<"f32" | "f64">>> = {
  add: inOrder((s) => `${s}.add`),
  sub: inOrder((s) => `${s}.sub`),
  mul: inOrder((s) => `${s}.mul`),
  div: inOrder((s) => `${s}.div`),
  neg: inOrder((s) => `${s}.neg`),
  abs: inOrder((s) => `${s}.abs`),
  sqrt: inOrder((s) => `${s}.sqrt`),
  floor: inOrder((s) => `${s}.floor`),
  nearest: inOrder((s) => `${s}.nearest`),
  minimum: inOrder((s) => `${s}.min`),
  maximum: inOrder((s) => `${s}.max`),
  copysign: inOrder((s) => `${s}.copysign`),
  lt: inOrder((s) => `${s}.lt`),
  le: inOrder((s) => `${s}.le`),
  eq: inOrder((s) => `${s}.eq`),
  ne: inOrder((s) => `${s}.ne`),
  and: inOrder(() => "i32.and"),
  or: inOrder(() => "i32.or"),
  not: inOrder(() => "i32.eqz"),
  select: reordered([1, 2, 0], "select"),
  min: inVector("min"),
  max: inVector("max"),
  pow2: inVector("pow2"),
  flipWhereOdd: inVector("flipWhereOdd"),
  exponent: inVector("exponent"),
  mantissa: inVector("mantissa"),
};

/**
 * Writes code that leaves the operation's result on the stack. Operands are called once each, in an order that depends
 * on the operation.
 */
export function emitPrimitive(
  code: FunctionCode,
  pool: ConstantPool,
  shape: NumberShape,
  op: ShapedOp,
  ...operands: readonly PushOperand[]
): void {
  const wanted = op === "minimum" || op === "maximum" ? 2 : primitives[op].operands.length;
  invariant(operands.length === wanted, `${op} takes ${wanted} operands, not ${operands.length}`);
  if (isVector(shape)) vectorRules[op]({ code, pool, shape }, operands);
  else scalarRules[op]({ code, pool, shape }, operands);
}
