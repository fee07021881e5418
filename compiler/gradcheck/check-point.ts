/** All comparisons at one point. */
import type { Random } from "../../runtime/random.js";
import type { ModuleInstance } from "../../runtime/module/compiled-module.js";
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
import { complexStepReference, gradientsFrom, stopsMatter } from "./graph-derivatives.js";
import { evaluateAt, graphValues, inputsOf } from "./graph-point.js";
import { differencesReference, forwardModeReference, moduleGradients, secondDerivative } from "./module-derivatives.js";
import { capacitiesOf, type Point, type PointTensor, realPlaces, symbolSizes } from "./point.js";
import type { Method, Precision } from "./report.js";
import { wholeFunctionAt } from "./whole-function.js";

export interface PointCheck {
  readonly random: Random;
  readonly comparisons: Comparisons;
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
    // Differences see what `stop_gradient` hides.
    if (truth?.stops === true) continue;
    const reference = differencesReference(instance, point, unit);
    results.push(compare(check, gradients, "differences", precision, reference, bars));
    if (module.manifest.has.hvp && precision === "f64") results.push(compareSecond(check, instance));
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
  /** Does the cell stop gradients on which its values depend? */
  readonly stops: boolean;
}

function truthAt(cell: LoweredCell, point: Point, { random }: PointCheck): Truth {
  const whole = wholeFunctionAt(cell, point);
  const gradient = gradientOf(whole, cellContext(cell));
  const values = graphValues(point);
  return {
    complexStep: remembered(complexStepReference(whole, point)),
    derived: gradientsFrom(point, evaluateAt(gradient, point, values)),
    error32: () => {
      const errors = float32Error(gradient, inputsOf(gradient, values), symbolSizes(point), random);
      const outputs = new Map(gradient.outputNames.map((name, i) => [name, errors[i] as (typeof errors)[number]]));
      return gradientsFrom(point, outputs);
    },
    stops: stopsMatter(whole, point),
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
      const extra =
        bars === undefined ? 0 : float32Margin * dot(bars.get(tensor) as Float64Array, values.map(Math.abs));
      const numeric = { ...found, error: found.error + extra };
      const kind = { method, precision, tolerance };
      const numbers = { analytic, numeric, place, sizeFloor };
      agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
    }
  }
  return agrees;
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
function compareSecond({ point, dimensions, directions, options }: Check, instance: ModuleInstance): boolean {
  let agrees = true;
  const kind = { method: "second differences", precision: "f64", tolerance: options.tolerance } as const;
  for (const [tensor, [dense]] of directions) {
    if (dense === undefined) continue;
    const { analytic, numeric, size } = secondDerivative(instance, point, tensor, dense, options.tolerance);
    const numbers = { analytic, numeric, place: undefined, sizeFloor: 1e-3 * size };
    agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
  }
  return agrees;
}
