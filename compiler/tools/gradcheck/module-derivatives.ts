/** Derivatives of a compiled module at a point: its own gradient, its forward mode, and differences of `forward`. */
import { at } from "../../base/at.js";
import type { CallGradient, CallValues, FloatArray, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { dot } from "../calls/compare.js";
import { type Direction, type Gradients, type Reference } from "./compare.js";
import { differentiate } from "./differences.js";
import type { Differences } from "./sight.js";
import {
  cotangentsOf,
  gradientOf,
  outputsOf,
  tangentsOf,
  type Variable,
  valuesOf,
  weightedSum,
  writeStored,
} from "../calls/call.js";
import { recordOf } from "../calls/records.js";
import { callOf, type Point, type PointTensor } from "./point.js";

/** Outputs and final states that are not finite, by name; none where all is well. */
export function notFinite(instance: ModuleInstance, point: Point): string[] {
  const call = callOf(point);
  writeStored(instance, call.params);
  const result = instance.forward(valuesOf(point.manifest, call));
  const { final } = result;
  const outputs = outputsOf(result);
  return [...Object.entries(outputs as Readonly<Record<string, FloatArray>>), ...Object.entries(final)].flatMap(
    ([name, values]) => (values.every(Number.isFinite) ? [] : [name]),
  );
}

/** Copies of what `backward` gives. */
export function moduleGradients(instance: ModuleInstance, point: Point): Gradients {
  const call = callOf(point);
  writeStored(instance, call.params);
  instance.forward(valuesOf(point.manifest, call));
  const result = instance.backward?.(cotangentsOf(call));
  if (result === undefined) throw new TypeError("the module has no backward");
  const arrays = gradientArrays(point, result);
  return new Map(point.tensors.map((tensor, i) => [tensor, at(arrays, i)]));
}

/** Copies, in the order of the point's tensors; all of them have a gradient. */
const gradientArrays = ({ tensors }: Point, result: CallGradient): Float64Array[] =>
  tensors.map((tensor) => new Float64Array(gradientOf(result, tensor as Pick<Variable, "role" | "name">)));

/** A direction of one tensor, as `jvp` and `hvp` take it. */
const tangentOf = (tensor: PointTensor, values: Float64Array): Readonly<Record<string, unknown>> =>
  tangentsOf([{ ...(tensor as Pick<Variable, "role" | "name">), values }]);

/** @param unit of the module's rounding, relative to a number */
export function forwardModeReference(instance: ModuleInstance, point: Point, unit: number): Reference {
  const call = callOf(point);
  writeStored(instance, call.params);
  return (tensor, { values }) => {
    const jvp = instance.jvp?.bind(instance);
    if (jvp === undefined) throw new TypeError("the module has no jvp");
    const value = weightedSum(jvp(valuesOf(point.manifest, call), tangentOf(tensor, values)), call);
    // Forward mode is as exact as reverse mode; its bar is the rounding of the last sum.
    return { value, error: 8 * unit * Math.abs(value), kind: "smooth" };
  };
}

/** Differences of `forward`, with steps of at most `reach`. */
export function firstDifferences(instance: ModuleInstance, point: Point, precision: number): Differences {
  const call = callOf(point);
  writeStored(instance, call.params);
  // Noise of float32 is much larger, so its best steps are too.
  const largest = precision > 1e-10 ? 1 / 4 : 1 / 16;
  const values = valuesOf(point.manifest, call);
  return (tensor, direction, goal, reach) => {
    const step = Math.min(largest, reach);
    const loss = (t: number): number =>
      weightedSum(instance.forward(move(instance, values, tensor, direction.values, t)), call);
    const options = { precision, goal, step };
    const found = differentiate(loss, options);
    if (tensor.role === "param") instance.params[tensor.name]?.set(tensor.values);
    return { ...found, options: { ...options, noise: found.noise } };
  };
}

/** A direction through all tensors of a point, in which second derivatives are taken a second time. */
export function secondDirection({ tensors }: Point): readonly Float64Array[] {
  return tensors.map(({ values }, k) => values.map((_, i) => Math.cos(3 * i + k) + 1.5));
}

/**
 * The second derivative of the loss in the direction of a change of one tensor and in `weights` by `hvp`, and the sum of the
 * absolute terms.
 */
export function secondDerivative(
  instance: ModuleInstance,
  point: Point,
  tensor: PointTensor,
  { values: direction }: Direction,
  weights: readonly Float64Array[],
): { readonly value: number; readonly size: number } {
  const call = callOf(point);
  writeStored(instance, call.params);
  const hvp = instance.hvp?.bind(instance);
  if (hvp === undefined) throw new TypeError("the module has no hvp");
  const result = hvp(valuesOf(point.manifest, call), tangentOf(tensor, direction), cotangentsOf(call));
  const products = gradientArrays(point, result);
  return {
    value: dotAll(products, weights),
    size: dotAll(
      products.map((product) => product.map(Math.abs)),
      weights,
    ),
  };
}

/** The same by differences of the gradient. */
export function secondDifferences(
  instance: ModuleInstance,
  point: Point,
  weights: readonly Float64Array[],
  goal: number,
): Differences {
  const call = callOf(point);
  const [values, cotangents] = [valuesOf(point.manifest, call), cotangentsOf(call)];
  return (tensor, { values: direction }, _goal, reach) => {
    const gradientAt = (t: number): number => {
      instance.forward(move(instance, values, tensor, direction, t));
      return dotAll(gradientArrays(point, instance.backward?.(cotangents) as CallGradient), weights);
    };
    writeStored(instance, call.params);
    const options = { goal, step: Math.min(1 / 16, reach) };
    const numeric = differentiate(gradientAt, options);
    if (tensor.role === "param") instance.params[tensor.name]?.set(tensor.values);
    return { ...numeric, options: { ...options, noise: numeric.noise } };
  };
}

function dotAll(arrays: readonly ArrayLike<number>[], weights: readonly Float64Array[]): number {
  return arrays.reduce((sum, values, k) => sum + dot(values, at(weights, k)), 0);
}

/** What a call takes, with one tensor moved by `t * direction`; a parameter is moved in the instance. */
function move(
  instance: ModuleInstance,
  values: CallValues,
  tensor: PointTensor,
  direction: Float64Array,
  t: number,
): CallValues {
  const moved = tensor.values.map((value, i) => value + t * (direction[i] as number));
  if (tensor.role !== "param") return recordOf([...Object.entries(values), [tensor.name, moved]]);
  writeStored(instance, recordOf([[tensor.name, moved]]));
  return values;
}
