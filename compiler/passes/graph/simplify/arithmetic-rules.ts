/**
 * Rules about scalar arithmetic. All are exact in floating point except for the sign of a zero: `x + 0` may keep a negative
 * one, `0 - x` may make one.
 * `0 * x` is not 0 here: x may be infinite or NaN.
 */
import { at } from "../../../base/at.js";
import { decided } from "../../../base/decided.js";
import { scalarValues } from "../../../ir/ops/scalar-values.js";
import type { ValueId } from "../../../ir/graph/graph-function.js";
import type { ScalarOp } from "../../../ir/ops/scalar-ops.js";
import type { SimplifyRule } from "./view.js";

type MapRule = SimplifyRule<"map">;

/** x + 0, 0 + x, x - 0, x * 1, 1 * x, x / 1 = x. */
const neutralElements: MapRule = ({ op }, [a, b], view) => {
  if (a === undefined || b === undefined) return undefined;
  const [left, right] = [view.constant(a), view.constant(b)];
  if (op === "add") return right === 0 ? a : left === 0 ? b : undefined;
  if (op === "sub") return right === 0 ? a : left === 0 ? view.b.map("neg", b) : undefined;
  if (op === "mul") {
    if (right === 1) return a;
    if (left === 1) return b;
    if (right === -1) return view.b.map("neg", a);
    return left === -1 ? view.b.map("neg", b) : undefined;
  }
  return op === "div" && right === 1 ? a : undefined;
};

/** A strong product or quotient where nothing needs care: a zero, or a second operand that is a finite number other than 0. */
const plainProducts: MapRule = ({ op }, [v, x], view) => {
  if ((op !== "strong_mul" && op !== "strong_div") || v === undefined || x === undefined) return undefined;
  const [kept, other] = [view.constant(v), view.constant(x)].map((c) => (c === undefined ? undefined : Math.fround(c)));
  if (kept === 0 && view.constant(v) === 0) return v;
  const isHarmless = other !== undefined && Number.isFinite(other) && (op === "strong_mul" || other !== 0);
  const isPlain = isHarmless || (kept !== undefined && kept !== 0);
  return isPlain ? view.b.map(op === "strong_mul" ? "mul" : "div", v, x) : undefined;
};

/** -(-x) = x, a + (-b) = a - b, (-a) + b = b - a, a - (-b) = a + b. */
const negations: MapRule = ({ op }, [a, b], view) => {
  const inner = (id: ValueId | undefined): ValueId | undefined => {
    const found = id === undefined ? undefined : view.match(id, "map");
    return found?.operation.op === "neg" ? found.operands[0] : undefined;
  };
  const [left, right] = [inner(a), inner(b)];
  if (op === "neg") return left;
  if (a === undefined || b === undefined) return undefined;
  if (op === "add" && right !== undefined) return view.b.map("sub", a, right);
  if (op === "add" && left !== undefined) return view.b.map("sub", b, left);
  return op === "sub" && right !== undefined ? view.b.map("add", a, right) : undefined;
};

/** if c then x else x = x. */
const sameBranches: MapRule = ({ op }, operands) =>
  op === "select" && operands[1] === operands[2] ? operands[1] : undefined;

/** Operations with the host's exactly rounded arithmetic are folded; exp and the like are left to the target's own. */
const exactOps = decided<ScalarOp>()(
  [
    "neg", "abs", "sign", "floor", "round", "min", "max",
  ],
  [
    "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "softplus", "erf", "atan",
    "stop_gradient", "not", "add", "sub", "mul", "div", "pow", "lt", "le", "eq", "ne", "and", "or", "strong_mul",
    "strong_div", "clamp", "select",
  ],
); // prettier-ignore
const integerOps = decided<ScalarOp>()(
  [
    "add", "sub", "mul",
  ],
  [
    "neg", "abs", "sign", "floor", "round", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid",
    "softplus", "erf", "atan", "stop_gradient", "not", "div", "pow", "min", "max", "lt", "le", "eq", "ne", "and",
    "or", "strong_mul", "strong_div", "clamp", "select",
  ],
); // prettier-ignore

/** These are rounded once: of float32 numbers the result in float64, rounded to float32, is that in float32. */
const roundedOps: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["div", "sqrt"]);

/** An operation on constants is a constant, where float32 and float64 agree on it. */
const foldConstants: MapRule = ({ op }, operands, view) => {
  const values = operands.map((id) => view.constant(id));
  if (!values.every((value) => value !== undefined)) return undefined;
  const result = scalarValues[op](...values);
  const folds =
    exactOps.has(op) ||
    (integerOps.has(op) && values.every(isSmallInteger)) ||
    (roundedOps.has(op) && values.every((value) => Math.fround(value) === value) && isNormal(result));
  return folds ? view.b.constantOf(result, view.b.shapeOf(at(operands, 0))) : undefined;
};

/** As a float32 number: what is not stays an operation, of which `number-range` tells. */
const isNormal = (value: number): boolean => Math.abs(value) < 2 ** 127 && Math.abs(value) > 2 ** -126;

function isSmallInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 11;
}

/** An operation on values that repeat over the same axes is done before repeating them. */
const repeatAfterwards: MapRule = (operation, operands, view) => {
  const repeated = operands.map((id) => view.match(id, "broadcast"));
  const widest = repeated.find((r) => r !== undefined && r.operation.axes.length > 0) ?? repeated[0];
  if (widest === undefined || repeated.some((r) => r === undefined)) return undefined;
  const { axes, shape } = widest.operation;
  const inner = view.b.shapeOf(at(widest.operands, 0));
  const sources: ValueId[] = [];
  for (const r of repeated) {
    if (r === undefined) return undefined;
    const source = at(r.operands, 0);
    if (r.operation.axes.length === 0) sources.push(view.b.fill(source, inner));
    else if (r.operation.axes.join() === axes.join()) sources.push(source);
    else return undefined;
  }
  return view.b.broadcast(view.b.emit(operation, sources), shape, axes);
};

export const arithmeticRules: readonly MapRule[] = [
  foldConstants,
  neutralElements,
  plainProducts,
  negations,
  sameBranches,
  repeatAfterwards,
];
