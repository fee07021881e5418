/**
 * Elementwise functions as small graphs of IEEE-754 primitives: written once, printed by every target, the same bits
 * everywhere. A `ScalarExpr` is an immutable DAG; nodes used twice are shared by object identity and computed once.
 *
 * Every primitive is exactly rounded to its own type and exists in WebAssembly SIMD. An `f32` operation is rounded to
 * float32, so a target that computes in float64 rounds after each. No primitive traps. A printer must not reassociate, and
 * contracts only what is marked (`fuse-multiply-adds.ts`). NaN is one value: its sign and payload are unspecified.
 */
import { invariant } from "../diagnostics/invariant.js";

export type FloatType = "f32" | "f64";
type ScalarType = FloatType | "bool";

/** Operand types ("float": one float type, the same for all), and the result's ("same": the operands' float type). */
interface Signature {
  readonly operands: readonly ("float" | ScalarType)[];
  readonly result: "same" | ScalarType;
}

const unary: Signature = { operands: ["float"], result: "same" };
const binary: Signature = { operands: ["float", "float"], result: "same" };
const comparison: Signature = { operands: ["float", "float"], result: "bool" };

export const primitives = {
  add: binary,
  sub: binary,
  mul: binary,
  div: binary,
  /** Flips the sign bit, of zeros too. */
  neg: unary,
  abs: unary,
  sqrt: unary,
  floor: unary,
  /** The nearest integral value, ties to even; keeps the sign of zero. */
  nearest: unary,
  /** `min(x, y)` is `y < x ? y : x`: a NaN in x stays, a NaN in y is ignored. Wasm's `pmin`. */
  min: binary,
  /** `max(x, y)` is `x < y ? y : x`: a NaN in x stays, a NaN in y is ignored. Wasm's `pmax`. */
  max: binary,
  /** The magnitude of the first with the sign bit of the second, which must not be NaN where the result matters. */
  copysign: binary,
  /**
   * `2^n` for integral n from -1022 to 1023 in f64, -126 to 127 in f32; 0 one below that and infinity one above, as the
   * shifted exponent field gives. Any other operand, NaN too, gives an unspecified value (targets may differ).
   */
  pow2: unary,
  /** x with its sign flipped where n, integral and within ±2^51 in f64 and ±2^22 in f32, is odd; of any other n unspecified. */
  flipWhereOdd: binary,
  /** `floor(log2 x)` of a positive normal x; of anything else an unspecified value. */
  exponent: unary,
  /** `x / 2^exponent(x)`, in [1, 2), of a positive normal x; of anything else an unspecified value. */
  mantissa: unary,
  promote: { operands: ["f32"], result: "f64" },
  /** Rounds to float32. */
  demote: { operands: ["f64"], result: "f32" },
  lt: comparison,
  le: comparison,
  eq: comparison,
  ne: comparison,
  and: { operands: ["bool", "bool"], result: "bool" },
  or: { operands: ["bool", "bool"], result: "bool" },
  not: { operands: ["bool"], result: "bool" },
  /** `select(condition, whenTrue, whenFalse)`. Both values may be computed: neither has an effect. */
  select: { operands: ["bool", "float", "float"], result: "same" },
} as const satisfies Record<string, Signature>;

export type PrimitiveOp = keyof typeof primitives;

export interface ConstantExpr {
  readonly op: "constant";
  readonly type: FloatType;
  readonly value: number;
}

interface ParameterExpr {
  readonly op: "parameter";
  readonly type: FloatType;
  readonly name: string;
}

export interface PrimitiveExpr {
  readonly op: PrimitiveOp;
  readonly type: ScalarType;
  readonly operands: readonly ScalarExpr[];
  /** A name for readers of printed code; printers give such a node a local variable. */
  readonly label?: string;
  /** An f32 operation whose result, computed in float64, needs no rounding. It changes no value, only what printers print. */
  readonly exact?: true;
  /** A `select` at the root of a function whose condition seldom holds: `whenTrue` is computed only where it does. */
  readonly rare?: true;
  /**
   * Of a sum or difference: the operand that is a product of its own, with which it may be one operation, rounded once instead of twice.
   * Rounding twice is right too, so that what knows of no such operation need not look here.
   */
  readonly fused?: 0 | 1;
}

export type ScalarExpr = ConstantExpr | ParameterExpr | PrimitiveExpr;

/** A pure function of scalars of one float type. */
export interface ScalarFunction {
  readonly name: string;
  readonly type: FloatType;
  readonly params: readonly ParameterExpr[];
  readonly body: ScalarExpr;
}

/** An operand: an expression, or a number that becomes a constant of the other operand's type. */
export type Operand = ScalarExpr | number;

export function isPrimitive(expr: ScalarExpr): expr is PrimitiveExpr {
  return expr.op !== "constant" && expr.op !== "parameter";
}

/** A constant; an `f32` constant is rounded to float32. */
export function constant(type: FloatType, value: number): ConstantExpr {
  return { op: "constant", type, value: type === "f32" ? Math.fround(value) : value };
}

/** A float64 constant. */
export const f64 = (value: number): ConstantExpr => constant("f64", value);

export function parameter(type: FloatType, name: string): ParameterExpr {
  return { op: "parameter", type, name };
}

/** The same node under a name. Call it where the node is made, before anything shares it. */
export function label(name: string, expr: ScalarExpr): ScalarExpr {
  return isPrimitive(expr) ? { ...expr, label: name } : expr;
}

/** States that float64 arithmetic gives the same result unrounded, for all operands that matter to the result. */
export function exact(expr: ScalarExpr): ScalarExpr {
  return isPrimitive(expr) && expr.type === "f32" ? { ...expr, exact: true } : expr;
}

/** Checks operands against the primitive's signature, turns numbers into constants and makes the node. */
export function primitive(op: PrimitiveOp, ...operands: readonly Operand[]): PrimitiveExpr {
  const signature: Signature = primitives[op];
  invariant(operands.length === signature.operands.length, `${op} takes ${signature.operands.length} operands`);
  const float = operands.find((o, i): o is ScalarExpr => typeof o !== "number" && signature.operands[i] !== "bool");
  const floatType = float?.type;
  const typed = operands.map((operand, i) => {
    const wanted = signature.operands[i] === "float" ? floatType : signature.operands[i];
    invariant(wanted !== undefined, `${op}: at least one operand must be an expression`);
    if (typeof operand !== "number") {
      invariant(operand.type === wanted, `${op}: operand ${i} is ${operand.type}, expected ${wanted}`);
      return operand;
    }
    invariant(wanted !== "bool", `${op}: operand ${i} must be a truth value`);
    return constant(wanted, operand);
  });
  const type = signature.result === "same" ? floatType : signature.result;
  invariant(type !== undefined, `${op} has no type`);
  return { op, type, operands: typed };
}

export const add = (x: Operand, y: Operand): ScalarExpr => primitive("add", x, y);
export const sub = (x: Operand, y: Operand): ScalarExpr => primitive("sub", x, y);
export const mul = (x: Operand, y: Operand): ScalarExpr => primitive("mul", x, y);
export const div = (x: Operand, y: Operand): ScalarExpr => primitive("div", x, y);
export const neg = (x: ScalarExpr): ScalarExpr => primitive("neg", x);
export const abs = (x: ScalarExpr): ScalarExpr => primitive("abs", x);
export const sqrt = (x: ScalarExpr): ScalarExpr => primitive("sqrt", x);
export const floor = (x: ScalarExpr): ScalarExpr => primitive("floor", x);
export const nearest = (x: ScalarExpr): ScalarExpr => primitive("nearest", x);
/** `y < x ? y : x`. */
export const min = (x: Operand, y: Operand): ScalarExpr => primitive("min", x, y);
/** `x < y ? y : x`. */
export const max = (x: Operand, y: Operand): ScalarExpr => primitive("max", x, y);
export const copysign = (magnitude: Operand, sign: ScalarExpr): ScalarExpr => primitive("copysign", magnitude, sign);
export const pow2 = (n: ScalarExpr): ScalarExpr => primitive("pow2", n);
export const flipWhereOdd = (x: ScalarExpr, n: ScalarExpr): ScalarExpr => primitive("flipWhereOdd", x, n);
export const exponent = (x: ScalarExpr): ScalarExpr => primitive("exponent", x);
export const mantissa = (x: ScalarExpr): ScalarExpr => primitive("mantissa", x);
export const promote = (x: ScalarExpr): ScalarExpr => primitive("promote", x);
export const demote = (x: ScalarExpr): ScalarExpr => primitive("demote", x);
export const lt = (x: Operand, y: Operand): ScalarExpr => primitive("lt", x, y);
export const le = (x: Operand, y: Operand): ScalarExpr => primitive("le", x, y);
export const eq = (x: Operand, y: Operand): ScalarExpr => primitive("eq", x, y);
export const ne = (x: Operand, y: Operand): ScalarExpr => primitive("ne", x, y);
export const and = (x: ScalarExpr, y: ScalarExpr): ScalarExpr => primitive("and", x, y);
export const or = (x: ScalarExpr, y: ScalarExpr): ScalarExpr => primitive("or", x, y);
export const not = (x: ScalarExpr): ScalarExpr => primitive("not", x);
export const select = (condition: ScalarExpr, whenTrue: Operand, whenFalse: Operand): ScalarExpr =>
  primitive("select", condition, whenTrue, whenFalse);

/** A `select` for the root of a function: `whenTrue` is worth a branch. */
export const rarely = (condition: ScalarExpr, whenTrue: Operand, whenFalse: Operand): ScalarExpr => ({
  ...primitive("select", condition, whenTrue, whenFalse),
  rare: true,
});

/** A function from a rule that builds its body from parameters named as given. */
export function scalarFunction(
  name: string,
  type: FloatType,
  names: readonly string[],
  body: (...params: ScalarExpr[]) => ScalarExpr,
): ScalarFunction {
  const params = names.map((n) => parameter(type, n));
  return { name, type, params, body: shareEqual(body(...params)) };
}

/** The same expression with equal nodes made one node, so that each is computed once; the first one's label is kept. */
export function shareEqual(root: ScalarExpr): ScalarExpr {
  const byKey = new Map<string, ScalarExpr>();
  const numbers = new Map<ScalarExpr, number>();
  const done = new Map<ScalarExpr, ScalarExpr>();
  const visit = (expr: ScalarExpr): ScalarExpr => {
    const known = done.get(expr);
    if (known !== undefined) return known;
    const rebuilt = isPrimitive(expr) ? { ...expr, operands: expr.operands.map(visit) } : expr;
    const key = isPrimitive(rebuilt)
      ? `${rebuilt.op}(${rebuilt.operands.map((o) => numbers.get(o)).join()})`
      : rebuilt.op === "constant"
        ? `${rebuilt.type} ${Object.is(rebuilt.value, -0) ? "-0" : rebuilt.value}`
        : `${rebuilt.type} ${rebuilt.name}`;
    const shared = byKey.get(key) ?? rebuilt;
    byKey.set(key, shared);
    if (!numbers.has(shared)) numbers.set(shared, numbers.size);
    done.set(expr, shared);
    return shared;
  };
  return visit(root);
}

/** Computes a float32 function in float64 and rounds once. */
export function throughF64(body: (...params: ScalarExpr[]) => ScalarExpr): (...params: ScalarExpr[]) => ScalarExpr {
  return (...params) => demote(body(...params.map(promote)));
}

/** How often each node is used by the expressions under the roots, each node visited once. */
export function countUses(...roots: readonly ScalarExpr[]): Map<ScalarExpr, number> {
  const uses = new Map<ScalarExpr, number>();
  const visit = (expr: ScalarExpr): void => {
    const seen = uses.get(expr) ?? 0;
    uses.set(expr, seen + 1);
    if (seen === 0 && isPrimitive(expr)) expr.operands.forEach(visit);
  };
  roots.forEach(visit);
  return uses;
}
