/** The derivative of one operation, whatever its kind: from the tables of scalar and of other operations. */
import type { Operation, ValueId } from "../../ir/graph/graph-function.js";
import type { Shape } from "../../base/types/shape.js";
import type { DerivativeRules } from "./derivative-rules.js";
import type { Contribution, LinearRule, Site, StructuralKind } from "./linear-rules.js";

export type PlainOperation = Extract<Operation, { kind: StructuralKind | "map" }>;

/**
 * The tangent of the result.
 *
 * @param tangents Of the operands; undefined where there is none.
 * @param shape Of the result.
 */
export function tangentOf(
  { scalar, linear }: DerivativeRules,
  operation: PlainOperation,
  site: Site,
  tangents: readonly (ValueId | undefined)[],
  shape: Shape,
): ValueId | undefined {
  if (operation.kind !== "map") {
    return (linear[operation.kind] as LinearRule<StructuralKind>).tangent(operation, site, tangents);
  }
  const maps = scalar[operation.op]({ ...site, c: (value) => site.b.constantOf(value, shape) });
  let sum: ValueId | undefined;
  for (const [i, v] of tangents.entries()) {
    const map = maps[i];
    if (v === undefined || map === undefined) continue;
    const term = map(v);
    sum = sum === undefined ? term : site.b.map("add", sum, term);
  }
  return sum;
}

/**
 * What the cotangent of the result adds to that of each operand.
 *
 * @param shape Of the result.
 */
export function cotangentsOf(
  { scalar, linear }: DerivativeRules,
  operation: PlainOperation,
  site: Site,
  cotangent: ValueId,
  shape: Shape,
): readonly (Contribution | undefined)[] {
  if (operation.kind !== "map") {
    return (linear[operation.kind] as LinearRule<StructuralKind>).cotangents(operation, site, cotangent);
  }
  const maps = scalar[operation.op]({ ...site, c: (value) => site.b.constantOf(value, shape) });
  return Array.from({ length: site.operandCount }, (_, i) => (site.wants(i) ? maps[i]?.(cotangent) : undefined));
}
