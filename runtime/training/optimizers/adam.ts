/** Adam, AdamW and NAdam: steps scaled by running moments of the gradient. */
import { checkPositive, checkSwitch } from "../../base/options.js";
import { add, divide, maximum, multiply, squareRoot, subtract } from "../elementwise/program.js";
import { power, smallExponential } from "../elementwise/plain-math.js";
import type { WithGroups } from "./groups.js";
import { checkAmount, checkShare, createOptimizer, type OptimizerKind, type RateOptions } from "./optimizer.js";
import { createRule, type UpdateRule, type SharedNumber } from "./rule.js";
import type { Optimizer } from "./optimizer-types.js";

interface MomentOptions extends RateOptions {
  /** What is kept of the running mean, in `[0, 1)`; 0.9 by default. */
  readonly beta1?: number;
  /** What is kept of the running mean square, in `[0, 1)`; 0.999 by default. */
  readonly beta2?: number;
  /** Above 0, so that a param whose gradient is 0 is not divided 0 by 0; 1e-8 by default. */
  readonly epsilon?: number;
  /** 0 by default, 0.01 for `adamw`. Added to the gradient as `weightDecay * p`, or for `adamw` taken off the param itself. */
  readonly weightDecay?: number;
}

/** `learningRate` is 0.001 by default. */
export interface AdamOptions extends MomentOptions {
  /** Divides by the largest mean square so far (Reddi, Kale and Kumar, 2018). */
  readonly amsgrad?: boolean;
}

/** `learningRate` is 0.002 by default. */
export interface NadamOptions extends MomentOptions {
  /** How the momentum comes up to `beta1`; 0.004 by default. */
  readonly momentumDecay?: number;
  /** Takes weight decay off the param itself, as `adamw` does. */
  readonly decoupledWeightDecay?: boolean;
}

/**
 * Adam. With t counting updates from 1:
 *
 *     g = gradient + weightDecay p
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     p = p - learningRate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 *
 * Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1; `epsilon` is added after
 * the correction of v, as PyTorch does.
 *
 * @throws RangeError for options out of range, TypeError for unknown ones.
 * @example
 *     const state = adam({ learningRate: 0.01 }).attach(instance);
 *     state.step(gradient.params);
 */
export function adam(options: AdamOptions & WithGroups<AdamOptions> = {}): Optimizer {
  return createOptimizer(adamKind("adam", 0, false), options);
}

/**
 * Adam with weight decay that does not pass through the moments: `p = p (1 - learningRate weightDecay)` first, then
 * the step of `adam`.
 *
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
 *
 * @throws RangeError for options out of range, TypeError for unknown ones.
 */
export function adamw(options: AdamOptions & WithGroups<AdamOptions> = {}): Optimizer {
  return createOptimizer(adamKind("adamw", 0.01, true), options);
}

/**
 * Adam with Nesterov's momentum. With mu(t) = beta1 (1 - 0.96^(t momentumDecay) / 2) and M the product of all so far:
 *
 *     p = p - learningRate ((1 - mu(t)) / (1 - M) g + mu(t + 1) / (1 - M mu(t + 1)) m) / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 *
 * Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016), in the form of PyTorch's `NAdam`.
 *
 * @throws RangeError for options out of range, TypeError for unknown ones.
 */
export function nadam(options: NadamOptions & WithGroups<NadamOptions> = {}): Optimizer {
  return createOptimizer(nadamKind, options);
}

function checkMoments({ beta1, beta2, epsilon, weightDecay }: Required<MomentOptions>, where: string): void {
  checkShare(`${where}: beta1`, beta1);
  checkShare(`${where}: beta2`, beta2);
  checkPositive(`${where}: epsilon`, epsilon);
  checkAmount(`${where}: weightDecay`, weightDecay);
}

/** What all of the family compute alike from update to update. */
const sharedScalars = ({ beta1, beta2, epsilon, weightDecay }: Required<MomentOptions>) =>
  ({
    keep: ({ rate }) => 1 - rate * weightDecay,
    decay: () => weightDecay,
    beta1: () => beta1,
    rest1: () => 1 - beta1,
    beta2: () => beta2,
    rest2: () => 1 - beta2,
    corrected: ({ update }) => 1 / Math.sqrt(1 - power(beta2, update)),
    epsilon: () => epsilon,
  }) satisfies Readonly<Record<string, SharedNumber>>;

const adamKind = (name: string, weightDecay: number, isDecoupled: boolean): OptimizerKind<AdamOptions> => ({
  name,
  defaults: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, amsgrad: false },
  check(options, where) {
    checkMoments(options, where);
    checkSwitch(where, "amsgrad", options.amsgrad);
  },
  rule(options): UpdateRule {
    const hasDecay = options.weightDecay !== 0;
    const scalars = {
      ...sharedScalars(options),
      step: (({ rate, update }) => rate / (1 - power(options.beta1, update))) as SharedNumber,
    };
    const slots = { mean: 0, meanSquare: 0, ...(options.amsgrad ? { largest: 0 } : {}) } as {
      mean: 0;
      meanSquare: 0;
      largest: 0;
    };
    return createRule(slots, scalars, (x) => {
      const g = hasDecay && !isDecoupled ? add(x.g, multiply(x.decay, x.p)) : x.g;
      const p = hasDecay && isDecoupled ? multiply(x.p, x.keep) : x.p;
      const mean = add(multiply(x.beta1, x.mean), multiply(x.rest1, g));
      const meanSquare = add(multiply(x.beta2, x.meanSquare), multiply(x.rest2, multiply(g, g)));
      const largest = options.amsgrad ? maximum(x.largest, meanSquare) : meanSquare;
      const size = add(multiply(squareRoot(largest), x.corrected), x.epsilon);
      const stores = { p: subtract(p, divide(multiply(x.step, mean), size)), mean, meanSquare };
      return options.amsgrad ? { ...stores, largest } : stores;
    });
  },
});

const nadamKind: OptimizerKind<NadamOptions> = {
  name: "nadam",
  defaults: {
    learningRate: 0.002,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    momentumDecay: 0.004,
    decoupledWeightDecay: false,
  },
  check(options, where) {
    checkMoments(options, where);
    checkAmount(`${where}: momentumDecay`, options.momentumDecay);
    checkSwitch(where, "decoupledWeightDecay", options.decoupledWeightDecay);
  },
  rule(options): UpdateRule {
    const hasDecay = options.weightDecay !== 0;
    const isDecoupled = options.decoupledWeightDecay;
    const { momentumAt, productAt } = momentumOf(options);
    const scalars = {
      ...sharedScalars(options),
      ofGradient: (({ rate, update }) => (rate * (1 - momentumAt(update))) / (1 - productAt(update))) as SharedNumber,
      ofMean: (({ rate, update }) =>
        (rate * momentumAt(update + 1)) / (1 - productAt(update) * momentumAt(update + 1))) as SharedNumber,
    };
    return createRule({ mean: 0, meanSquare: 0 }, scalars, (x) => {
      const g = hasDecay && !isDecoupled ? add(x.g, multiply(x.decay, x.p)) : x.g;
      const p = hasDecay && isDecoupled ? multiply(x.p, x.keep) : x.p;
      const mean = add(multiply(x.beta1, x.mean), multiply(x.rest1, g));
      const meanSquare = add(multiply(x.beta2, x.meanSquare), multiply(x.rest2, multiply(g, g)));
      const size = add(multiply(squareRoot(meanSquare), x.corrected), x.epsilon);
      const step = divide(add(multiply(x.ofGradient, g), multiply(x.ofMean, mean)), size);
      return { p: subtract(p, step), mean, meanSquare };
    });
  },
};

/** The momentum of each update, and the product of all so far, whose last is kept so that the next takes one multiplication. */
function momentumOf({ beta1, momentumDecay }: Required<NadamOptions>) {
  // ln(0.96)
  const exponent = momentumDecay * -0.040821994520255166;
  const halvings = Math.max(0, Math.ceil(Math.log2(-exponent)));
  const base = power(smallExponential(exponent / 2 ** halvings), 2 ** halvings);
  const momentumAt = (update: number): number => beta1 * (1 - 0.5 * power(base, update));
  let [last, product] = [0, 1];
  const productAt = (update: number): number => {
    if (update < last) [last, product] = [0, 1];
    while (last < update) product *= momentumAt(++last);
    return product;
  };
  return { momentumAt, productAt };
}
