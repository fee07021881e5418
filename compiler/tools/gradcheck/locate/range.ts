/** Is a gradient that is no number so by the range of its numbers, and not by a fault of the code that computes it? */
import { at } from "../../../base/at.js";
import { type BatchValue, evaluateWith, realArithmetic } from "../../../ir/graph/evaluate.js";
import { gradientOf } from "../../../passes/autodiff/whole-derivatives.js";
import { type Program, programContext } from "../../../program/program.js";
import { graphName, inputsOf, valuesOfEach } from "../graph-point.js";
import { fromBatchValue, type Point, sizesAt } from "../point.js";
import type { Precision } from "../precision.js";
import type { LocatedSubject } from "./subject.js";
import { wholeFunctionAt } from "../whole-function.js";
import { firstNotFiniteCotangent, float32Arithmetic, type NotFinite } from "./not-finite.js";
import { gradName } from "../../../program/base/roles.js";

export interface LeftRange extends NotFinite {
  /** In which the derived gradient is not finite, before any pass and code. */
  readonly precision: Precision;
}

/**
 * The derived gradient, evaluated plainly in each precision in turn.
 *
 * @param wrong names of the tensors whose gradient is wrong
 * @returns where it stops being finite, if that explains all of them
 */
export function findLeftRange(program: Program, point: Point, wrong: ReadonlySet<string>): LeftRange | undefined {
  const fn = wholeFunctionAt(program, point);
  const context = programContext(program);
  const subject: LocatedSubject = { fn, context, values: valuesOfEach(point), sizes: sizesAt(point) };
  const gradient = gradientOf(fn, context);
  for (const [precision, arithmetic] of [
    ["f64", realArithmetic],
    ["f32", float32Arithmetic],
  ] as const) {
    const results = evaluateWith(arithmetic, gradient, inputsOf(gradient, subject.values), subject.sizes);
    const byName = new Map(gradient.outputNames.map((name, i) => [name, at(results, i)]));
    const isExplained = point.tensors
      .filter(({ name }) => wrong.has(name))
      .every((tensor) => {
        const values = fromBatchValue(point, tensor, byName.get(gradName(graphName(tensor))) as BatchValue);
        return !values.every(Number.isFinite);
      });
    const found = isExplained ? firstNotFiniteCotangent(subject, arithmetic) : undefined;
    if (found !== undefined) return { ...found, precision };
  }
  return undefined;
}
