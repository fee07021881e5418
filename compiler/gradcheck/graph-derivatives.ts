/** Derivatives of a graph function at a point: the derived gradient, and the complex step. */
import type { BatchValue } from "../ir/graph/evaluate.js";
import type { GraphFunction } from "../ir/graph/types.js";
import { dot, type Gradients, maxAbs, type Reference } from "./compare.js";
import { agreedBySides, complexStep, mapSides } from "./complex-step.js";
import { evaluateAt, graphName, graphValues, inputsOf, numbersOf, weigh } from "./graph-point.js";
import { fromBatchValue, type Point, symbolSizes, toBatchValue } from "./point.js";

/** Outputs `grad.param.W` as arrays like the point's tensors. */
export function gradientsFrom(point: Point, outputs: ReadonlyMap<string, BatchValue>): Gradients {
  return new Map(
    point.tensors.map((tensor) => [
      tensor,
      fromBatchValue(point, tensor, outputs.get(`grad.${graphName(tensor)}`) as BatchValue),
    ]),
  );
}

/** Outputs of `fn` that are not finite at a point, by name. */
export function notFiniteOutputs(fn: GraphFunction, point: Point): string[] {
  return [...evaluateAt(fn, point)].flatMap(([name, value]) => (numbersOf(value).every(Number.isFinite) ? [] : [name]));
}

/**
 * Is the derivative another one than that of the values as they are computed, by a `stop_gradient` or a declaration? Differences
 * see the latter. A softmax stops the gradient of its maximum, on which its value does not depend; a declared derivative may be
 * the true one.
 */
export function derivativeIsStated(fn: GraphFunction, point: Point): boolean {
  const values = graphValues(point);
  const inputs = inputsOf(fn, values);
  const tensors = new Map(point.tensors.map((tensor) => [graphName(tensor), tensor]));
  const along = fn.inputs.map((id) => {
    const tensor = tensors.get(fn.names[id] as string);
    return tensor && toBatchValue(point, { ...tensor, values: tensor.values.map((_, i) => Math.cos(5 * i + 1) + 1.5) });
  });
  // Both sides: at a kink that only one of the derivatives has, one side is the same.
  const numbers = (asComputed: boolean): number[] => {
    return complexStep(fn, inputs, along, symbolSizes(point), { asComputed }).flatMap((side) =>
      side.flatMap(numbersOf),
    );
  };
  const stopped = numbers(false);
  const largest = maxAbs(stopped);
  return numbers(true).some((number, i) => !(Math.abs(number - (stopped[i] as number)) <= 1e-9 * Math.max(largest, 1)));
}

/** The derivative of the loss by a complex step through `fn`. */
export function complexStepReference(fn: GraphFunction, point: Point): Reference {
  return stepReference(fn, point, (outputs) => weigh(fn, point, outputs));
}

/** The derivative of the weighted gradient by a complex step through `gradient`. */
export function secondComplexStep(gradient: GraphFunction, point: Point, weights: readonly Float64Array[]): Reference {
  return stepReference(gradient, point, (outputs) => {
    const named = new Map(gradient.outputNames.map((name, i) => [name, outputs[i] as BatchValue]));
    const found = gradientsFrom(point, named);
    return point.tensors.reduce(
      (sum, tensor, k) => sum + dot(found.get(tensor) as Float64Array, weights[k] as Float64Array),
      0,
    );
  });
}

/** @param total makes one number of the derivatives of the outputs */
function stepReference(fn: GraphFunction, point: Point, total: (outputs: readonly BatchValue[]) => number): Reference {
  const inputs = inputsOf(fn, graphValues(point));
  const sizes = symbolSizes(point);
  return (tensor, direction) => {
    const name = graphName(tensor);
    const along = fn.inputs.map((id) =>
      fn.names[id] === name ? toBatchValue(point, { ...tensor, values: direction.values }) : undefined,
    );
    const sides = mapSides(complexStep(fn, inputs, along, sizes), total);
    const value = agreedBySides(sides);
    if (value !== undefined) return { value, error: 2 ** -46 * Math.abs(value), kind: "smooth" };
    // What jumps has no derivative, as what ends.
    const nowhere = { value: NaN, error: Infinity } as const;
    return sides.some(Number.isNaN) ? { ...nowhere, kind: "edge" } : { ...nowhere, kind: "kink" };
  };
}
