/** Derivatives of a graph function at a point: the derived gradient, and the complex step. */
import type { BatchValue } from "../ir/graph/evaluate.js";
import type { GraphFunction } from "../ir/graph/types.js";
import { type Gradients, maxAbs, type Reference } from "./compare.js";
import { complexStep } from "./complex-step.js";
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
 * Does the loss depend on what `stop_gradient` hides? Differences then see a change that the derivative is declared not to
 * have. A softmax stops the gradient of its maximum, on which its value does not depend.
 */
export function stopsMatter(fn: GraphFunction, point: Point): boolean {
  const values = graphValues(point);
  const inputs = inputsOf(fn, values);
  const tensors = new Map(point.tensors.map((tensor) => [graphName(tensor), tensor]));
  const along = fn.inputs.map((id) => {
    const tensor = tensors.get(fn.names[id] as string);
    return tensor && toBatchValue(point, { ...tensor, values: tensor.values.map((_, i) => Math.cos(5 * i + 1) + 1.5) });
  });
  const numbers = (through: boolean): number[] =>
    complexStep(fn, inputs, along, symbolSizes(point), { throughStops: through }).right.flatMap(numbersOf);
  const stopped = numbers(false);
  const largest = maxAbs(stopped);
  return numbers(true).some((number, i) => !(Math.abs(number - (stopped[i] as number)) <= 1e-9 * Math.max(largest, 1)));
}

export function complexStepReference(fn: GraphFunction, point: Point): Reference {
  const inputs = inputsOf(fn, graphValues(point));
  const sizes = symbolSizes(point);
  return (tensor, direction) => {
    const name = graphName(tensor);
    const along = fn.inputs.map((id) =>
      fn.names[id] === name ? toBatchValue(point, { ...tensor, values: direction.values }) : undefined,
    );
    const step = complexStep(fn, inputs, along, sizes);
    const right = weigh(fn, point, step.right);
    if (step.jumps) return { value: NaN, error: Infinity, kind: "jump" };
    const left = step.left === step.right ? right : weigh(fn, point, step.left);
    const size = Math.max(Math.abs(left), Math.abs(right));
    if (Number.isNaN(left) || Number.isNaN(right)) return { value: NaN, error: Infinity, kind: "edge" };
    const kind = Math.abs(right - left) > 1e-9 * size ? "kink" : "smooth";
    return { value: (left + right) / 2, error: 2 ** -46 * size, kind };
  };
}
