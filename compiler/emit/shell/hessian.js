// Hessian-vector products: `hvp`, the derivative of `backward` in a direction.
import { none } from "./check.js";
import { tangents } from "./directional.js";
import { cotangents, createInitialGradient, grad, gradientResult } from "./gradient.js";

/** @import { Core, Derivation, GivenCall, Sequence } from "./instance-parts.js" */

/**
 * @param {Core} core
 * @param {Sequence} sequence
 */
export function hvp(core, sequence) {
  /** @type {readonly Derivation[]} */
  const tangentGrad = ["tangent", "grad"];
  const direction = tangents(core, sequence, "hvp: tangents");
  const weights = cotangents(core, grad, "hvp: cotangents");
  const weightTangents = cotangents(core, tangentGrad, "hvp: cotangentTangents");
  const initialGradient = createInitialGradient(core, sequence, [grad, tangentGrad]);
  const result = gradientResult(core, tangentGrad);
  return {
    /** @type {(values: GivenCall, given: GivenCall, cotangents?: GivenCall, cotangentTangents?: GivenCall) => Record<string, unknown>} */
    hvp(values, given, cotangents = none, cotangentTangents = none) {
      sequence.take("hvp", values);
      direction.take(given);
      weights.take(cotangents);
      weightTangents.take(cotangentTangents);
      const sizes = sequence.check("hvp");
      direction.check(sizes);
      weights.check(sizes);
      weightTangents.check(sizes);
      sequence.begin();
      direction.write();
      weights.write(sizes);
      weightTangents.write(sizes);
      if (sequence.computes) {
        // The second derivatives of initial values are weighted with the gradients of those values.
        core.run("forward", sequence.call);
        core.run("backward", sequence.call);
      }
      core.run("hvp", sequence.call);
      initialGradient("initialHvp");
      return result(sequence.call.sizes);
    },
  };
}
