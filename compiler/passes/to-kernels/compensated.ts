/** Adding with what rounding loses on the way: `term = value - lost`, `after = before + term`, `lost` anew. */
import type { Access, KernelExpression, Statement } from "../../ir/kernel/kernel-program.js";

export const NONE: KernelExpression = { kind: "literal", value: 0, dtype: "real" };

export function load(access: Access): KernelExpression {
  return { kind: "load", access, dtype: "real" };
}

export function set(access: Access, value: KernelExpression): Statement {
  return { kind: "store", access, value, mode: "set" };
}

export function plus(a: KernelExpression, b: KernelExpression): KernelExpression {
  return binary("add", a, b);
}

export function minus(a: KernelExpression, b: KernelExpression): KernelExpression {
  return binary("sub", a, b);
}

function binary(op: "add" | "sub", a: KernelExpression, b: KernelExpression): KernelExpression {
  return { kind: "operation", op, operands: [a, b], dtype: "real" };
}

/** What `after`, rounded from `before + term`, has too much; nothing where it is infinite, and stays so. */
export function lostIn(after: KernelExpression, before: KernelExpression, term: KernelExpression): KernelExpression {
  const finite: KernelExpression = {
    kind: "operation",
    op: "eq",
    operands: [minus(after, after), NONE],
    dtype: "bool",
  };
  const lost = minus(minus(after, before), term);
  return { kind: "operation", op: "select", operands: [finite, lost, NONE], dtype: "real" };
}
