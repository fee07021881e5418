/**
 * Compares a module's derivatives with each other at random points: reverse mode against forward mode, and both against
 * central differences of `forward` alone.
 *
 * Each run takes random sizes, lengths, parameters, inputs and cotangents. For each tensor it takes directions, one
 * dense and some along a single element, and compares three numbers for the same derivative of
 * `L = Σ cotangent · output`:
 *
 *     reverse   Σ gradient · direction
 *     forward   Σ cotangent · tangent, with jvp in that direction
 *     numeric   (8 (L(h) - L(-h)) - (L(2h) - L(-2h))) / 12h
 *
 * A step h that crosses a kink of `relu` or `abs` gives a wrong numeric value, and one that is too small gives noise: the
 * steps are tried from large to small until one agrees. A wrong gradient agrees with none.
 */
import { type Random, createRandom } from "../../runtime/random.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../runtime/module/compiled-module.js";
import { drawPoint, type Point, type Tensor } from "./draw-point.js";

export interface GradientCheckOptions {
  /** Of all random choices. */
  readonly seed: number;
  /** Random points; 3 unless told. */
  readonly runs?: number;
  /** The largest relative error that passes; 1e-6 unless told. */
  readonly tolerance?: number;
}

/** The worst relative errors of one tensor over all runs. */
export interface TensorCheck {
  readonly role: Tensor["role"];
  readonly name: string;
  /** Reverse against forward mode. */
  readonly forward: number;
  /** Reverse mode against central differences. */
  readonly numeric: number;
  readonly passed: boolean;
}

export interface GradientCheck {
  readonly passed: boolean;
  readonly tensors: readonly TensorCheck[];
}

/**
 * Checks a module that was compiled with `dtype: "f64"`, `gradient` and `jvp`.
 *
 * @throws TypeError where it was compiled otherwise.
 * @throws RangeError where the cell gives values that are not finite at the random points.
 */
export function checkGradients(module: CompiledModule, options: GradientCheckOptions): GradientCheck {
  const { manifest } = module;
  if (manifest.dtype !== "f64" || !manifest.has.gradient || !manifest.has.jvp) {
    throw new TypeError('checkGradients needs a module compiled with dtype "f64", gradient and jvp');
  }
  const { seed, runs = 3, tolerance = 1e-6 } = options;
  const random = createRandom(seed);
  const worst = new Map<Tensor["role"], Map<string, { forward: number; numeric: number }>>();
  for (let run = 0; run < runs; run++) {
    const point = drawPoint(manifest, random);
    const instance = module.instantiate({ batch: point.batch, steps: point.steps, sizes: point.capacities });
    for (const { tensor, forward, numeric } of checkPoint(instance, point, random, tolerance)) {
      const ofRole = worst.get(tensor.role) ?? new Map<string, { forward: number; numeric: number }>();
      worst.set(tensor.role, ofRole);
      const entry = ofRole.get(tensor.name) ?? { forward: 0, numeric: 0 };
      ofRole.set(tensor.name, {
        forward: Math.max(entry.forward, forward),
        numeric: Math.max(entry.numeric, numeric),
      });
    }
  }
  const tensors = [...worst].flatMap(([role, errors]) =>
    [...errors].map(([name, { forward, numeric }]) => ({
      role,
      name,
      forward,
      numeric,
      passed: forward <= tolerance && numeric <= tolerance,
    })),
  );
  return { passed: tensors.every(({ passed }) => passed), tensors };
}

interface Errors {
  readonly tensor: Tensor;
  readonly forward: number;
  readonly numeric: number;
}

function checkPoint(instance: ModuleInstance, point: Point, random: Random, tolerance: number): Errors[] {
  for (const tensor of point.tensors) if (tensor.role === "param") instance.params[tensor.name]?.set(tensor.values);
  const loss = (): number => weightedSum(instance.forward(point.call), point);
  const value = loss();
  if (!Number.isFinite(value)) throw new RangeError("the cell's values are not finite at a random point");
  const gradients = gradientsAt(instance, point);
  return point.tensors.map((tensor) => {
    const gradient = gradients(tensor);
    const errors = { tensor, forward: 0, numeric: 0 };
    for (const direction of directionsFor(tensor, random)) {
      const reverse = dot(gradient, direction);
      // What a sum of these terms may lose to rounding sets the scale below which differences mean nothing.
      const scale = dot(gradient.map(Math.abs), direction.map(Math.abs));
      const forward = forwardDerivative(instance, point, tensor, direction);
      errors.forward = worse(errors.forward, relativeError(reverse, forward, 1e-3 * scale + 1e-9));
      const floor = 1e-3 * scale + 1e-5 * Math.max(1, Math.abs(value));
      let numeric = Infinity;
      for (const step of [1e-3, 1e-4, 1e-2, 1e-5, 1e-6]) {
        const estimate = centralDifference(instance, tensor, direction, step, loss);
        numeric = Math.min(numeric, relativeError(reverse, estimate, floor));
        if (numeric <= tolerance) break;
      }
      errors.numeric = worse(errors.numeric, numeric);
    }
    return errors;
  });
}

/** The larger error; one that is not a number is the largest of all. */
const worse = (a: number, b: number): number => (Number.isNaN(b) ? Infinity : Math.max(a, b));

function relativeError(a: number, b: number, floor: number): number {
  const error = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), floor);
  return Number.isNaN(error) ? Infinity : error;
}

/** Copies of all gradients, by tensor. */
function gradientsAt(instance: ModuleInstance, point: Point): (tensor: Tensor) => Float64Array {
  const backward = instance.backward?.bind(instance);
  if (backward === undefined) throw new TypeError("the module has no backward");
  const result = backward(point.cotangents);
  const copies = new Map<Tensor, Float64Array>();
  for (const tensor of point.tensors) {
    const { role, name } = tensor;
    const found = role === "param" ? result.params[name] : role === "state" ? result.initial[name] : result[name];
    copies.set(tensor, Float64Array.from(found as FloatArray));
  }
  return (tensor) => copies.get(tensor) as Float64Array;
}

/** One dense direction, and up to three along single elements. */
function directionsFor(tensor: Tensor, random: Random): Float64Array[] {
  const { length } = tensor.values;
  if (length === 0) return [];
  const directions = [Float64Array.from({ length }, () => random.uniform(-1, 1))];
  for (let i = 0; i < Math.min(3, length); i++) {
    const single = new Float64Array(length);
    single[random.integer(length)] = 1;
    directions.push(single);
  }
  return directions;
}

function forwardDerivative(instance: ModuleInstance, point: Point, tensor: Tensor, direction: Float64Array): number {
  const jvp = instance.jvp?.bind(instance);
  if (jvp === undefined) throw new TypeError("the module has no jvp");
  const tangents = tensor.role === "param" ? { params: { [tensor.name]: direction } } : { [tensor.name]: direction };
  return weightedSum(jvp(point.call, tangents), point);
}

/** Of fourth order: its error falls with the fourth power of the step. */
function centralDifference(
  instance: ModuleInstance,
  tensor: Tensor,
  direction: Float64Array,
  step: number,
  loss: () => number,
): number {
  const { values } = tensor;
  const original = values.slice();
  const at = (distance: number): number => {
    for (let i = 0; i < values.length; i++) values[i] = (original[i] ?? 0) + distance * (direction[i] ?? 0);
    if (tensor.role === "param") instance.params[tensor.name]?.set(values);
    return loss();
  };
  const estimate = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
  values.set(original);
  if (tensor.role === "param") instance.params[tensor.name]?.set(values);
  return estimate;
}

/** `Σ cotangent · output` over outputs and final states. */
function weightedSum(result: Readonly<Record<string, unknown>>, { cotangents }: Point): number {
  const final = result["final"] as Readonly<Record<string, FloatArray>>;
  let sum = 0;
  for (const name of Object.keys(cotangents)) {
    if (name !== "final") sum += dot(result[name] as FloatArray, cotangents[name] as Float64Array);
  }
  for (const name of Object.keys(cotangents.final)) {
    sum += dot(final[name] as FloatArray, cotangents.final[name] as Float64Array);
  }
  return sum;
}

function dot(a: FloatArray, b: FloatArray): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
