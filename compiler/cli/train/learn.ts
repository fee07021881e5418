/** A run of training, from examples to files. */
import { basename, join } from "node:path";
import { TrainingError } from "../../../runtime/base/errors.js";
import { saveParams } from "../../../runtime/io/params.js";
import { embedParams } from "../../../runtime/module/embed-params.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import { checkpointFolder } from "../../../runtime/node/checkpoint-folder.js";
import type { FileToWrite } from "../../../runtime/node/file-to-write.js";
import { historyFile } from "../../../runtime/node/history-file.js";
import { checkpoints } from "../../../runtime/training/checkpoint/store.js";
import { adagrad } from "../../../runtime/training/optimizers/adagrad.js";
import { adam, adamw, nadam } from "../../../runtime/training/optimizers/adam.js";
import { lion } from "../../../runtime/training/optimizers/lion.js";
import type { Optimizer } from "../../../runtime/training/optimizers/optimizer-types.js";
import { rmsprop } from "../../../runtime/training/optimizers/rmsprop.js";
import { sgd } from "../../../runtime/training/optimizers/sgd.js";
import { findFlow } from "../../../runtime/training/train/flow.js";
import type { TrainOptions } from "../../../runtime/training/train/options.js";
import { train, type Training } from "../../../runtime/training/train/train.js";
import { drawReport, reportPage } from "../../tools/report/draw-report.js";
import { readHistory, withTimes } from "../../tools/report/read-history.js";
import { readText, writeTogether } from "../files.js";
import { readLimits } from "../read-limits.js";
import type { Terminal } from "../terminal.js";
import { holdInterrupts } from "./interrupts.js";
import type { TrainCommandSettings } from "./train-settings.js";
import type { TrainingData } from "./training-data.js";

const optimizers: Readonly<Record<NonNullable<TrainCommandSettings["optimizer"]>, (options: { learningRate?: number }) => Optimizer>> = { adam, adamw, nadam, rmsprop, adagrad, sgd, lion }; // prettier-ignore

const historyName = "history.jsonl";

/** Updates, where neither these nor epochs are told. */
const usualUpdates = 500;

/** What `recell train` takes where nobody says. */
export const leftOut = { batch: 16, seed: 0, optimizer: "adam", learningRate: 0.003, clip: 1, out: "." } as const;

/** Updates from the first to the last, and how many of them are an epoch. */
export function updatesOf(
  { updates, epochs, batch = leftOut.batch }: TrainCommandSettings,
  examples: number,
): { readonly all: number; readonly inEpoch: number } {
  const inEpoch = Math.ceil(examples / batch);
  return { all: updates ?? (epochs === undefined ? usualUpdates : epochs * inEpoch), inEpoch };
}

/** All options that count, those that nobody gave among them. */
export function effective(settings: TrainCommandSettings): TrainCommandSettings {
  const { updates, epochs } = settings;
  return { ...leftOut, ...settings, ...(updates === undefined && epochs === undefined && { updates: usualUpdates }) };
}

export interface Lesson {
  /** Name of the source. */
  readonly file: string;
  /** The network with its gradient. */
  readonly text: string;
  /** The network as it is used, once it has learned. */
  readonly small: string;
  readonly settings: TrainCommandSettings;
  readonly data: TrainingData;
  readonly resumes: boolean;
  readonly isQuiet: boolean;
}

/** Trains, and writes what came of it. An interrupt ends it early, with what was learned by then, and takes effect after that. */
export async function learn(lesson: Lesson, terminal: Terminal): Promise<void> {
  const { text, small, settings, data } = lesson;
  const { out = leftOut.out, report } = settings;
  const interrupts = holdInterrupts(() => terminal.error("stopping after this update; once more ends it at once\n"));
  try {
    const module = await loadModule(text);
    const training = train({ ...optionsOf(lesson, module, terminal), signal: interrupts.signal });
    const times = new Map<number, number>();
    const told = await follow(training, interrupts, times);
    const { instance } = training;
    const name = module.manifest.cell.toLowerCase();
    const trained = embedParams(small, { ...instance.params, ...instance.fixed });
    const written: FileToWrite[] = [
      { path: join(out, `${name}.safetensors`), contents: saveParams(module, instance) },
      { path: join(out, `${name}.js`), contents: Buffer.from(trained) },
      { path: join(out, "config.json"), contents: Buffer.from(`${JSON.stringify(effective(settings), null, 2)}\n`) },
      ...data.files.map((file) => ({ path: join(out, file.name), contents: Buffer.from(file.contents) })),
      ...(report === undefined ? [] : [{ path: report, contents: Buffer.from(reportOf(lesson, report, times)) }]),
    ];
    writeTogether(written);
    terminal.out(`${told}\n`);
    const baseline = await data.baseline?.();
    if (baseline !== undefined) {
      terminal.out(`without learning, of what is ${data.heldOut ? "held out" : "learned from"}: ${baseline}\n`);
    }
    for (const { path } of [...written, { path: join(out, historyName) }]) terminal.out(`wrote ${path}\n`);
    if (interrupts.signal.aborted && settings.checkpointEvery !== undefined) {
      terminal.error("the same command with --resume goes on\n");
    }
  } catch (error) {
    if (error instanceof TrainingError && error.replay !== undefined) {
      const path = join(out, `nonfinite-${error.update}.safetensors`);
      writeTogether([{ path, contents: error.replay }]);
      terminal.error(`wrote ${path}, that example with the params: recell diagnose ${lesson.file} --replay ${path}\n`);
    }
    throw error;
  } finally {
    interrupts.release();
  }
}

/** The whole history, also of what was before a run went on; times are known of its own updates. */
function reportOf({ file, settings }: Lesson, path: string, times: ReadonlyMap<number, number>): string {
  const history = readHistory(readText(join(settings.out ?? leftOut.out, historyName), readLimits.history));
  const title = `Training, ${basename(file)}`;
  return (path.endsWith(".svg") ? drawReport : reportPage)(withTimes(history, times), title);
}

/** In a report, where nobody says which: the first update, the last, and some between. */
function flowOf({ settings, data }: Lesson, { manifest }: CompiledModule): readonly number[] | undefined {
  if (settings.flow !== undefined || settings.report === undefined) return settings.flow;
  const { all } = updatesOf(settings, data.learn.count);
  return "plan" in findFlow(manifest, undefined)
    ? [0, 1, 2, 3, 4].map((k) => Math.max(1, Math.round((k * all) / 4)))
    : undefined;
}

function optionsOf(lesson: Lesson, module: CompiledModule, terminal: Terminal): TrainOptions {
  const { settings, data, resumes, isQuiet } = lesson;
  const { optimizer, learningRate, clip, out, batch, seed } = { ...leftOut, ...settings };
  const { epochs, updates, threads, truncate, patience, checkpointEvery } = settings;
  const { all } = updatesOf(settings, data.learn.count);
  const flow = flowOf(lesson, module);
  const every = Math.max(1, Math.floor(all / 10));
  return {
    module,
    data: data.learn,
    batch,
    seed,
    optimizer: optimizers[optimizer]({ learningRate }),
    clip: { norm: clip },
    norms: Math.max(1, Math.floor(all / 100)),
    ...(flow !== undefined && { flow }),
    ...(epochs === undefined || updates !== undefined ? { updates: all } : { epochs }),
    ...(data.heldOut && {
      validation: { data: data.heldOut, every, keepBest: true, ...(patience !== undefined && { patience }) },
    }),
    ...(threads !== undefined && { threads }),
    ...(truncate !== undefined && { truncate: typeof truncate === "number" ? truncate : { every: truncate[0], back: truncate[1] } }), // prettier-ignore
    ...(checkpointEvery !== undefined && {
      checkpoints: checkpoints(checkpointFolder(join(out, "checkpoints")), { every: checkpointEvery }),
      // A run that goes on for longer looks at what is held out more rarely.
      resume: resumes && { allow: ["validation"] },
    }),
    history: historyFile(join(out, historyName)),
    ...(!isQuiet && { progress: (line: string) => terminal.error(`${line}\n`) }),
  };
}

/**
 * @param times Gets how long each update took.
 * @returns How it went, in a line.
 */
async function follow(
  training: Training,
  interrupts: ReturnType<typeof holdInterrupts>,
  times: Map<number, number>,
): Promise<string> {
  let [updates, loss] = [0, NaN];
  try {
    for await (const event of training) {
      if (event.kind === "update") {
        ({ update: updates, loss } = event);
        times.set(event.update, event.milliseconds);
      }
      if (event.kind === "resumed") updates = event.update;
      await interrupts.listen();
    }
  } catch (error) {
    if (!interrupts.signal.aborted || error !== interrupts.signal.reason) throw error;
    return `stopped after ${updates} updates, loss of the last ${short(loss)}; the params are those of now`;
  }
  const summary = await training.finish();
  const held = summary.best === undefined ? "nothing was held out" : `held-out loss ${short(summary.best.loss)}, the best, after ${summary.best.update} updates`; // prettier-ignore
  return `${summary.updates} updates, loss of the last ${short(summary.loss)}; ${held}`;
}

const short = (value: number): string => String(Number(value.toPrecision(5)));
