/** A point as a graph function takes it, and its loss and gradient there. */
import { at } from "../../base/at.js";
import { type BatchValue, evaluateFunction } from "../../ir/graph/evaluate.js";
import type { Tensor } from "../../ir/graph/tensor.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { isShared } from "../calls/sizes.js";
import { type Point, type PointTensor, sizesAt, toBatchValue } from "./point.js";
import { gradName, nameOfRole } from "../../program/base/roles.js";

/** The name of a tensor in graph functions: `param.W`, `initial.h`; of a cotangent that of the value it belongs to. */
export const graphName = ({ role, name }: Pick<PointTensor, "role" | "name">): string =>
  nameOfRole({ kind: role === "state" ? "initial" : role, name });

/** Every value of the point by its name in graph functions; cotangents as `grad.output.y`. */
export function graphValues(point: Point): Map<string, BatchValue> {
  return new Map([
    ...[...point.tensors, ...point.fixed, ...point.indices, ...point.hidden].map(
      (tensor) => [graphName(tensor), toBatchValue(point, tensor)] as const,
    ),
    ...point.cotangents.map((tensor) => [gradName(graphName(tensor)), toBatchValue(point, tensor)] as const),
  ]);
}

/**
 * The same, with the cotangent of a result that all examples share in equal parts as each example's own: for derivatives that take
 * every result as one of each example.
 */
export function valuesOfEach(point: Point): Map<string, BatchValue> {
  const values = graphValues(point);
  const { batch } = point;
  for (const tensor of point.cotangents.filter(isShared)) {
    const { shared } = toBatchValue(point, tensor) as { readonly shared: Tensor };
    const part = { shape: shared.shape, data: shared.data.map((number) => number / batch) };
    values.set(gradName(graphName(tensor)), { examples: new Array<Tensor>(batch).fill(part) });
  }
  return values;
}

/** Values for the inputs of `fn`, in order. */
export function inputsOf(fn: GraphFunction, values: ReadonlyMap<string, BatchValue>): BatchValue[] {
  return fn.inputs.map((id) => {
    const name = fn.names[id] as string;
    const value = values.get(name);
    if (value === undefined) throw new RangeError(`no value for ${name} of ${fn.name}`);
    return value;
  });
}

/** Outputs of `fn` by name. */
export function evaluateAt(
  fn: GraphFunction,
  point: Point,
  values: ReadonlyMap<string, BatchValue> = graphValues(point),
): Map<string, BatchValue> {
  const outputs = evaluateFunction(fn, inputsOf(fn, values), sizesAt(point));
  return new Map(fn.outputNames.map((name, i) => [name, at(outputs, i)]));
}

/** All numbers of a value, example after example. */
export function numbersOf(value: BatchValue): number[] {
  return ("shared" in value ? [value.shared] : value.examples).flatMap(({ data }) => [...data]);
}

/** `Σ cotangent · output` of values in the order of the outputs of `fn`. */
export function weigh(fn: GraphFunction, point: Point, outputs: readonly BatchValue[]): number {
  const weights = new Map(point.cotangents.map((tensor) => [graphName(tensor), toBatchValue(point, tensor)]));
  let sum = 0;
  for (const [i, name] of fn.outputNames.entries()) {
    const weight = weights.get(name);
    if (weight === undefined) continue;
    const numbers = numbersOf(at(outputs, i));
    // An output that all examples share is weighed for each.
    for (const [j, factor] of numbersOf(weight).entries()) sum += factor * (numbers[j % numbers.length] as number);
  }
  return sum;
}
