/** All comparisons at one point. */
import type { Random } from "../../runtime/random.js";
import type { CompiledModule, ModuleInstance } from "../../runtime/module/compiled-module.js";
import type { LoweredCell } from "../lower/lowered-cell.js";
import { gradientOf } from "../transform/pipeline.js";
import { cellContext } from "../transform/sequence.js";
import type { Candidate } from "./candidates.js";
import {
  type Comparisons,
  type Direction,
  dot,
  drawDirections,
  type Gradients,
  type Reference,
  smallest,
} from "./compare.js";
import { float32Error } from "./float32-error.js";
import { complexStepReference, derivativeIsStated, gradientsFrom, secondComplexStep } from "./graph-derivatives.js";
import { evaluateAt, graphValues, inputsOf } from "./graph-point.js";
import {
  differencesReference,
  forwardModeReference,
  moduleGradients,
  secondDerivative,
  secondDifferences,
  secondDirection,
} from "./module-derivatives.js";
import { type DeclaredDistances, declares } from "./declared-distances.js";
import { capacitiesOf, type Point, type PointTensor, realPlaces, symbolSizes } from "./point.js";
import type { Method, Precision } from "./report.js";
import { wholeFunctionAt } from "./whole-function.js";

export interface PointCheck {
  readonly random: Random;
  readonly comparisons: Comparisons;
  readonly declared: DeclaredDistances;
  readonly tolerance: number;
  readonly tolerance32: number;
  /** Directions along single numbers for each tensor. */
  readonly coordinates: number;
}

/** Float32 rounds by kernels that add up in another order than the graph does: the deviation seen, times this. */
const float32Margin = 2;

/** @returns whether all comparisons agree */
export function checkPoint({ cell, modules, dimensions }: Candidate, point: Point, options: PointCheck): boolean {
  const truth = cell && truthAt(cell, point, options);
  const directions = new Map(
    point.tensors.map(
      (tensor) => [tensor, drawDirections(point, tensor, options.random, options.coordinates)] as const,
    ),
  );
  const check: Check = { point, dimensions, directions, options };
  if (cell !== undefined) options.declared.measure(cell, point, options.random);
  const results: boolean[] = [];
  for (const { precision, module } of modules) {
    const instance = module.instantiate(capacitiesOf(point));
    const gradients = moduleGradients(instance, point);
    const bars = precision === "f32" ? truth?.error32() : undefined;
    const unit = precision === "f32" ? 2 ** -24 : 2 ** -53;
    // Of two precisions only float64 needs the complex step: float32 is compared with float64.
    const isAlone = modules.length === 1;
    if (truth !== undefined && (precision === "f64" || isAlone)) {
      results.push(compare(check, gradients, "complex step", precision, truth.complexStep, bars));
    }
    if (truth !== undefined && bars !== undefined) {
      results.push(compareWithFloat64(check, gradients, truth.derived, bars));
    }
    if (module.manifest.has.jvp) {
      const reference = forwardModeReference(instance, point, unit);
      results.push(compare(check, gradients, "forward mode", precision, reference, bars));
    }
    if (!(truth?.isStated ?? declares(module.manifest))) {
      const reference = differencesReference(instance, point, unit);
      results.push(compare(check, gradients, "differences", precision, reference, bars));
    }
    if (module.manifest.has.hvp && precision === "f64") results.push(compareSecond(check, instance, module, truth));
  }
  return results.every(Boolean);
}

interface Check {
  readonly point: Point;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly directions: ReadonlyMap<PointTensor, readonly Direction[]>;
  readonly options: PointCheck;
}

const toleranceOf = (options: PointCheck, precision: Precision): number =>
  precision === "f64" ? options.tolerance : options.tolerance32;

/** What the equations say at a point. */
interface Truth {
  readonly complexStep: Reference;
  /** The derived gradient in float64, before any pass. */
  readonly derived: Gradients;
  /** How far float32 may be from it. */
  readonly error32: () => Gradients;
  /** Is the derivative another one than that of the values, which differences see? */
  readonly isStated: boolean;
  /** What `hvp` is compared with where differences of the gradient may see another derivative than its own. */
  readonly secondComplexStep: ((weights: readonly Float64Array[]) => Reference) | undefined;
}

function truthAt(cell: LoweredCell, point: Point, { random }: PointCheck): Truth {
  const whole = wholeFunctionAt(cell, point);
  const context = cellContext(cell);
  const gradient = gradientOf(whole, context);
  const values = graphValues(point);
  const isStated = derivativeIsStated(whole, point);
  return {
    complexStep: remembered(complexStepReference(whole, point)),
    derived: gradientsFrom(point, evaluateAt(gradient, point, values)),
    error32: () => {
      const errors = float32Error(gradient, inputsOf(gradient, values), symbolSizes(point), random);
      const outputs = new Map(gradient.outputNames.map((name, i) => [name, errors[i] as (typeof errors)[number]]));
      return gradientsFrom(point, outputs);
    },
    isStated,
    // A declared derivative may be the true one, and its own derivative another than the true second one.
    secondComplexStep:
      isStated || cell.declared.length > 0
        ? (weights) => secondComplexStep(gradientOf(whole, context, undefined, true), point, weights)
        : undefined,
  };
}

/** Both precisions ask for the same derivatives. */
function remembered(reference: Reference): Reference {
  const known = new Map<Direction, ReturnType<Reference>>();
  return (tensor, direction, goal) => {
    const found = known.get(direction) ?? reference(tensor, direction, goal);
    known.set(direction, found);
    return found;
  };
}

/** Compares in every direction. */
function compare(
  { point, dimensions, directions, options }: Check,
  gradients: Gradients,
  method: Method,
  precision: Precision,
  reference: Reference,
  bars?: Gradients,
): boolean {
  let agrees = true;
  for (const [tensor, own] of directions) {
    const gradient = gradients.get(tensor) as Float64Array;
    const sizeFloor = smallest(point, gradients, tensor);
    for (const direction of own) {
      const { values, place } = direction;
      const analytic = dot(gradient, values);
      const tolerance = toleranceOf(options, precision);
      const found = reference(tensor, direction, (tolerance / 10) * Math.max(Math.abs(analytic), sizeFloor));
      const extra = bars === undefined ? 0 : float32Margin * barAlong(bars.get(tensor) as Float64Array, values);
      const numeric = { ...found, error: found.error + extra };
      const kind = { method, precision, tolerance };
      const numbers = { analytic, numeric, place, sizeFloor };
      agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
    }
  }
  return agrees;
}

/** The bar of a sum of derivatives. An infinite bar of a number that does not count is none. */
function barAlong(bars: Float64Array, direction: Float64Array): number {
  return direction.reduce((sum, v, i) => (v === 0 ? sum : sum + Math.abs(v) * (bars[i] as number)), 0);
}

/** Compares every number of a float32 gradient. */
function compareWithFloat64(
  { point, dimensions, options }: Check,
  gradients: Gradients,
  truth: Gradients,
  bars: Gradients,
): boolean {
  let agrees = true;
  const kind = { method: "float64", precision: "f32", tolerance: options.tolerance32 } as const;
  for (const [tensor, gradient] of gradients) {
    const sizeFloor = smallest(point, truth, tensor);
    for (const place of realPlaces(point, tensor)) {
      const value = (truth.get(tensor) as Float64Array)[place] as number;
      const error = float32Margin * ((bars.get(tensor) as Float64Array)[place] as number);
      const numeric = { value, error, kind: "smooth" } as const;
      const numbers = { analytic: gradient[place] as number, numeric, place, sizeFloor };
      agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
    }
  }
  return agrees;
}

/** Compares `hvp` in a direction through each tensor. */
function compareSecond(
  { point, dimensions, directions, options }: Check,
  instance: ModuleInstance,
  { manifest }: CompiledModule,
  truth: Truth | undefined,
): boolean {
  const weights = secondDirection(point);
  const stated = truth?.secondComplexStep?.(weights);
  if (truth === undefined && declares(manifest)) return true;
  const method = stated === undefined ? "second differences" : "second complex step";
  const kind = { method, precision: "f64", tolerance: options.tolerance } as const;
  let agrees = true;
  for (const [tensor, [dense]] of directions) {
    if (dense === undefined) continue;
    const { value: analytic, size: terms } = secondDerivative(instance, point, tensor, dense, weights);
    const goal = options.tolerance;
    const numeric = stated?.(tensor, dense, goal) ?? secondDifferences(instance, point, tensor, dense, weights, goal);
    const size = Math.max(terms, goal, Number.MIN_VALUE);
    const numbers = { analytic, numeric, place: undefined, sizeFloor: 1e-3 * size };
    agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
  }
  return agrees;
}
