/** Which scalars are truth values. */
import { comparisonOps, logicalOps, type ScalarOp } from "../ops/scalar-ops.js";
import type { KernelExpression } from "./kernel-program.js";

export type ScalarDType = "real" | "bool";

export function dtypeOf(value: KernelExpression): ScalarDType {
  return value.kind === "integer" ? "real" : value.dtype;
}

/** What an operation gives. */
export function resultDtype(op: ScalarOp, operands: readonly KernelExpression[]): ScalarDType {
  if (comparisonOps.has(op) || logicalOps.has(op)) return "bool";
  return op === "select" && operands.slice(1).every((operand) => dtypeOf(operand) === "bool") ? "bool" : "real";
}

/** What it takes at a position, where it gives `result`. */
export function operandDtype(op: ScalarOp, position: number, result: ScalarDType): ScalarDType {
  if (logicalOps.has(op)) return "bool";
  if (op !== "select") return "real";
  return position === 0 ? "bool" : result;
}
