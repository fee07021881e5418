/** All comparisons at one point. */
import type { Random } from "../../../runtime/base/random.js";
import type { CompiledModule, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import type { Candidate } from "./candidates.js";
import {
  agree,
  barAlong,
  type Comparisons,
  type Derivative,
  type Direction,
  drawDirections,
  type Gradients,
  type NumberPair,
  type Reference,
  smallest,
} from "./compare.js";
import {
  firstDifferences,
  forwardModeReference,
  moduleGradients,
  secondDerivative,
  secondDifferences,
  secondDirection,
} from "./module-derivatives.js";
import { type DeclaredDistances, declares } from "./declared-distances.js";
import { dot } from "../calls/compare.js";
import { unitOf } from "../calls/rounding.js";
import { capacitiesOf } from "../calls/sizes.js";
import { type Point, type PointTensor, realPlaces } from "./point.js";
import type { Method, Precision } from "./report.js";
import type { SampleCount } from "./rounding.js";
import type { PartialReference } from "./sight.js";
import { type Truth, truthAt } from "./truth.js";

interface PointCheck {
  readonly random: Random;
  readonly comparisons: Comparisons;
  readonly declared: DeclaredDistances;
  readonly tolerance: number;
  readonly tolerance32: number;
  /** Directions along single numbers for each tensor. */
  readonly coordinates: number;
  /** Told the share that is done, again and again. */
  readonly onShare?: (done: number) => void;
}

/** Kernels add up in another order than the graph does: the deviation seen, times this. */
const roundingMargin = 2;

/** @returns whether all comparisons agree */
export function checkPoint({ program, modules, dimensions }: Candidate, point: Point, options: PointCheck): boolean {
  const truth = program && truthAt(program, point, options.random);
  const directions = new Map(
    point.tensors.map(
      (tensor) => [tensor, drawDirections(point, tensor, options.random, options.coordinates)] as const,
    ),
  );
  // Each tensor of each module with a complex step or float64, forward mode and differences, and once with second ones.
  const total = directions.size * (3 * modules.length + 1);
  let done = 0;
  const tick = (): void => options.onShare?.(++done / total);
  const check: CheckedPoint = { point, dimensions, directions, options, tick };
  if (program !== undefined) options.declared.measure(program, point, options.random);
  const results: boolean[] = [];
  for (const { precision, module } of modules) {
    const instance = module.instantiate(capacitiesOf(module.manifest, point));
    const gradients = moduleGradients(instance, point);
    const bars = truth && ((samples: SampleCount) => truth.rounding(precision, samples));
    const unit = unitOf[precision];
    // Of two precisions only float64 needs the complex step: float32 is compared with float64.
    const isAlone = modules.length === 1;
    if (truth !== undefined && (precision === "f64" || isAlone)) {
      results.push(compare(check, gradients, "complex step", precision, truth.complexStep, bars));
    }
    if (truth !== undefined && bars !== undefined && precision === "f32") {
      results.push(compareWithFloat64(check, gradients, truth.derived, bars));
    }
    if (module.manifest.has.jvp) {
      const reference = forwardModeReference(instance, point, unit);
      results.push(compare(check, gradients, "forward mode", precision, reference, bars));
    }
    const differences = firstDifferences(instance, point, unit);
    if (truth !== undefined) {
      results.push(compare(check, gradients, "differences", precision, truth.seen(differences, unit), bars));
    } else if (!declares(module.manifest)) {
      const everywhere: Reference = (tensor, direction, goal) => differences(tensor, direction, goal, Infinity);
      results.push(compare(check, gradients, "differences", precision, everywhere, bars));
    }
    if (module.manifest.has.hvp && precision === "f64") results.push(compareSecond(check, instance, module, truth));
  }
  return results.every(Boolean);
}

/** How far rounding may carry a gradient. */
type RoundingBars = (samples: SampleCount) => Gradients;

interface CheckedPoint {
  readonly point: Point;
  readonly dimensions: Readonly<Record<string, number>>;
  readonly directions: ReadonlyMap<PointTensor, readonly Direction[]>;
  readonly options: PointCheck;
  /** A tensor is compared in one way. */
  readonly tick: () => void;
}

const toleranceOf = (options: PointCheck, precision: Precision): number =>
  precision === "f64" ? options.tolerance : options.tolerance32;

/** Compares in every direction. */
function compare(
  { point, dimensions, directions, options, tick }: CheckedPoint,
  gradients: Gradients,
  method: Method,
  precision: Precision,
  reference: PartialReference,
  bars: RoundingBars | undefined,
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
      if (found === undefined) continue;
      const barOf = (samples: SampleCount): number =>
        bars === undefined ? 0 : barAlong(bars(samples).get(tensor) as Float64Array, values);
      const kind = { method, precision, tolerance };
      const numeric = withRounding({ analytic, numeric: found, sizeFloor }, tolerance, barOf);
      const numbers = { analytic, numeric, place, sizeFloor };
      agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
    }
    tick();
  }
  return agrees;
}

const exactly = (value: number): Derivative => ({ value, error: 0, kind: "smooth" });

/** Widens the bar of the second number by what rounding may do, which is looked at more closely before an alarm. */
function withRounding(pair: NumberPair, tolerance: number, bar: (samples: SampleCount) => number): Derivative {
  const usual = withBar(pair.numeric, bar("usual"));
  return agree({ ...pair, numeric: usual }, tolerance) ? usual : withBar(pair.numeric, bar("thorough"));
}

/** Where rounding may cross a jump there is nothing to compare. */
function withBar(derivative: Derivative, rounding: number): Derivative {
  if (rounding === Infinity) return { ...derivative, kind: "jump" };
  return { ...derivative, error: derivative.error + roundingMargin * rounding };
}

/** Compares every number of a float32 gradient. */
function compareWithFloat64(
  { point, dimensions, options, tick }: CheckedPoint,
  gradients: Gradients,
  truth: Gradients,
  bars: RoundingBars,
): boolean {
  let agrees = true;
  const kind = { method: "float64", precision: "f32", tolerance: options.tolerance32 } as const;
  for (const [tensor, gradient] of gradients) {
    const sizeFloor = smallest(point, truth, tensor);
    for (const place of realPlaces(point, tensor)) {
      const value = (truth.get(tensor) as Float64Array)[place] as number;
      const barOf = (samples: SampleCount): number => (bars(samples).get(tensor) as Float64Array)[place] as number;
      const pair = { analytic: gradient[place] as number, numeric: exactly(value), sizeFloor };
      const numbers = { ...pair, numeric: withRounding(pair, options.tolerance32, barOf), place };
      agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
    }
    tick();
  }
  return agrees;
}

/** Compares `hvp` in a direction through each tensor. */
function compareSecond(
  { point, dimensions, directions, options, tick }: CheckedPoint,
  instance: ModuleInstance,
  { manifest }: CompiledModule,
  truth: Truth | undefined,
): boolean {
  if (truth === undefined && declares(manifest)) return true;
  const weights = secondDirection(point);
  const { tolerance } = options;
  const differences = secondDifferences(instance, point, weights, tolerance);
  const stated = truth?.second(weights);
  const seen = stated?.seen(differences, unitOf.f64);
  let agrees = true;
  for (const [tensor, [dense]] of directions) {
    if (dense === undefined) continue;
    const { value: analytic, size: terms } = secondDerivative(instance, point, tensor, dense, weights);
    const sizeFloor = 1e-3 * Math.max(terms, tolerance);
    const goal = (tolerance / 10) * Math.max(Math.abs(analytic), sizeFloor);
    const measured = seen === undefined ? differences(tensor, dense, goal, Infinity) : seen(tensor, dense, goal);
    const method = measured === undefined ? "second complex step" : "second differences";
    const found = measured ?? (stated?.complexStep(tensor, dense, goal) as Derivative);
    // A bar of rounding takes more time than everything else: only where it decides.
    const pair = { analytic, numeric: found, sizeFloor };
    const isDecided = stated === undefined || agree(pair, tolerance);
    const barOf = (samples: SampleCount): number => stated?.rounding(tensor, dense, samples) ?? 0;
    const numeric = isDecided ? found : withRounding(pair, tolerance, barOf);
    const numbers = { analytic, numeric, place: undefined, sizeFloor };
    const kind = { method, precision: "f64", tolerance } as const;
    agrees = options.comparisons.add(tensor, kind, { point, dimensions }, numbers) && agrees;
    tick();
  }
  return agrees;
}
