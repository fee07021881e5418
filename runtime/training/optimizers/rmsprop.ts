/** RMSprop: steps scaled by the running size of the gradient. */
import { checkPositive, checkSwitch } from "../../base/options.js";
import { add, divide, type ElementValue, maximum, multiply, squareRoot, subtract } from "../elementwise/program.js";
import type { WithGroups } from "./groups.js";
import { checkAmount, checkShare, createOptimizer, type OptimizerKind, type RateOptions } from "./optimizer.js";
import { createRule, type UpdateRule, type SharedNumber } from "./rule.js";
import type { Optimizer } from "./optimizer-types.js";

/** `learningRate` is 0.01 by default. */
export interface RmspropOptions extends RateOptions {
  /** What is kept of the running mean square, in `[0, 1)`; 0.99 by default. */
  readonly alpha?: number;
  /** Above 0, so that a param whose gradient is 0 is not divided 0 by 0; 1e-8 by default. */
  readonly epsilon?: number;
  /** Added to the gradient as `weightDecay * p`; 0 by default. */
  readonly weightDecay?: number;
  /** In `[0, 1)`; 0 by default. */
  readonly momentum?: number;
  /** Divides by the deviation from a running mean in the place of the mean square (Graves, 2013). */
  readonly centered?: boolean;
}

/**
 * RMSprop.
 *
 *     g = gradient + weightDecay p
 *     v = alpha v + (1 - alpha) g^2
 *     m = alpha m + (1 - alpha) g            (centered; else 0)
 *     s = g / (sqrt(v - m^2) + epsilon)
 *     b = momentum b + s                     (momentum; else b = s)
 *     p = p - learningRate b
 *
 * Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012), with `epsilon` outside
 * of the root, as in PyTorch. Where rounding makes `v - m^2` less than 0 it counts as 0; PyTorch gives NaN.
 *
 * @throws RangeError for options out of range, TypeError for unknown ones.
 */
export function rmsprop(options: RmspropOptions & WithGroups<RmspropOptions> = {}): Optimizer {
  return createOptimizer(kind, options);
}

const kind: OptimizerKind<RmspropOptions> = {
  name: "rmsprop",
  defaults: { learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, weightDecay: 0, momentum: 0, centered: false },
  check({ alpha, epsilon, weightDecay, momentum, centered }, where) {
    checkShare(`${where}: alpha`, alpha);
    checkPositive(`${where}: epsilon`, epsilon);
    checkAmount(`${where}: weightDecay`, weightDecay);
    checkShare(`${where}: momentum`, momentum);
    checkSwitch(where, "centered", centered);
  },
  rule({ alpha, epsilon, weightDecay, momentum, centered }): UpdateRule {
    const scalars = {
      rate: (({ rate }) => rate) as SharedNumber,
      alpha: () => alpha,
      rest: () => 1 - alpha,
      epsilon: () => epsilon,
      decay: () => weightDecay,
      momentum: () => momentum,
      zero: () => 0,
    };
    const slots = {
      meanSquare: 0,
      ...(centered ? { mean: 0 } : {}),
      ...(momentum > 0 ? { momentumBuffer: 0 } : {}),
    } as { meanSquare: 0; mean: 0; momentumBuffer: 0 };
    return createRule(slots, scalars, (x) => {
      const g = weightDecay === 0 ? x.g : add(x.g, multiply(x.decay, x.p));
      const running = (old: ElementValue, now: ElementValue): ElementValue =>
        add(multiply(x.alpha, old), multiply(x.rest, now));
      const meanSquare = running(x.meanSquare, multiply(g, g));
      const mean = centered ? running(x.mean, g) : undefined;
      const square = mean === undefined ? meanSquare : maximum(x.zero, subtract(meanSquare, multiply(mean, mean)));
      const step = divide(g, add(squareRoot(square), x.epsilon));
      const moved = momentum > 0 ? add(multiply(x.momentum, x.momentumBuffer), step) : step;
      return {
        p: subtract(x.p, multiply(x.rate, moved)),
        meanSquare,
        ...(mean === undefined ? {} : { mean }),
        ...(momentum > 0 ? { momentumBuffer: moved } : {}),
      };
    });
  },
};
