/**
 * Which functions are linear in their first inputs, by their form: what a declared derivative may do with tangents. Such a
 * function is its own derivative, so forward mode can repeat it and reverse mode transpose it, operation by operation.
 */
import { decided } from "../../base/decided.js";
import type { ScalarOp } from "../ops/scalar-ops.js";
import { printOperation } from "./print.js";
import type { GraphFunction, Instruction, Operation, OperationKind, ValueId } from "./graph-function.js";

/** Zero fits in wherever something linear does: `if c then dx else 0`. */
type TangentDegree = "zero" | "constant" | "linear";

/** Whether an operation is linear where the operands with `true` are, the others being constant. */
type LinearityRule<K extends OperationKind> = (
  operation: Extract<Operation, { kind: K }>,
  linear: readonly boolean[],
) => boolean;

const always = (): boolean => true;
const never = (): boolean => false;
const onlyOperand =
  (position: number) =>
  (_operation: Operation, linear: readonly boolean[]): boolean =>
    linear.every((isLinear, i) => !isLinear || i === position);
const atMostOne = (_operation: Operation, linear: readonly boolean[]): boolean =>
  linear.filter((isLinear) => isLinear).length <= 1;

/** Joint: linear in all operands together, so a constant one must be zero. */
const jointScalars = decided<ScalarOp>()(
  [
    "add", "sub", "select",
  ],
  [
    "neg", "abs", "sign", "floor", "round", "sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid",
    "softplus", "erf", "atan", "stop_gradient", "not", "mul", "div", "pow", "min", "max", "lt", "le", "eq", "ne",
    "and", "or", "strong_mul", "strong_div", "clamp",
  ],
); // prettier-ignore

/** Of scalar operations. */
const scalarRules: Readonly<Record<ScalarOp, LinearityRule<"map">>> = {
  neg: always,
  abs: never,
  sign: never,
  floor: never,
  round: never,
  sqrt: never,
  exp: never,
  expm1: never,
  log: never,
  log1p: never,
  sin: never,
  cos: never,
  tanh: never,
  sigmoid: never,
  softplus: never,
  erf: never,
  atan: never,
  stop_gradient: never,
  not: never,
  add: always,
  sub: always,
  mul: atMostOne,
  div: onlyOperand(0),
  pow: never,
  min: never,
  max: never,
  lt: never,
  le: never,
  eq: never,
  ne: never,
  and: never,
  or: never,
  strong_mul: never,
  strong_div: never,
  clamp: never,
  select: (_operation, linear) => linear[0] !== true,
};

const rules: { readonly [K in OperationKind]: LinearityRule<K> } = {
  constant: always,
  dimension: always,
  iota: always,
  map: (operation, linear) => scalarRules[operation.op](operation, linear),
  broadcast: always,
  reduce: (operation) => operation.op === "sum",
  contract: atMostOne,
  slice: always,
  pad: always,
  concat: always,
  reshape: always,
  transpose: always,
  reverse: always,
  window: always,
  unwindow: always,
  gather: onlyOperand(0),
  scatter_add: onlyOperand(1),
  to_index: never,
  batch_sum: always,
  custom_derivative: never,
  scan: never,
};

/** Why `fn` is not linear in its first `count` inputs; undefined where it is. */
export function whyNotLinear(fn: GraphFunction, count: number): string | undefined {
  const degrees = new Map<ValueId, TangentDegree>(fn.inputs.map((id, i) => [id, i < count ? "linear" : "constant"]));
  for (const instruction of fn.instructions) {
    const degree = degreeOf(
      instruction,
      instruction.operands.map((id) => degrees.get(id) ?? "constant"),
    );
    if (degree === undefined) return `${printOperation(instruction.operation)} is not linear in the tangents`;
    for (const id of instruction.results) degrees.set(id, degree);
  }
  return fn.outputs.every((id) => degrees.get(id) !== "constant")
    ? undefined
    : "an output does not depend on a tangent";
}

function degreeOf({ operation }: Instruction, operands: readonly TangentDegree[]): TangentDegree | undefined {
  if (!operands.includes("linear")) return isZero(operation, operands) ? "zero" : "constant";
  const isLinear = (rules[operation.kind] as LinearityRule<OperationKind>)(
    operation,
    operands.map((degree) => degree === "linear"),
  );
  if (!isLinear) return undefined;
  const isJoint = operation.kind === "concat" || (operation.kind === "map" && jointScalars.has(operation.op));
  const terms = operation.kind === "map" && operation.op === "select" ? operands.slice(1) : operands;
  return isJoint && terms.includes("constant") ? undefined : "linear";
}

function isZero(operation: Operation, operands: readonly TangentDegree[]): boolean {
  switch (operation.kind) {
    case "constant":
      return operation.dtype === "real" && operation.value === 0;
    case "broadcast":
      return operands[0] === "zero";
    case "map":
      return operation.op === "neg" && operands[0] === "zero";
    default:
      return false;
  }
}
