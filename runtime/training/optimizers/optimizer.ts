/** What all optimisers share: params by groups in one array, the state beside it, and how both are saved. */
import { checkTensors, refuse } from "../../base/arguments.js";
import { checkOption, checkOptionNames, describe, isRecord } from "../../base/options.js";
import { type LearningRate, scheduleOf } from "./schedule.js";
import { createState } from "./state.js";
import { checkGroups, groupParams, optionsOf, type WithGroups } from "./groups.js";
import type { UpdateRule } from "./rule.js";
import type { Optimizer, RuleGroup } from "./optimizer-types.js";

/** An optimiser as its file declares it. Options that are left out have their default already when a rule is made. */
export interface OptimizerKind<Options extends RateOptions> {
  readonly name: string;
  readonly defaults: Required<Options>;
  /** @throws RangeError or TypeError for options out of range, which begins with `where`: `adam: groups[0]`. */
  readonly check: (options: Required<Options>, where: string) => void;
  readonly rule: (options: Required<Options>) => UpdateRule;
}

export interface RateOptions {
  /** A number of at least 0, a schedule, or a function of the updates done. */
  readonly learningRate?: LearningRate;
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
  const prepare = (options: object, where = name): Omit<RuleGroup, "names"> => {
    const all = complete(options);
    kind.check(all, where);
    return { schedule: scheduleOf(where, all.learningRate as LearningRate), rule: kind.rule(all) };
  };
  prepare(own);
  for (const [i, group] of (groups ?? []).entries()) prepare({ ...own, ...optionsOf(group) }, `${name}: groups[${i}]`);
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
        instance,
        parts.map(({ names, options }) => ({ names, ...prepare(options) })),
        prepare(own).schedule,
      );
    },
  };
}

const dropUndefined = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Schedules describe themselves; of other functions the text says only that there is one. */
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
