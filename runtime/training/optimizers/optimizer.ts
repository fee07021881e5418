/** What all optimisers share: params by groups in one array, the state beside it, and how both are saved. */
import { checkTensors, refuse } from "../../arguments.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import type { FloatArray, TensorRecord } from "../../module/compiled-module.js";
import { checkOption, checkOptionNames, describe, isRecord } from "../../options.js";
import { type LearningRate, type Schedule, scheduleOf } from "../schedule.js";
import { createState } from "./state.js";
import { checkGroups, groupParams, optionsOf, type WithGroups } from "./groups.js";
import type { Rule } from "./rule.js";

/** Changes params along their gradients. It keeps nothing itself: what it knows of a model is an `OptimizerState`. */
export interface Optimizer {
  /** `adam`. */
  readonly name: string;
  /** All options, those left out too, as a text: what training that goes on must have had before. */
  readonly description: string;
  /**
   * Begins to train the params of an instance, or any arrays by name. Several modules are trained together by joining their params.
   *
   * @throws TypeError where a pattern of a group matches no param, or params are no float arrays of one type.
   */
  attach(instance: WithParams): OptimizerState;
}

export interface WithParams {
  readonly params: TensorRecord;
}

export interface StepOptions {
  /** What gradients are multiplied by first; 1 where left out. */
  readonly scale?: number;
}

/** What an optimiser knows of the params of one instance. */
export interface OptimizerState {
  /** Updates done. */
  readonly updates: number;
  /** The learning rate of the next update: that of the optimiser's own options. */
  readonly rate: number;
  /** The params that it changes: all that are not frozen. */
  readonly names: readonly string[];
  /**
   * Changes the params in place. Gradients of params that are frozen may be there.
   *
   * @throws TypeError where a gradient is missing, belongs to no param, or is no float array; RangeError where its length is another.
   */
  step(gradients: TensorRecord, options?: StepOptions): void;
  /** Tells schedules the loss of a validation. */
  observe(loss: number): void;
  /** All of the state, as tensors of a file: what it remembers of W is `mean/W`. */
  save(): ReadonlyMap<string, SafeTensor>;
  /**
   * Takes over what `save` gave.
   *
   * @throws TypeError where it is the state of another optimiser, or of other params; nothing is changed then.
   */
  load(tensors: ReadonlyMap<string, SafeTensor>): void;
}

/** An optimiser as its file declares it. Options that are left out have their default already when a rule is made. */
export interface OptimizerKind<Options extends RateOptions> {
  readonly name: string;
  readonly defaults: Required<Options>;
  /** @throws RangeError or TypeError for options out of range. */
  readonly check: (options: Required<Options>) => void;
  readonly rule: (options: Required<Options>) => Rule;
}

export interface RateOptions {
  /** A number of at least 0, a schedule, or a function of the updates done. */
  readonly learningRate?: LearningRate;
}

/** Params with one rule and one learning rate. */
export interface RuleGroup {
  readonly names: readonly string[];
  readonly schedule: Schedule;
  readonly rule: Rule;
}

export function createOptimizer<Options extends RateOptions>(
  kind: OptimizerKind<Options>,
  given: Options & WithGroups<Options>,
): Optimizer {
  const { name, defaults } = kind;
  const known = Object.keys(defaults);
  checkOptionNames(name, given, [...known, "groups"]);
  const { groups, ...own } = given;
  checkGroups(name, groups, known);
  const complete = (options: object): Required<Options> => ({ ...defaults, ...dropUndefined(options) });
  const prepare = (options: object): Omit<RuleGroup, "names"> => {
    const all = complete(options);
    kind.check(all);
    return { schedule: scheduleOf(name, all.learningRate as LearningRate), rule: kind.rule(all) };
  };
  prepare(own);
  for (const group of groups ?? []) prepare({ ...own, ...optionsOf(group) });
  return {
    name,
    description: describeOptions({ ...complete(own), groups: groups ?? [] }),
    attach(instance) {
      if (!isRecord(instance) || !isRecord(instance.params)) {
        refuse(
          "attach",
          "the first argument",
          "an instance (from instantiate) or another object with `params`",
          instance,
        );
      }
      checkTensors("attach", "params", "params by name (instance.params)", instance.params);
      const parts = groupParams<Options>(name, Object.keys(instance.params), given);
      return createState(
        name,
        instance.params,
        parts.map(({ names, options }) => ({ names, ...prepare(options) })),
        prepare(own).schedule,
      );
    },
  };
}

const dropUndefined = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Schedules are functions, of which a text says that there is one. */
function describeOptions(options: object): string {
  return JSON.stringify(options, (_key, value: unknown) => {
    if (typeof value === "function") return "function";
    return typeof value === "number" && !Number.isFinite(value) ? describe(value) : value;
  });
}

/** @throws RangeError unless it is in [0, 1), as what is left of a running mean. */
export const checkShare = (name: string, value: number): number => checkOption(name, value, 0, 1);
/** @throws RangeError unless it is a finite number of at least 0. */
export const checkAmount = (name: string, value: number): number => checkOption(name, value, 0);

/** An array of the type of another. */
export const arrayLike = (like: FloatArray, length: number): FloatArray =>
  like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
