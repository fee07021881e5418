/** What optimisers are, to those who train with them and to those who write them. */
import type { SafeTensor } from "../../io/safe-tensor.js";
import type { SparseRecord, TensorRecord } from "../../module/compiled-module.js";
import type { Schedule } from "./schedule.js";
import type { UpdateRule } from "./rule.js";

/** Changes params along their gradients. It keeps nothing itself: what it knows of a model is an `OptimizerState`. */
export interface Optimizer {
  /** `adam`. */
  readonly name: string;
  /** All options, those left out too, as a text: what training that goes on must have had before. */
  readonly description: string;
  /**
   * Begins to train the params of an instance, or any arrays by name. Several modules are trained together by joining their params.
   *
   * @throws TypeError where a pattern of a group matches no param, params are no float arrays of one type, or shapes are not theirs.
   */
  attach(instance: TrainedInstance): OptimizerState;
}

export interface TrainedInstance {
  readonly params: TensorRecord;
  /** Those of a module stand in `manifest.params`. Rows of a gradient that have another width than the rows of the param are refused where its shape is given. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
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
  /** Those of them of which rows are enough: what has a gradient of 0 stays as it is. */
  readonly byRows: readonly string[];
  /**
   * Changes the params in place. Gradients of params that are frozen may be there. Of a table the gradient may be its rows (those of `sparse`): where the rule
   * leaves alone what has a gradient of 0, as SGD without momentum and Adagrad without decay do, no other rows are looked at.
   *
   * @throws TypeError where a gradient is missing, belongs to no param, or is no float array; RangeError where its length is another.
   */
  step(gradients: SparseRecord, options?: StepOptions): void;
  /** Tells schedules the loss of a validation. */
  observe(loss: number): void;
  /** All of the state, as tensors of a file: what it remembers of W is `mean/W`; updates and what schedules remember are `scalars/adam`. */
  save(): ReadonlyMap<string, SafeTensor>;
  /**
   * Takes over what `save` gave.
   *
   * @throws TypeError where it is the state of another optimiser, or of other params; nothing is changed then.
   */
  load(tensors: ReadonlyMap<string, SafeTensor>): void;
}

/** Params with one rule and one learning rate. */
export interface RuleGroup {
  readonly names: readonly string[];
  readonly schedule: Schedule;
  readonly rule: UpdateRule;
}
