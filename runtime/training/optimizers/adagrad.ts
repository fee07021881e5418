/** Adagrad: steps scaled by all gradients so far. */
import { checkPositive } from "../../base/options.js";
import { add, divide, multiply, squareRoot, subtract } from "../elementwise/program.js";
import type { WithGroups } from "./groups.js";
import { checkAmount, createOptimizer, type OptimizerKind, type RateOptions } from "./optimizer.js";
import { createRule, type UpdateRule, type SharedNumber } from "./rule.js";
import type { Optimizer } from "./optimizer-types.js";

/** `learningRate` is 0.01 by default. */
export interface AdagradOptions extends RateOptions {
  /** The rate of update t is `learningRate / (1 + (t - 1) learningRateDecay)`; 0 by default. */
  readonly learningRateDecay?: number;
  /** Added to the gradient as `weightDecay * p`; 0 by default. */
  readonly weightDecay?: number;
  /** What the sum of squares begins with; 0 by default. */
  readonly initialAccumulatorValue?: number;
  /** Above 0, so that a param whose gradient is 0 is not divided 0 by 0; 1e-10 by default. */
  readonly epsilon?: number;
}

/**
 * Adagrad.
 *
 *     g = gradient + weightDecay p
 *     s = s + g^2
 *     p = p - learningRate / (1 + (t - 1) learningRateDecay) g / (sqrt(s) + epsilon)
 *
 * Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization" (2011), in the form of
 * PyTorch's `Adagrad`.
 *
 * @throws RangeError for options out of range, TypeError for unknown ones.
 */
export function adagrad(options: AdagradOptions & WithGroups<AdagradOptions> = {}): Optimizer {
  return createOptimizer(kind, options);
}

const kind: OptimizerKind<AdagradOptions> = {
  name: "adagrad",
  defaults: { learningRate: 0.01, learningRateDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, epsilon: 1e-10 },
  check({ learningRateDecay, weightDecay, initialAccumulatorValue, epsilon }, where) {
    checkAmount(`${where}: learningRateDecay`, learningRateDecay);
    checkAmount(`${where}: weightDecay`, weightDecay);
    checkAmount(`${where}: initialAccumulatorValue`, initialAccumulatorValue);
    checkPositive(`${where}: epsilon`, epsilon);
  },
  rule({ learningRateDecay, weightDecay, initialAccumulatorValue, epsilon }): UpdateRule {
    const scalars = {
      rate: (({ rate, update }) => rate / (1 + (update - 1) * learningRateDecay)) as SharedNumber,
      decay: () => weightDecay,
      epsilon: () => epsilon,
    };
    const rule = createRule({ sum: initialAccumulatorValue }, scalars, (x) => {
      const g = weightDecay === 0 ? x.g : add(x.g, multiply(x.decay, x.p));
      const sum = add(x.sum, multiply(g, g));
      return { p: subtract(x.p, divide(multiply(x.rate, g), add(squareRoot(sum), x.epsilon))), sum };
    });
    return { ...rule, isStill: weightDecay === 0 };
  },
};
