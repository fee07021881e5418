/** Adam and AdamW: steps scaled by running moments of the gradient. */
import { checkOption, checkOptionNames, checkPositive } from "../options.js";
import { createOptimizer, type Optimizer } from "./optimizer.js";

export interface AdamOptions {
  /** 0.001 by default. */
  readonly learningRate?: number;
  /** Decay of the running mean, in `[0, 1)`; 0.9 by default. */
  readonly beta1?: number;
  /** Decay of the running mean square, in `[0, 1)`; 0.999 by default. */
  readonly beta2?: number;
  /** Above 0, so that a parameter whose gradient is 0 is not divided 0 by 0; 1e-8 by default. */
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Each step shrinks parameters by `learningRate * weightDecay`; 0.01 by default. */
  readonly weightDecay?: number;
}

/**
 * Adam. With t counting steps from 1:
 *
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     p = p - learningRate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 *
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1; `epsilon` is added after
 * the correction of v, as PyTorch does.
 *
 * @throws RangeError for options out of range.
 * @example
 *     const optimizer = adam({ learningRate: 0.01 });
 *     optimizer.step(instance.params, gradient.params);
 */
export function adam(options: AdamOptions = {}): Optimizer {
  checkOptionNames("adam", options, adamNames);
  return adamWithDecay(options, 0);
}

/**
 * Adam with weight decay that does not pass through the moments: `p = p (1 - learningRate weightDecay)` first, then
 * the step of `adam`.
 *
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
 *
 * @throws RangeError for options out of range.
 */
export function adamw(options: AdamWOptions = {}): Optimizer {
  checkOptionNames("adamw", options, [...adamNames, "weightDecay"]);
  return adamWithDecay(options, checkOption("weightDecay", options.weightDecay ?? 0.01, 0));
}

const adamNames = ["learningRate", "beta1", "beta2", "epsilon"];

function adamWithDecay(options: AdamOptions, weightDecay: number): Optimizer {
  const learningRate = checkOption("learningRate", options.learningRate ?? 0.001, 0);
  const beta1 = checkOption("beta1", options.beta1 ?? 0.9, 0, 1);
  const beta2 = checkOption("beta2", options.beta2 ?? 0.999, 0, 1);
  const epsilon = checkPositive("epsilon", options.epsilon ?? 1e-8);
  return createOptimizer(learningRate, ["mean", "meanSquare"], (param, gradient, memory, rate, step) => {
    const mean = memory[0]!;
    const meanSquare = memory[1]!;
    const stepSize = rate / (1 - beta1 ** step);
    const correction = Math.sqrt(1 - beta2 ** step);
    const keep = 1 - rate * weightDecay;
    for (let i = 0; i < param.length; i++) {
      const g = gradient[i]!;
      mean[i] = beta1 * mean[i]! + (1 - beta1) * g;
      meanSquare[i] = beta2 * meanSquare[i]! + (1 - beta2) * g * g;
      param[i] = param[i]! * keep - (stepSize * mean[i]!) / (Math.sqrt(meanSquare[i]!) / correction + epsilon);
    }
  });
}
