/** Derivatives of a compiled module at a point: its own gradient, its forward mode, and differences of `forward`. */
import type { CallGradient, FloatArray, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { outputsOf } from "../calls/call.js";
import { dot } from "../calls/compare.js";
import { type Direction, type Gradients, type Reference } from "./compare.js";
import { differentiate } from "./differences.js";
import type { Differences } from "./sight.js";
import { byName, callOf, cotangentsOf, type Point, type PointTensor } from "./point.js";

export function setParams(instance: ModuleInstance, { tensors, fixed }: Point): void {
  for (const { role, name, values } of tensors) if (role === "param") instance.params[name]?.set(values);
  for (const { name, values } of fixed) instance.fixed?.[name]?.set(values);
}

/** `Σ cotangent · value` over outputs and final states. */
function weigh(result: Readonly<Record<string, unknown>>, { cotangents }: Point): number {
  const final = result["final"] as Readonly<Record<string, FloatArray>>;
  let sum = 0;
  for (const { role, name, values } of cotangents) {
    sum += dot((role === "final" ? final[name] : result[name]) as FloatArray, values);
  }
  return sum;
}

/** Outputs and final states that are not finite, by name; none where all is well. */
export function notFinite(instance: ModuleInstance, point: Point): string[] {
  setParams(instance, point);
  const result = instance.forward(callOf(point));
  const { final } = result;
  const outputs = outputsOf(result);
  return [...Object.entries(outputs as Readonly<Record<string, FloatArray>>), ...Object.entries(final)].flatMap(
    ([name, values]) => (values.every(Number.isFinite) ? [] : [name]),
  );
}

/** Copies of what `backward` gives. */
export function moduleGradients(instance: ModuleInstance, point: Point): Gradients {
  setParams(instance, point);
  instance.forward(callOf(point));
  const result = instance.backward?.(cotangentsOf(point));
  if (result === undefined) throw new TypeError("the module has no backward");
  const arrays = gradientArrays(point, result);
  return new Map(point.tensors.map((tensor, i) => [tensor, arrays[i] as Float64Array]));
}

/** Copies, in the order of the point's tensors. */
function gradientArrays({ tensors }: Point, result: CallGradient): Float64Array[] {
  return tensors.map(({ role, name }) => {
    const found = role === "param" ? result.params[name] : role === "state" ? result.initial[name] : result[name];
    return Float64Array.from(found as FloatArray);
  });
}

/** @param unit of the module's rounding, relative to a number */
export function forwardModeReference(instance: ModuleInstance, point: Point, unit: number): Reference {
  setParams(instance, point);
  return ({ role, name }, { values }) => {
    const jvp = instance.jvp?.bind(instance);
    if (jvp === undefined) throw new TypeError("the module has no jvp");
    const own = byName([[name, values] as const]);
    const result = jvp(callOf(point), role === "param" ? { params: own } : own);
    const value = weigh(result, point);
    // Forward mode is as exact as reverse mode; its bar is the rounding of the last sum.
    return { value, error: 8 * unit * Math.abs(value), kind: "smooth" };
  };
}

/** Differences of `forward`, with steps of at most `reach`. */
export function firstDifferences(instance: ModuleInstance, point: Point, precision: number): Differences {
  setParams(instance, point);
  // Noise of float32 is much larger, so its best steps are too.
  const largest = precision > 1e-10 ? 1 / 4 : 1 / 16;
  return (tensor, direction, goal, reach) => {
    const step = Math.min(largest, reach);
    const loss = (t: number): number =>
      weigh(instance.forward(move(instance, point, tensor, direction.values, t)), point);
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
  setParams(instance, point);
  const hvp = instance.hvp?.bind(instance);
  if (hvp === undefined) throw new TypeError("the module has no hvp");
  const own = byName([[tensor.name, direction] as const]);
  const result = hvp(callOf(point), tensor.role === "param" ? { params: own } : own, cotangentsOf(point));
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
  return (tensor, { values: direction }, _goal, reach) => {
    const gradientAt = (t: number): number => {
      instance.forward(move(instance, point, tensor, direction, t));
      return dotAll(gradientArrays(point, instance.backward?.(cotangentsOf(point)) as CallGradient), weights);
    };
    setParams(instance, point);
    const options = { goal, step: Math.min(1 / 16, reach) };
    const numeric = differentiate(gradientAt, options);
    if (tensor.role === "param") instance.params[tensor.name]?.set(tensor.values);
    return { ...numeric, options: { ...options, noise: numeric.noise } };
  };
}

function dotAll(arrays: readonly ArrayLike<number>[], weights: readonly Float64Array[]): number {
  return arrays.reduce((sum, values, k) => sum + dot(values, weights[k] as Float64Array), 0);
}

/** The call with one tensor moved by `t * direction`; a parameter is moved in the instance. */
function move(
  instance: ModuleInstance,
  point: Point,
  tensor: PointTensor,
  direction: Float64Array,
  t: number,
): Record<string, unknown> {
  const moved = tensor.values.map((value, i) => value + t * (direction[i] as number));
  const call = callOf(point);
  if (tensor.role === "param") instance.params[tensor.name]?.set(moved);
  else call[tensor.name] = moved;
  return call;
}
