/// <reference lib="esnext.disposable" preserve="true" />
/** Trains networks by their declared losses. */
import { CallTypeError } from "../../base/errors.js";
import type { ModuleInstance, TensorRecord } from "../../module/compiled-module.js";
import type { TrainEvent, TrainSummary } from "./events.js";
import { checkTrainOptions, type TrainOptions } from "./options.js";
import { createRun, runEvents } from "./run.js";

/** A run of training, which goes on as it is iterated. */
export interface Training extends AsyncIterable<TrainEvent>, AsyncDisposable {
  /**
   * The instance that learns, with params of the last update; after the end, but not where it
   * is stopped before, those of the best validation where `keepBest` says so.
   * Params that are set before the first update are those that training begins with. A larger one takes its place when examples need
   * more room than any before.
   */
  readonly instance: ModuleInstance;
  /** The running mean of the params, where `average` is given. */
  readonly average: TensorRecord | undefined;
  /** Goes on to the end. */
  finish(): Promise<TrainSummary>;
  /** Ends it where it is, as `break` does: `await using training = train(…)`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Trains a network by its declared losses. It runs as it is iterated: `break` ends it. The same options give the same bits, on every host
 * and for JavaScript and WebAssembly.
 *
 * Each update takes the next `batch` examples of an order that is drawn anew for every epoch, computes the gradient of all losses of the
 * batch in shards of a few examples, adds these up in a fixed order, clips, and lets the optimiser step. The last batch of an epoch has what
 * is left.
 *
 * @throws TypeError or RangeError for wrong options; while it runs, for examples that do not fit the network. TrainingError where a loss or
 * a gradient is not finite, with the example and what of it is not finite first: params are as they were before that update.
 * @example
 *     const training = train({ module, data: arrays({ x, target }), optimizer: adam(), batch: 32, epochs: 10, seed: 1 });
 *     for await (const event of training) if (event.kind === "update") console.log(event.update, event.loss);
 */
export function train(options: TrainOptions): Training {
  const run = createRun(checkTrainOptions(options));
  const events = runEvents(run);
  const dispose = async (): Promise<void> => void (await events.return());
  return {
    // Hosts that have no such symbol have no `using` either.
    [Symbol.asyncDispose ?? "dispose"]: dispose,
    get instance() {
      return run.learner.instance;
    },
    get average() {
      return run.average;
    },
    [Symbol.asyncIterator]: () => events,
    async finish() {
      for (;;) {
        const { done } = await events.next();
        if (done === true) break;
      }
      const { summary } = run;
      if (summary === undefined) throw new CallTypeError("finish: training was stopped before its end");
      return summary;
    },
  };
}
