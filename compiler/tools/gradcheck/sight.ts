/** What differences see of a derivative: that of the values as they are computed, on one side of every choice. */
import type { Random } from "../../../runtime/base/random.js";
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import { statesDerivative } from "../../program/declared-reach.js";
import { clearanceOf, tieDistances } from "./clearance.js";
import type { Derivative, Direction, Reference } from "./compare.js";
import { differentiate, type DifferenceSteps } from "./differences.js";
import { type ComplexSteps, complexStepsOf, type GraphLoss, lossAlong } from "./graph-derivatives.js";
import { graphValues, inputsOf } from "./graph-point.js";
import { type PointTensor, sizesAt } from "./point.js";

/** A derivative by differences, and how they were taken. */
interface MeasuredDerivative extends Derivative {
  readonly options: DifferenceSteps;
}

/** Measures with steps that go no farther than `reach`. */
export type Differences = (
  tensor: PointTensor,
  direction: Direction,
  goal: number,
  reach: number,
) => MeasuredDerivative;

/** A reference that gives nothing where it would measure another derivative than the one in question. */
export type PartialReference = (...given: Parameters<Reference>) => Derivative | undefined;

const nothing: Derivative = { value: NaN, error: Infinity, kind: "jump" };

/**
 * Differences where they can be compared, direction by direction. They are left out where a `stop_gradient` or a declaration states
 * another derivative than that of the values. (A softmax stops the gradient of its maximum, on which its value does not
 * depend; a declared derivative may be the true one.) They stay on this side of the nearest kink or jump; where the point is at
 * one, or rounding may carry the values across, there is nothing to compare. Nor is there where they do not see it for want of
 * small enough steps (in float32 `tanh(1e4 * h)` is flat but for a rise that is lost in rounding): before they contradict the
 * derivative, the same differences of the reference evaluator must see it, in spite of the same noise.
 *
 * @param stated steps that give the derivative in question
 * @returns differences of values that are rounded to `unit`, relative to a number, made so
 */
export function sightOf(
  loss: GraphLoss,
  stated: ComplexSteps,
  random: Random,
): (differences: Differences, unit: number) => PartialReference {
  const { fn, point } = loss;
  const computed = followsValues(fn) ? stated : complexStepsOf(loss, true);
  return (differences, unit) => {
    const distances = tieDistances(fn, inputsOf(fn, graphValues(point)), sizesAt(point), unit, random);
    return (tensor, direction, goal) => {
      const { derivative: truth } = stated(tensor, direction);
      if (truth.kind !== "smooth") return truth;
      const { derivative: own, speeds } = computed(tensor, direction);
      if (own.kind !== "smooth" || !(Math.abs(own.value - truth.value) <= goal)) return undefined;
      const clearance = clearanceOf(distances, speeds);
      if (clearance === 0) return nothing;
      const found = differences(tensor, direction, goal, clearance / 2);
      const sees = ({ value, error, kind }: Derivative): boolean =>
        kind === "smooth" && Math.abs(value - truth.value) <= error + goal;
      if (found.kind !== "smooth" || sees(found)) return found;
      const witness = differentiate(lossAlong(loss, tensor, direction), found.options);
      return sees(witness) ? found : nothing;
    };
  };
}

/** Whether nothing states another derivative than that of the values; the greatest element that a softmax takes out is put in again. */
const followsValues = ({ instructions }: GraphFunction): boolean =>
  instructions.every(({ operation }) =>
    operation.kind === "scan"
      ? followsValues(operation.body)
      : operation.kind !== "custom_derivative" && !statesDerivative(operation),
  );
