/** Lion: steps of one size, whose direction is the sign of a running mean. */
import { add, multiply, sign, subtract } from "../elementwise/program.js";
import type { WithGroups } from "./groups.js";
import { checkAmount, checkShare, createOptimizer, type OptimizerKind, type RateOptions } from "./optimizer.js";
import { createRule, type UpdateRule, type SharedNumber } from "./rule.js";
import type { Optimizer } from "./optimizer-types.js";

/** `learningRate` is 0.0001 by default. */
export interface LionOptions extends RateOptions {
  /** The share of the running mean in the direction, in `[0, 1)`; 0.9 by default. */
  readonly beta1?: number;
  /** What is kept of the running mean, in `[0, 1)`; 0.99 by default. */
  readonly beta2?: number;
  /** Each update shrinks params by `learningRate * weightDecay`; 0 by default. */
  readonly weightDecay?: number;
}

/**
 * Lion.
 *
 *     p = p (1 - learningRate weightDecay)
 *     p = p - learningRate sign(beta1 m + (1 - beta1) gradient)
 *     m = beta2 m + (1 - beta2) gradient
 *
 * Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), program 1.
 *
 * @throws RangeError for options out of range, TypeError for unknown ones.
 */
export function lion(options: LionOptions & WithGroups<LionOptions> = {}): Optimizer {
  return createOptimizer(kind, options);
}

const kind: OptimizerKind<LionOptions> = {
  name: "lion",
  defaults: { learningRate: 0.0001, beta1: 0.9, beta2: 0.99, weightDecay: 0 },
  check({ beta1, beta2, weightDecay }, where) {
    checkShare(`${where}: beta1`, beta1);
    checkShare(`${where}: beta2`, beta2);
    checkAmount(`${where}: weightDecay`, weightDecay);
  },
  rule({ beta1, beta2, weightDecay }): UpdateRule {
    const scalars = {
      rate: (({ rate }) => rate) as SharedNumber,
      keep: (({ rate }) => 1 - rate * weightDecay) as SharedNumber,
      beta1: () => beta1,
      rest1: () => 1 - beta1,
      beta2: () => beta2,
      rest2: () => 1 - beta2,
    };
    return createRule({ mean: 0 }, scalars, ({ p, g, mean, rate, keep, ...x }) => {
      const direction = sign(add(multiply(x.beta1, mean), multiply(x.rest1, g)));
      const shrunk = weightDecay === 0 ? p : multiply(p, keep);
      return {
        p: subtract(shrunk, multiply(rate, direction)),
        mean: add(multiply(x.beta2, mean), multiply(x.rest2, g)),
      };
    });
  },
};
