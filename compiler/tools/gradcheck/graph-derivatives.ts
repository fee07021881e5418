/** Derivatives of a graph function at a point: the derived gradient, and the complex step. */
import { at } from "../../base/at.js";
import { type BatchValue, evaluateFunction } from "../../ir/graph/evaluate.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { dot } from "../calls/compare.js";
import { type Derivative, type Direction, type Gradients } from "./compare.js";
import { agreedBySides, complexStep, mapSides, type Sides } from "./complex-step.js";
import { evaluateAt, graphName, graphValues, inputsOf, numbersOf, weigh } from "./graph-point.js";
import { fromBatchValue, type Point, type PointTensor, sizesAt, toBatchValue } from "./point.js";
import { gradName } from "../../program/base/roles.js";

/** Outputs `grad.param.W` as arrays like the point's tensors. */
export function gradientsFrom(point: Point, outputs: ReadonlyMap<string, BatchValue>): Gradients {
  return new Map(
    point.tensors.map((tensor) => [
      tensor,
      fromBatchValue(point, tensor, outputs.get(gradName(graphName(tensor))) as BatchValue),
    ]),
  );
}

/** Outputs of `fn` that are not finite at a point, by name. */
export function notFiniteOutputs(fn: GraphFunction, point: Point): string[] {
  return [...evaluateAt(fn, point)].flatMap(([name, value]) => (numbersOf(value).every(Number.isFinite) ? [] : [name]));
}

/** One number made of the outputs of a graph function at a point. */
export interface GraphLoss {
  readonly fn: GraphFunction;
  readonly point: Point;
  /** Linear, so that it makes the derivative of the loss of those of the outputs. */
  readonly total: (outputs: readonly BatchValue[]) => number;
}

/** `Σ cotangent · output` of all of a cell. */
export function lossOf(whole: GraphFunction, point: Point): GraphLoss {
  return { fn: whole, point, total: (outputs) => weigh(whole, point, outputs) };
}

/** The gradient, weighted: its derivative is a second derivative. */
export function weightedGradient(gradient: GraphFunction, point: Point, weights: readonly Float64Array[]): GraphLoss {
  const total = (outputs: readonly BatchValue[]): number => {
    const named = new Map(gradient.outputNames.map((name, i) => [name, at(outputs, i)]));
    const found = gradientsFrom(point, named);
    return point.tensors.reduce((sum, tensor, k) => sum + dot(found.get(tensor) as Float64Array, at(weights, k)), 0);
  };
  return { fn: gradient, point, total };
}

/** What a complex step tells. */
interface StepFound {
  readonly derivative: Derivative;
  /** How fast every tie is approached or left, in the order in which they are met. */
  readonly speeds: readonly number[];
}

/** One step in each direction: several methods ask for the same. */
export type ComplexSteps = (tensor: PointTensor, direction: Direction) => StepFound;

/**
 * The derivative of a loss by a complex step.
 *
 * @param asComputed of the values as they are, as if `stop_gradient` and declared derivatives were not there
 */
export function complexStepsOf({ fn, point, total }: GraphLoss, asComputed = false): ComplexSteps {
  const inputs = inputsOf(fn, graphValues(point));
  const sizes = sizesAt(point);
  const known = new Map<Direction, StepFound>();
  const find: ComplexSteps = (tensor, { values }) => {
    const name = graphName(tensor);
    const along = fn.inputs.map((id) =>
      fn.names[id] === name ? toBatchValue(point, { ...tensor, values }) : undefined,
    );
    const speeds: number[] = [];
    const onTie = (speed: number): unknown => speeds.push(speed);
    const sides = mapSides(complexStep(fn, inputs, along, sizes, { asComputed, onTie }), total);
    return { derivative: derivativeOf(sides), speeds };
  };
  return (tensor, direction) => {
    const found = known.get(direction) ?? find(tensor, direction);
    known.set(direction, found);
    return found;
  };
}

function derivativeOf(sides: Sides<number>): Derivative {
  const value = agreedBySides(sides);
  if (value !== undefined) return { value, error: 2 ** -46 * Math.abs(value), kind: "smooth" };
  // What jumps has no derivative, as what ends.
  const nowhere = { value: NaN, error: Infinity } as const;
  return sides.some(Number.isNaN) ? { ...nowhere, kind: "edge" } : { ...nowhere, kind: "kink" };
}

/** The loss with one tensor moved by `t * direction`. */
export function lossAlong(
  { fn, point, total }: GraphLoss,
  tensor: PointTensor,
  { values: direction }: Direction,
): (t: number) => number {
  const inputs = inputsOf(fn, graphValues(point));
  const sizes = sizesAt(point);
  const name = graphName(tensor);
  return (t) => {
    const values = tensor.values.map((value, i) => value + t * (direction[i] as number));
    const moved = toBatchValue(point, { ...tensor, values });
    const given = inputs.map((value, i) => (fn.names[fn.inputs[i] as number] === name ? moved : value));
    return total(evaluateFunction(fn, given, sizes));
  };
}
