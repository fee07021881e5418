/** A run of training: what it knows, and one thing after the other. */
import type { FloatArray, TensorRecord } from "../../module/compiled-module.js";
import type { EndEvent, TrainEvent, TrainSummary, UpdateEvent, ValidationEvent } from "./events.js";
import { type BatchPacker, createPacker } from "./examples.js";
import { createFeed, type Feed } from "./feed.js";
import { createLearner, type Learner } from "./learner.js";
import type { CheckedTraining } from "./options.js";
import { createProgress } from "./progress.js";
import { statisticsOf } from "./standardize.js";
import { createValidator, type Validate } from "./validate.js";

export interface TrainingRun {
  readonly options: CheckedTraining;
  readonly packer: BatchPacker;
  readonly learner: Learner;
  readonly feed: Feed;
  readonly validate: Validate | undefined;
  readonly tell: (event: TrainEvent) => void;
  readonly best: BestSoFar;
  average: TensorRecord | undefined;
  /** Updates. */
  done: number;
  /** Of the last update. */
  loss: number;
  summary: TrainSummary | undefined;
}

/** The best validation so far, with its params where they are kept. */
interface BestSoFar {
  loss: number;
  update: number;
  /** Validations since that were not better. */
  waited: number;
  params: TensorRecord | undefined;
}

export function createRun(options: CheckedTraining): TrainingRun {
  const { module, data, batch, seed, shard, validation, maxBytes } = options;
  const packer = createPacker(module.manifest);
  const progress = createProgress(options);
  return {
    options,
    packer,
    learner: createLearner({ ...options, packer, clip: options.clip ?? {}, maxBytes }),
    feed: createFeed(data, packer, batch, seed),
    validate: validation && createValidator({ module, packer, data: validation.data, shard, seed, maxBytes }),
    tell(event) {
      options.history?.(JSON.stringify(event));
      progress(event);
    },
    best: { loss: Infinity, update: 0, waited: 0, params: undefined },
    average: undefined,
    done: 0,
    loss: NaN,
    summary: undefined,
  };
}

/** All that happens, as it is pulled. */
export async function* runEvents(run: TrainingRun): AsyncGenerator<TrainEvent, void> {
  const { options, learner, best } = run;
  const { validation, signal } = options;
  const tell = (event: TrainEvent): TrainEvent => {
    run.tell(event);
    return event;
  };
  try {
    await prepare(run);
    for (;;) {
      if (signal?.aborted === true) throw signal.reason;
      const reason = reasonToEnd(run);
      if (reason !== undefined) {
        const { loss, update } = best;
        run.summary = { reason, updates: run.done, loss: run.loss, ...(update > 0 ? { best: { loss, update } } : {}) };
        yield tell({ kind: "end", reason, update: run.done });
        return;
      }
      yield tell(await takeUpdate(run));
      if (validation !== undefined && run.done % validation.every === 0) yield tell(await look(run));
    }
  } finally {
    // Whatever ended it.
    if (best.params !== undefined) learner.instance.setParams(best.params);
  }
}

async function prepare(run: TrainingRun): Promise<void> {
  const { options, learner, packer } = run;
  const { module, data, seed, standardize, average } = options;
  if (standardize !== undefined) {
    learner.instance.setParams(await statisticsOf(module.manifest, data, packer, seed, standardize));
  }
  if (average !== undefined) run.average = copyOf(learner.instance.params);
}

function reasonToEnd({ options, best, done, feed }: TrainingRun): EndEvent["reason"] | undefined {
  const { validation, updates, epochs } = options;
  if (validation?.patience !== undefined && best.waited >= validation.patience) return "patience";
  if (updates !== undefined && done >= updates) return "updates";
  return epochs !== undefined && feed.epoch >= epochs ? "epochs" : undefined;
}

async function takeUpdate(run: TrainingRun): Promise<UpdateEvent> {
  const { options, learner, feed, average } = run;
  const next = await feed.next();
  const result = learner.update(next, run.done + 1);
  run.done++;
  run.loss = result.loss;
  if (average !== undefined) moveAverage(average, learner.instance.params, options.average!.decay);
  return { kind: "update", update: run.done, epoch: next.epoch, ...result };
}

async function look(run: TrainingRun): Promise<ValidationEvent> {
  const { learner, best, validate, options } = run;
  const params = run.average ?? learner.instance.params;
  const result = await validate!({ ...params, ...learner.instance.fixed });
  const isBest = result.loss < best.loss;
  if (isBest) Object.assign(best, { loss: result.loss, update: run.done, waited: 0 });
  else best.waited++;
  if (isBest && options.validation!.keepBest === true) best.params = copyOf(params);
  learner.state.observe(result.loss);
  return { kind: "validation", update: run.done, loss: result.loss, losses: result.losses, best: isBest };
}

const copyOf = (tensors: TensorRecord): TensorRecord =>
  Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, values.slice()]));

/** Each operation rounded to the type of the params. */
function moveAverage(average: TensorRecord, params: TensorRecord, decay: number): void {
  for (const name in average) {
    const [to, from]: readonly FloatArray[] = [average[name]!, params[name]!];
    if (to instanceof Float32Array) moveFloats(to, from as Float32Array, Math.fround(1 - decay));
    else for (let i = 0; i < to!.length; i++) to![i]! += (1 - decay) * (from![i]! - to![i]!);
  }
}

function moveFloats(to: Float32Array, from: Float32Array, rest: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += Math.fround(rest * Math.fround(from[i]! - to[i]!));
}
