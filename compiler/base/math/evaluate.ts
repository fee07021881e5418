/** Evaluates scalar functions directly: the meaning of the primitives, slow and plain, for tests and constant folding. */
import { invariant } from "../diagnostics/invariant.js";
import type { FloatType, PrimitiveExpr, PrimitiveOp, ScalarExpr, ScalarFunction } from "./expr.js";
import { isPrimitive } from "./expr.js";

const view = new DataView(new ArrayBuffer(8));

function exponentField(x: number): number {
  view.setFloat64(0, x);
  return ((view.getInt32(0) >>> 20) & 2047) - 1023;
}

function isNegative(x: number): boolean {
  return x < 0 || Object.is(x, -0);
}

function nearest(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x;
  const magnitude = Math.abs(x) + 2 ** 52 - 2 ** 52;
  return isNegative(x) ? -magnitude : magnitude;
}

/** 2^n as the shifted exponent field gives it: 0 and infinity one beyond the normal range. */
function pow2(n: number, type: FloatType): number {
  const bias = type === "f32" ? 127 : 1023;
  const field = (n + bias) & (2 * bias + 1);
  return field === 0 ? 0 : field === 2 * bias + 1 ? Infinity : 2 ** (field - bias);
}

const truth = (condition: boolean): number => (condition ? 1 : 0);

/** Results before rounding to the node's type; truth values are 0 and 1. */
const meanings: Record<PrimitiveOp, (x: number, y: number, z: number, type: FloatType) => number> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  sqrt: (x) => Math.sqrt(x),
  floor: (x) => Math.floor(x),
  nearest: (x) => nearest(x),
  min: (x, y) => (y < x ? y : x),
  max: (x, y) => (x < y ? y : x),
  copysign: (x, y) => (isNegative(y) ? -Math.abs(x) : Math.abs(x)),
  pow2: (n, _y, _z, type) => pow2(n, type),
  flipWhereOdd: (x, n) => (n % 2 === 0 ? x : -x),
  exponent: (x) => exponentField(x),
  mantissa: (x) => x / pow2(exponentField(x), "f64"),
  promote: (x) => x,
  demote: (x) => x,
  lt: (x, y) => truth(x < y),
  le: (x, y) => truth(x <= y),
  eq: (x, y) => truth(x === y),
  ne: (x, y) => truth(x !== y),
  and: (x, y) => x * y,
  or: (x, y) => Math.max(x, y),
  not: (x) => 1 - x,
  select: (condition, x, y) => (condition === 1 ? x : y),
};

function evaluatePrimitive(expr: PrimitiveExpr, operands: readonly number[]): number {
  const [x = NaN, y = NaN, z = NaN] = operands;
  const value = meanings[expr.op](x, y, z, expr.type === "f32" ? "f32" : "f64");
  return expr.type === "f32" ? Math.fround(value) : value;
}

/** The value of an expression whose parameters have the given values; truth values are 0 and 1. */
export function evaluateExpr(expr: ScalarExpr, parameters: ReadonlyMap<ScalarExpr, number>): number {
  const known = new Map<ScalarExpr, number>(parameters);
  const visit = (e: ScalarExpr): number => {
    const before = known.get(e);
    if (before !== undefined) return before;
    if (e.op === "constant") return e.value;
    invariant(isPrimitive(e), `a parameter has no value: ${e.op}`);
    const value = evaluatePrimitive(e, e.operands.map(visit));
    known.set(e, value);
    return value;
  };
  return visit(expr);
}

/** The value of a function at arguments, which an f32 function takes rounded to float32. */
export function evaluateFunction(f: ScalarFunction, ...args: readonly number[]): number {
  invariant(args.length === f.params.length, `${f.name} takes ${f.params.length} arguments`);
  const round = f.type === "f32" ? Math.fround : (x: number): number => x;
  return evaluateExpr(f.body, new Map(f.params.map((p, i) => [p, round(args[i]!)])));
}
