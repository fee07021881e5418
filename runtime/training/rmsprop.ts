/** RMSprop: steps scaled by the running size of the gradient. */
import { checkOption, checkOptionNames, checkPositive } from "../options.js";
import { createOptimizer, type Optimizer } from "./optimizer.js";

export interface RmspropOptions {
  /** 0.01 by default. */
  readonly learningRate?: number;
  /** Decay of the running mean square, in `[0, 1)`; 0.99 by default. */
  readonly decay?: number;
  /** Above 0, so that a parameter whose gradient is 0 is not divided 0 by 0; 1e-8 by default. */
  readonly epsilon?: number;
}

/**
 * RMSprop.
 *
 *     v = decay v + (1 - decay) g^2
 *     p = p - learningRate g / (sqrt(v) + epsilon)
 *
 * Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012), with `epsilon` outside
 * of the root, as in PyTorch.
 *
 * @throws RangeError for options out of range.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  checkOptionNames("rmsprop", options, ["learningRate", "decay", "epsilon"]);
  const learningRate = checkOption("learningRate", options.learningRate ?? 0.01, 0);
  const decay = checkOption("decay", options.decay ?? 0.99, 0, 1);
  const epsilon = checkPositive("epsilon", options.epsilon ?? 1e-8);
  return createOptimizer(learningRate, ["meanSquare"], (param, gradient, memory, rate) => {
    const meanSquare = memory[0]!;
    for (let i = 0; i < param.length; i++) {
      const g = gradient[i]!;
      meanSquare[i] = decay * meanSquare[i]! + (1 - decay) * g * g;
      param[i]! -= (rate * g) / (Math.sqrt(meanSquare[i]!) + epsilon);
    }
  });
}
