/** A run of training: what it knows, and one thing after the other. */
import { TrainingError } from "../../base/errors.js";
import type { FloatArray, TensorRecord } from "../../module/compiled-module.js";
import type { LostWorker } from "../../pool/crew.js";
import { checkIsEmpty, type ResumePoint, resumeRun, saveRun } from "../checkpoint/resume.js";
import { type Checkpoints, nameOfStep } from "../checkpoint/store.js";
import type { CheckpointEvent, EndEvent, ResumedEvent, SkippedEvent, TrainEvent, UpdateEvent, ValidationEvent } from "./events.js"; // prettier-ignore
import { type BatchPacker, createPacker } from "./example-values.js";
import { type Batch, createFeed, type Feed } from "./feed.js";
import { isStream } from "../data/iterate.js";
import { createTrackFeed } from "./tracks.js";
import { createStreamFeed } from "./stream-feed.js";
import { createLearner, type UpdateResult } from "./learner.js";
import type { CheckedTraining } from "./options.js";
import { createProgress } from "./progress.js";
import { createSettings } from "./settings.js";
import { statisticsOf } from "./standardize.js";
import type { TrainingRun } from "./training-run.js";
import { createValidator } from "./validate.js";

export function createRun(options: CheckedTraining): TrainingRun {
  const { module, data, batch, seed, shard, cutting, validation, maxBytes } = options;
  const packer = createPacker(module.manifest);
  const settings = createSettings("settings", options.settings);
  const progress = createProgress(options);
  const lost: LostWorker[] = [];
  const source = isStream(data) ? undefined : data;
  const tracks = cutting && source && createTrackFeed(source, packer, batch, seed, cutting);
  return {
    options,
    packer,
    settings,
    learner: createLearner({
      ...options,
      packer,
      settings,
      states: cutting?.states ?? [],
      lost: (worker) => lost.push(worker),
      clip: options.clip ?? {},
      norms: options.norms,
      maxBytes,
    }),
    feed: tracks ?? feedOf(data, packer, batch, seed),
    tracks,
    lost,
    validate: validation && createValidator({ module, packer, data: validation.data, shard, seed, maxBytes }),
    tell: progress,
    best: { loss: Infinity, update: 0, waited: 0, params: undefined },
    average: undefined,
    done: 0,
    skipped: 0,
    loss: NaN,
    summary: undefined,
    historyLines: 0,
    hasFailed: false,
    kept: 0,
  };
}

function feedOf(data: CheckedTraining["data"], packer: BatchPacker, batch: number, seed: number): Feed {
  return isStream(data) ? createStreamFeed(data, packer, batch, seed) : createFeed(data, packer, batch, seed);
}

/** All that happens, as it is pulled; threads end with it, and what is being read. */
export async function* runEvents(run: TrainingRun): AsyncGenerator<TrainEvent, void> {
  try {
    yield* events(run);
  } finally {
    await run.learner.close();
    await run.feed.close?.();
  }
}

async function* events(run: TrainingRun): AsyncGenerator<TrainEvent, void> {
  const { options, learner, best } = run;
  const { validation, signal, checkpoints } = options;
  const resumed = await resume(run);
  if (resumed === undefined) await prepare(run);
  else yield tellEvent(run, resumed);
  for (;;) {
    const reason = reasonToEnd(run);
    const isEnd = signal?.aborted === true || reason !== undefined;
    if (checkpoints !== undefined && isDue(run, checkpoints, isEnd)) yield tellEvent(run, await keep(run, checkpoints));
    if (signal?.aborted === true) throw signal.reason;
    if (reason !== undefined) {
      // Not where it stops otherwise: params are those of the last update then.
      if (best.params !== undefined) learner.instance.setParams(best.params);
      yield tellEvent(run, end(run, reason));
      return;
    }
    const update = await takeUpdate(run);
    for (const { cause, tasks } of run.lost.splice(0)) {
      yield tellEvent(run, { kind: "worker-lost", update: run.done, cause, shards: tasks });
    }
    yield tellEvent(run, update);
    if (validation !== undefined && run.done % validation.every === 0) yield tellEvent(run, await look(run));
  }
}

function tellEvent(run: TrainingRun, event: TrainEvent): TrainEvent {
  const { history } = run.options;
  // Without the clock, so that a run that went on has the lines of one that never stopped.
  const line = JSON.stringify(event, (key, value: unknown) => (key === "milliseconds" ? undefined : value));
  if (typeof history === "function") history(line);
  else history?.write(line);
  run.historyLines++;
  run.tell(event);
  return event;
}

async function resume(run: TrainingRun): Promise<ResumedEvent | undefined> {
  const { checkpoints, resume: asked = false, history } = run.options;
  let found: ResumePoint | undefined;
  if (checkpoints !== undefined) {
    if (asked === false) await checkIsEmpty(checkpoints);
    else found = await resumeRun(run, checkpoints, asked === true ? [] : asked.allow);
  }
  if (history !== undefined && typeof history !== "function") history.cut(run.historyLines);
  if (found === undefined) return undefined;
  run.kept = run.done;
  return { kind: "resumed", update: run.done, ...found };
}

/** Is there to be a checkpoint of this state, of which there is none yet? */
function isDue({ done, kept }: TrainingRun, { every }: Checkpoints, isEnd: boolean): boolean {
  return done !== kept && done > 0 && (isEnd || done % every === 0);
}

async function keep(run: TrainingRun, checkpoints: Checkpoints): Promise<CheckpointEvent> {
  const update = run.done;
  run.kept = update;
  const name = nameOfStep(update);
  try {
    await saveRun(run, checkpoints);
    run.hasFailed = false;
    return { kind: "checkpoint", update, name };
  } catch (error) {
    if (run.hasFailed) throw error;
    run.hasFailed = true;
    return { kind: "checkpoint", update, name, failed: error instanceof Error ? error.message : String(error) };
  }
}

function end(run: TrainingRun, reason: EndEvent["reason"]): EndEvent {
  const { best, done: updates, skipped, loss } = run;
  const lowest = { loss: best.loss, update: best.update };
  run.summary = { reason, updates, skipped, loss, ...(best.update > 0 ? { best: lowest } : {}) };
  return { kind: "end", reason, update: updates };
}

async function prepare(run: TrainingRun): Promise<void> {
  const { options, learner, packer } = run;
  const { module, data, seed, standardize, average } = options;
  if (standardize !== undefined && !isStream(data)) {
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

async function takeUpdate(run: TrainingRun): Promise<UpdateEvent | SkippedEvent> {
  const { options, learner, feed, average } = run;
  const start = Date.now();
  const next = await feed.next();
  const result = await updateOrFault(run, next);
  run.done++;
  if (result instanceof TrainingError) {
    run.skipped++;
    return { kind: "skipped", update: run.done, epoch: next.epoch, cause: result.message };
  }
  run.loss = result.loss;
  if (average !== undefined) moveAverage(average, learner.instance.params, options.average!.decay);
  const told = { update: run.done, epoch: next.epoch, examples: next.examples.length, ...result };
  return { kind: "update", ...told, milliseconds: Date.now() - start };
}

/** What the update was; where that is not finite and may be left out, what is wrong with it. */
async function updateOrFault(
  { options, learner, skipped, done }: TrainingRun,
  batch: Batch,
): Promise<UpdateResult | TrainingError> {
  // prettier-ignore
  const { onNonFinite = "stop" } = options;
  try {
    return await learner.update(batch, done + 1);
  } catch (error) {
    const isFault = error instanceof TrainingError && error.code === "non-finite";
    if (!isFault || onNonFinite === "stop" || skipped >= onNonFinite.skip) throw error;
    return error;
  }
}

async function look(run: TrainingRun): Promise<ValidationEvent> {
  const { learner, best, validate, options } = run;
  const params = run.average ?? learner.instance.params;
  const settings = { ...run.settings.at(run.done), ...options.validation!.settings };
  const result = await validate!({ ...params, ...learner.instance.fixed }, settings, run.done);
  const isBest = result.loss < best.loss;
  if (isBest) Object.assign(best, { loss: result.loss, update: run.done, waited: 0 });
  else best.waited++;
  if (isBest && options.validation!.keepBest === true) best.params = copyOf(params);
  learner.state.observe(result.loss);
  run.settings.observe(result.loss);
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
