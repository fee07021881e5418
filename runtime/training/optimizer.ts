/** What all optimisers share: parameters and gradients matched by name, and state that is allocated once. */
import type { FloatArray, TensorRecord } from "../module/compiled-module.js";
import { checkTensors } from "../arguments.js";
import { checkOption } from "../options.js";

/**
 * Changes parameters along their gradients.
 *
 * An optimiser takes the records a module gives (`instance.params`, `gradient.params`), or any two records with the
 * same names and lengths: several modules can be trained together by joining theirs. Its state is made at the first
 * step; after that a step allocates nothing.
 */
export interface Optimizer {
  /**
   * May be changed between steps, for a schedule.
   *
   * @throws RangeError where it is set to anything but a number of at least 0.
   */
  learningRate: number;
  /** Steps taken so far. */
  readonly steps: number;
  /**
   * Changes the parameters in place.
   *
   * @throws TypeError where the arguments are no float arrays by name, a parameter has no gradient, or there is one for no parameter.
   * @throws RangeError where lengths differ.
   */
  step(params: TensorRecord, gradients: TensorRecord): void;
  /** Moments by parameter, as views: `state.W_r.mean`. Empty before the first step. */
  readonly state: Readonly<Record<string, TensorRecord>>;
}

/**
 * Changes one parameter: `param` and `gradient` have the same length, and so has each array of `memory`. Where
 * `gradient` needs changing, work on a copy of the number: the array belongs to the module.
 */
export type UpdateRule = (
  param: FloatArray,
  gradient: FloatArray,
  memory: readonly FloatArray[],
  learningRate: number,
  step: number,
) => void;

/** An optimiser made of a rule for one parameter and the names of what the rule remembers of each. */
export function createOptimizer(learningRate: number, memoryNames: readonly string[], update: UpdateRule): Optimizer {
  let names: readonly string[] | undefined;
  let memories: readonly (readonly FloatArray[])[] = [];
  const state: Record<string, TensorRecord> = Object.create(null) as Record<string, TensorRecord>;

  const prepare = (params: TensorRecord): readonly string[] => {
    names = Object.keys(params);
    memories = names.map((name) => {
      const like = params[name]!;
      return memoryNames.map(() =>
        like instanceof Float32Array ? new Float32Array(like.length) : new Float64Array(like.length),
      );
    });
    names.forEach((name, index) => {
      state[name] = Object.fromEntries(memoryNames.map((memory, slot) => [memory, memories[index]![slot]!]));
    });
    return names;
  };

  let rate = learningRate;
  const optimizer = {
    get learningRate(): number {
      return rate;
    },
    set learningRate(value: number) {
      rate = checkOption("learningRate", value, 0);
    },
    steps: 0,
    state,
    step(params: TensorRecord, gradients: TensorRecord): void {
      checkRecords(params, gradients, names === undefined ? undefined : state);
      const known = names ?? prepare(params);
      optimizer.steps++;
      for (let index = 0; index < known.length; index++) {
        const name = known[index]!;
        update(params[name]!, gradients[name]!, memories[index]!, rate, optimizer.steps);
      }
    },
  };
  return optimizer;
}

/** Nothing is changed before everything has been checked. */
function checkRecords(params: TensorRecord, gradients: TensorRecord, known: object | undefined): void {
  checkTensors("step", "the first argument", "parameters by name (instance.params)", params);
  checkTensors("step", "the second argument", "gradients by name (those of backward, .params)", gradients);
  let count = 0;
  for (const name in params) {
    count++;
    const param = params[name]!;
    const gradient = Object.hasOwn(gradients, name) ? gradients[name] : undefined;
    if (gradient === undefined) throw new TypeError(`gradient of ${name} is missing`);
    if (gradient.length !== param.length) {
      throw new RangeError(`gradient of ${name} must have length ${param.length}, got ${gradient.length}`);
    }
    if (known !== undefined && !(name in known))
      throw new TypeError(`parameter ${name} was not there at the first step`);
  }
  for (const name in gradients) {
    count--;
    if (!Object.hasOwn(params, name)) throw new TypeError(`there is a gradient for ${name}, but no such parameter`);
  }
  if (count !== 0) throw new TypeError("parameters and gradients have different names");
  if (known !== undefined) {
    for (const name in known) if (!Object.hasOwn(params, name)) throw new TypeError(`parameter ${name} is missing`);
  }
}
