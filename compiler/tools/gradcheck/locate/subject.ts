/** A graph function whose derivative is in question, with numbers for everything. */
import { at } from "../../../base/at.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { type BatchValue, evaluateFunction } from "../../../ir/graph/evaluate.js";
import type { SymbolSizes } from "../../../ir/graph/evaluate-rules.js";
import type { GraphFunction } from "../../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../../ir/graph/shape-rules.js";
import type { DerivativeRules } from "../../../passes/autodiff/derivative-rules.js";
import { inputsOf, numbersOf } from "../graph-point.js";
import { unitOf } from "../../calls/rounding.js";
import { roundingError, sampleCounts } from "../rounding.js";
import { gradName } from "../../../program/base/roles.js";

export interface LocatedSubject {
  readonly fn: GraphFunction;
  readonly context: ShapeContext;
  /** Inputs by name; for reverse mode the cotangents too, as `grad.<output>`, for forward mode tangents, `tangent.<input>`. */
  readonly values: ReadonlyMap<string, BatchValue>;
  readonly sizes: readonly SymbolSizes[];
  /** The rules in question; the compiler's own unless told. */
  readonly rules?: DerivativeRules | undefined;
}

export function outputsByName(
  fn: GraphFunction,
  values: ReadonlyMap<string, BatchValue>,
  sizes: readonly SymbolSizes[],
): Map<string, BatchValue> {
  return named(fn, evaluateFunction(fn, inputsOf(fn, values), sizes));
}

/** How far float64 may be off in each number of the outputs. */
export function roundingByName(
  fn: GraphFunction,
  values: ReadonlyMap<string, BatchValue>,
  sizes: readonly SymbolSizes[],
): Map<string, BatchValue> {
  const random = createRandom(1);
  return named(fn, roundingError(fn, inputsOf(fn, values), sizes, unitOf.f64, random, sampleCounts.thorough));
}

const named = ({ outputNames }: GraphFunction, outputs: readonly BatchValue[]): Map<string, BatchValue> =>
  new Map(outputNames.map((name, i) => [name, at(outputs, i)]));

/** `Σ cotangent · output`. The cotangents of a shared output are each example's own. */
export function weightedOutputs(
  { outputNames }: GraphFunction,
  values: ReadonlyMap<string, BatchValue>,
  outputs: readonly BatchValue[],
): number {
  let sum = 0;
  for (const [i, name] of outputNames.entries()) {
    const weights = values.get(gradName(name));
    if (weights === undefined) continue;
    const numbers = numbersOf(at(outputs, i));
    for (const [j, weight] of numbersOf(weights).entries()) sum += weight * (numbers[j % numbers.length] as number);
  }
  return sum;
}
