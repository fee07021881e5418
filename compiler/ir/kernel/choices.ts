/** Choices by places (of a concatenation, a padding, a rotation) by the value of one variable. */
import { affineConstant, plainValue, substituteAffine, subtractAffine } from "./affine.js";
import type { Affine, KernelExpression } from "./kernel-program.js";
import { constantOf } from "../../base/types/dim.js";

/** The value of `variable` from which on the sides of `left < right` are exchanged; undefined where they may change else. */
export function changeOf(left: Affine, right: Affine, variable: string): number | undefined {
  const distance = subtractAffine(left, right);
  const [term, ...others] = distance.terms;
  const slope = term && constantOf(term.coefficient);
  const constant = constantOf(distance.constant);
  if (term?.variable !== variable || others.length > 0 || slope === undefined || constant === undefined)
    return undefined;
  // slope·i + constant < 0 holds below -constant/slope, or above it.
  return slope > 0 ? Math.ceil(-constant / slope) : Math.floor(-constant / slope) + 1;
}

/** The expression for `start ≤ variable < end`, with every choice that is the same there replaced by the side taken. */
export function decideChoices(
  expression: KernelExpression,
  variable: string,
  start: number,
  end: number,
): KernelExpression {
  const at = new Map([[variable, affineConstant(start)]]);
  const visit = (value: KernelExpression): KernelExpression => {
    if (value.kind === "operation") return { ...value, operands: value.operands.map(visit) };
    if (value.kind !== "choice") return value;
    const { left, right, below, otherwise } = value;
    const change = changeOf(left, right, variable);
    const distance = plainValue(substituteAffine(subtractAffine(left, right), at));
    const decided = change === undefined ? true : change <= start || change >= end;
    if (distance === undefined || !decided) return { ...value, below: visit(below), otherwise: visit(otherwise) };
    return visit(distance < 0 ? below : otherwise);
  };
  return visit(expression);
}
