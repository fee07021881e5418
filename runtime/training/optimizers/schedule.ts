/** Learning rates that change while a model trains, as functions of the updates that are done. */
import { CallTypeError } from "../../base/errors.js";
import { checkCount, checkOption, checkOptionNames, checkPositive, describe, isRecord } from "../../base/options.js";
import { halfTurnCosine, power } from "../elementwise/plain-math.js";

/**
 * The learning rate of each update. A schedule keeps nothing itself: what it has to remember is an array of whoever uses it, so that it
 * is saved with everything else.
 */
export interface Schedule {
  /** The rate of the next update, when so many are done: `at(0)` is that of the first. */
  at(updates: number, memory: Float64Array): number;
  /** What it remembers in the beginning, where it remembers anything. */
  readonly memory?: readonly number[];
  /** Told the loss of each validation, after which it may change what it remembers. */
  observe?(loss: number, memory: Float64Array): void;
  /** What it is, with all its options: training that goes on must have had a schedule of the same text. */
  readonly description?: string;
}

/** A number, the same for all updates; a schedule; or any function of the updates done. */
export type LearningRate = number | Schedule | ((updates: number) => number);

/** @throws TypeError or RangeError for what is no learning rate. */
export function scheduleOf(where: string, rate: LearningRate): Schedule {
  if (typeof rate === "function")
    return { at: (updates) => checkOption(`${where}: the rate of a schedule`, rate(updates), 0) };
  if (typeof rate !== "object") {
    checkOption(`${where}: learningRate`, rate, 0);
    return constant(rate);
  }
  if (isRecord(rate) && typeof rate["at"] === "function") return rate;
  throw new CallTypeError(`${where}: learningRate must be a number, a function or a schedule, got ${describe(rate)}`);
}

/** The same rate for all updates. */
export function constant(rate: number): Schedule {
  checkOption("constant: learningRate", rate, 0);
  return { description: descriptionOf("constant", rate), at: () => rate };
}

export interface StepDecayOptions {
  /** Updates after which the rate falls each time. */
  readonly every: number;
  /** What it is multiplied by then; 0.1 by default. */
  readonly factor?: number;
}

/** Falls by a factor every so many updates: `rate * factor ^ floor(updates / every)` (PyTorch's `StepLR`). */
export function stepDecay(rate: number, options: StepDecayOptions): Schedule {
  checkOptionNames("stepDecay", options, ["every", "factor"]);
  checkOption("stepDecay: learningRate", rate, 0);
  const every = checkCount("stepDecay: every", options.every);
  const factor = checkPositive("stepDecay: factor", options.factor ?? 0.1);
  return {
    description: descriptionOf("stepDecay", rate, { every, factor }),
    at: (updates) => rate * power(factor, Math.floor(updates / every)),
  };
}

export interface CosineOptions {
  /** Updates until the last rate is reached, those of the warm-up among them. */
  readonly updates: number;
  /** Updates in which the rate rises to its height, in equal steps; 0 by default. */
  readonly warmup?: number;
  /** The rate in the end; 0 by default. */
  readonly last?: number;
}

/**
 * Rises to the rate in the updates of the warm-up, and then falls along half a cosine (PyTorch's `CosineAnnealingLR`):
 * `last + (rate - last) (1 + cos(pi (u - warmup) / (updates - warmup))) / 2`.
 */
export function cosine(rate: number, options: CosineOptions): Schedule {
  checkOptionNames("cosine", options, ["updates", "warmup", "last"]);
  checkOption("cosine: learningRate", rate, 0);
  const updates = checkCount("cosine: updates", options.updates);
  const warmup = checkOption("cosine: warmup", options.warmup ?? 0, 0, updates);
  const last = checkOption("cosine: last", options.last ?? 0, 0);
  return {
    description: descriptionOf("cosine", rate, { updates, warmup, last }),
    at(done) {
      if (done < warmup) return (rate * (done + 1)) / (warmup + 1);
      return between(rate, last, (done - warmup) / (updates - warmup));
    },
  };
}

export interface OneCycleOptions {
  /** Updates of the whole cycle. */
  readonly updates: number;
  /** The part of them in which the rate rises; 0.3 by default. */
  readonly rise?: number;
  /** The first rate is the largest divided by this; 25 by default. */
  readonly divide?: number;
  /** The last is the first divided by this; 1e4 by default. */
  readonly divideLast?: number;
}

/** Rises from a low rate to the largest and falls to a far lower one, both along half a cosine (PyTorch's `OneCycleLR`, without its momentum). */
export function oneCycle(largest: number, options: OneCycleOptions): Schedule {
  checkOptionNames("oneCycle", options, ["updates", "rise", "divide", "divideLast"]);
  checkOption("oneCycle: learningRate", largest, 0);
  const updates = checkCount("oneCycle: updates", options.updates);
  const rise = checkOption("oneCycle: rise", options.rise ?? 0.3, 0, 1);
  const first = largest / checkPositive("oneCycle: divide", options.divide ?? 25);
  const last = first / checkPositive("oneCycle: divideLast", options.divideLast ?? 1e4);
  const top = Math.max(rise * updates - 1, 0);
  return {
    description: descriptionOf("oneCycle", largest, { updates, rise, first, last }),
    at(done) {
      if (done < top) return between(first, largest, done / top);
      return between(largest, last, (done - top) / Math.max(updates - 1 - top, 1));
    },
  };
}

export interface PlateauOptions {
  /** What the rate is multiplied by; 0.1 by default. */
  readonly factor?: number;
  /** Validations without a better loss that are waited for; 10 by default. */
  readonly patience?: number;
  /** A loss is better that is lower than this part of the best: 1 - 1e-4 by default. */
  readonly threshold?: number;
  /** Never lower than this; 0 by default. */
  readonly least?: number;
}

/** Falls when validation shows no better loss for a while (PyTorch's `ReduceLROnPlateau`). */
export function plateau(rate: number, options: PlateauOptions = {}): Schedule {
  checkOptionNames("plateau", options, ["factor", "patience", "threshold", "least"]);
  checkOption("plateau: learningRate", rate, 0);
  const factor = checkOption("plateau: factor", options.factor ?? 0.1, 0, 1);
  const patience = checkOption("plateau: patience", options.patience ?? 10, 0);
  const threshold = checkPositive("plateau: threshold", options.threshold ?? 1 - 1e-4);
  const least = checkOption("plateau: least", options.least ?? 0, 0);
  return {
    description: descriptionOf("plateau", rate, { factor, patience, threshold, least }),
    memory: [rate, Infinity, 0],
    at: (_updates, memory) => memory[0]!,
    observe(loss, memory) {
      const [now = rate, best = Infinity, waited = 0] = memory;
      const isBetter = loss < best * threshold;
      const isEnough = !isBetter && waited + 1 > patience;
      memory[0] = isEnough ? Math.max(now * factor, least) : now;
      memory[1] = isBetter ? loss : best;
      memory[2] = isBetter || isEnough ? 0 : waited + 1;
    },
  };
}

const descriptionOf = (name: string, rate: number, options: object = {}): string =>
  `${name}(${rate}, ${JSON.stringify(options)})`;

/** Along half a cosine from one number to another; the part is cut to [0, 1]. */
function between(from: number, to: number, part: number): number {
  return to + ((from - to) * (1 + halfTurnCosine(Math.min(Math.max(part, 0), 1)))) / 2;
}
