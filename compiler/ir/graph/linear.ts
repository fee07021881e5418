/**
 * Which functions are linear in their first inputs, by their form: what a declared derivative may do with tangents. Such a
 * function is its own derivative, so forward mode can repeat it and reverse mode transpose it, operation by operation.
 */
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
const jointScalars: ReadonlySet<ScalarOp> = new Set<ScalarOp>(["add", "sub", "select"]);

const rules: { readonly [K in OperationKind]: LinearityRule<K> } = {
  constant: always,
  dimension: always,
  iota: always,
  map: (operation, linear) => {
    switch (operation.op) {
      case "neg":
      case "add":
      case "sub":
        return true;
      case "mul":
        return atMostOne(operation, linear);
      case "div":
        return onlyOperand(0)(operation, linear);
      case "select":
        return linear[0] !== true;
      default:
        return false;
    }
  },
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
