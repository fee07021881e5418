/** Gradient descent, plain and with momentum. */
import { checkOption, checkOptionNames, checkSwitch } from "../options.js";
import { createOptimizer, type Optimizer } from "./optimizer.js";

export interface SgdOptions {
  readonly learningRate: number;
  /** In `[0, 1)`; 0, the default, keeps no memory. */
  readonly momentum?: number;
  /** Looks ahead along the momentum (Nesterov). */
  readonly nesterov?: boolean;
  /** Added to the gradient as `weightDecay * p`; 0 by default. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent.
 *
 *     g = gradient + weightDecay p
 *     b = momentum b + g          (b starts at zero)
 *     p = p - learningRate b      (nesterov: p - learningRate (g + momentum b))
 *
 * Source: the form of Sutskever, Martens, Dahl and Hinton (2013) that PyTorch's `SGD` computes, where the learning
 * rate multiplies the whole momentum.
 *
 * @throws RangeError for options out of range, TypeError for Nesterov without momentum.
 * @example
 *     const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
 *     optimizer.step(instance.params, gradient.params);
 */
export function sgd(options: SgdOptions): Optimizer {
  checkOptionNames("sgd", options, ["learningRate", "momentum", "nesterov", "weightDecay"]);
  const learningRate = checkOption("learningRate", options.learningRate, 0);
  const momentum = checkOption("momentum", options.momentum ?? 0, 0, 1);
  const weightDecay = checkOption("weightDecay", options.weightDecay ?? 0, 0);
  const nesterov = checkSwitch("sgd", "nesterov", options.nesterov);
  if (nesterov && momentum === 0) throw new TypeError("nesterov needs a momentum above 0");
  if (momentum === 0) {
    return createOptimizer(learningRate, [], (param, gradient, _memory, rate) => {
      for (let i = 0; i < param.length; i++) param[i]! -= rate * (gradient[i]! + weightDecay * param[i]!);
    });
  }
  return createOptimizer(learningRate, ["momentum"], (param, gradient, memory, rate) => {
    const buffer = memory[0]!;
    for (let i = 0; i < param.length; i++) {
      const g = gradient[i]! + weightDecay * param[i]!;
      buffer[i] = momentum * buffer[i]! + g;
      param[i]! -= rate * (nesterov ? g + momentum * buffer[i]! : buffer[i]!);
    }
  });
}
