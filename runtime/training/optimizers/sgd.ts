/** Gradient descent, plain and with momentum. */
import { CallTypeError } from "../../base/errors.js";
import { checkSwitch } from "../../base/options.js";
import { add, multiply, subtract } from "../elementwise/program.js";
import type { WithGroups } from "./groups.js";
import { checkAmount, checkShare, createOptimizer, type OptimizerKind, type RateOptions } from "./optimizer.js";
import { createRule, type UpdateRule } from "./rule.js";
import type { Optimizer } from "./optimizer-types.js";

/** `learningRate` is 0.001 by default. */
export interface SgdOptions extends RateOptions {
  /** In `[0, 1)`; 0, the default, keeps no memory. */
  readonly momentum?: number;
  /** How much less than whole a gradient enters the memory; 0 by default. */
  readonly dampening?: number;
  /** Looks ahead along the momentum (Nesterov). */
  readonly nesterov?: boolean;
  /** Added to the gradient as `weightDecay * p`; 0 by default. */
  readonly weightDecay?: number;
}

/**
 * Stochastic gradient descent.
 *
 *     g = gradient + weightDecay p
 *     b = momentum b + (1 - dampening) g     (the first time b = g)
 *     p = p - learningRate b                 (nesterov: p - learningRate (g + momentum b))
 *
 * Source: the form of Sutskever, Martens, Dahl and Hinton (2013) that PyTorch's `SGD` computes, where the learning
 * rate multiplies the whole momentum.
 *
 * @throws RangeError for options out of range, TypeError for unknown ones and for Nesterov without momentum or with dampening.
 * @example
 *     const state = sgd({ learningRate: 0.05, momentum: 0.9 }).attach(instance);
 *     state.step(gradient.params);
 */
export function sgd(options: SgdOptions & WithGroups<SgdOptions> = {}): Optimizer {
  return createOptimizer(kind, options);
}

const kind: OptimizerKind<SgdOptions> = {
  name: "sgd",
  defaults: { learningRate: 0.001, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  check({ momentum, dampening, nesterov, weightDecay }, where) {
    checkShare(`${where}: momentum`, momentum);
    checkAmount(`${where}: dampening`, dampening);
    checkAmount(`${where}: weightDecay`, weightDecay);
    if (!checkSwitch(where, "nesterov", nesterov)) return;
    if (momentum === 0) throw new CallTypeError(`${where}: nesterov needs a momentum above 0`);
    if (dampening !== 0) throw new CallTypeError(`${where}: nesterov takes no dampening`);
  },
  rule: ({ momentum, dampening, nesterov, weightDecay }): UpdateRule => {
    const scalars = {
      rate: ({ rate }: { readonly rate: number }) => rate,
      decay: () => weightDecay,
      momentum: () => momentum,
      fresh: ({ update }: { readonly update: number }) => (update === 1 ? 1 : 1 - dampening),
    };
    if (momentum === 0) {
      const rule = createRule({}, scalars, ({ p, g, rate, decay }) => {
        const slope = weightDecay === 0 ? g : add(g, multiply(decay, p));
        return { p: subtract(p, multiply(rate, slope)) };
      });
      return { ...rule, isStill: weightDecay === 0 };
    }
    return createRule(
      { momentumBuffer: 0 },
      scalars,
      ({ p, g, rate, decay, momentum: share, fresh, momentumBuffer: b }) => {
        const slope = weightDecay === 0 ? g : add(g, multiply(decay, p));
        const moved = add(multiply(share, b), multiply(fresh, slope));
        const step = nesterov ? add(slope, multiply(share, moved)) : moved;
        return { p: subtract(p, multiply(rate, step)), momentumBuffer: moved };
      },
    );
  },
};
