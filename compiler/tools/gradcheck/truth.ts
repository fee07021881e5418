/** What the equations of a program say of its derivatives at a point, before any pass. */
import { at } from "../../base/at.js";
import { createRandom, type Random } from "../../../runtime/base/random.js";
import type { BatchValue } from "../../ir/graph/evaluate.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { gradientOf, tangentsOnly } from "../../passes/autodiff/whole-derivatives.js";
import { type Program, programBoundary, programContext } from "../../program/program.js";
import { barAlong, type Direction, type Gradients, type Reference } from "./compare.js";
import { complexStepsOf, gradientsFrom, lossOf, weightedGradient } from "./graph-derivatives.js";
import { evaluateAt, graphName, graphValues, inputsOf } from "./graph-point.js";
import { type Point, type PointTensor, sizesAt, toBatchValue } from "./point.js";
import type { Precision } from "./report.js";
import { roundingError, type SampleCount, sampleCounts } from "./rounding.js";
import { unitOf } from "../calls/rounding.js";
import { sightOf } from "./sight.js";
import { wholeFunctionAt } from "./whole-function.js";
import { gradName, tangentName } from "../../program/base/roles.js";

/** What the equations say at a point. */
export interface Truth {
  readonly complexStep: Reference;
  /** Differences where they see it. */
  readonly seen: ReturnType<typeof sightOf>;
  /** The derived gradient in float64, before any pass. */
  readonly derived: Gradients;
  /** How far rounding may carry it, as disturbed so many times. */
  readonly rounding: (precision: Precision, samples: SampleCount) => Gradients;
  readonly second: (weights: readonly Float64Array[]) => SecondTruth;
}

/** What they say of a weighted gradient. */
interface SecondTruth {
  readonly complexStep: Reference;
  readonly seen: ReturnType<typeof sightOf>;
  /** How far rounding may carry its derivative. */
  readonly rounding: (tensor: PointTensor, direction: Direction, samples: SampleCount) => number;
}

export function truthAt(program: Program, point: Point, random: Random): Truth {
  const whole = wholeFunctionAt(program, point);
  const context = programContext(program);
  const boundary = programBoundary(program);
  const gradient = gradientOf(whole, context, undefined, false, boundary);
  const values = graphValues(point);
  const sizes = sizesAt(point);
  const loss = lossOf(whole, point);
  // Its own: what is drawn afterwards must not depend on how many bars were needed.
  const noise = createRandom(random.integer(2 ** 32));
  const errorsOf = (
    fn: GraphFunction,
    given: ReadonlyMap<string, BatchValue>,
    unit: number,
    samples: SampleCount,
    names: readonly string[] = fn.outputNames,
  ): Gradients => {
    const errors = roundingError(fn, inputsOf(fn, given), sizes, unit, noise, sampleCounts[samples]);
    const named = names.map((name, i) => [name, at(errors, i)] as const);
    return gradientsFrom(point, new Map(named));
  };
  const bars: Record<Precision, Partial<Record<SampleCount, Gradients>>> = { f64: {}, f32: {} };
  const steps = complexStepsOf(loss);
  return {
    complexStep: (tensor, direction) => steps(tensor, direction).derivative,
    seen: sightOf(loss, steps, random),
    derived: gradientsFrom(point, evaluateAt(gradient, point, values)),
    rounding: (precision, samples) => {
      const known = bars[precision][samples];
      return (bars[precision][samples] = known ?? errorsOf(gradient, values, unitOf[precision], samples));
    },
    second: (weights) => {
      const again = gradientOf(whole, context, undefined, true, boundary);
      const tangents = tangentsOnly(again, context, undefined, boundary);
      const own = weightedGradient(again, point, weights);
      const ownSteps = complexStepsOf(own);
      return {
        complexStep: (tensor, direction) => ownSteps(tensor, direction).derivative,
        seen: sightOf(own, ownSteps, random),
        rounding: (tensor, direction, samples) => {
          const errors = errorsOf(
            tangents,
            withTangent(point, tensor, direction),
            unitOf.f64,
            samples,
            again.outputNames,
          );
          return point.tensors.reduce(
            (sum, other, k) => sum + barAlong(errors.get(other) as Float64Array, at(weights, k)),
            0,
          );
        },
      };
    },
  };
}

/** The values of a point and tangents for all of them: that of one tensor in a direction, the others zero. */
function withTangent(point: Point, tensor: PointTensor, { values }: Direction): Map<string, BatchValue> {
  const all = graphValues(point);
  const tangent = (name: string, other: PointTensor): void => {
    const along = other === tensor ? values : new Float64Array(other.values.length);
    all.set(tangentName(name), toBatchValue(point, { ...other, values: along }));
  };
  for (const other of point.tensors) tangent(graphName(other), other);
  for (const other of point.cotangents) tangent(gradName(graphName(other)), other);
  return all;
}
