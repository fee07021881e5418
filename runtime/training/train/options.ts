/** What `train` is asked, and the checks of it. */
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import { inputsOfExample } from "../../module/axes.js";
import { asModule, type ModuleNamespace } from "../../module/load-js.js";
import type { CompiledModule } from "../../module/compiled-module.js";
import type { Manifest } from "../../module/manifest.js";
import { checkRecord, isModule, moduleKind, refuse } from "../../base/arguments.js";
import { checkCount, checkOption, checkOptionNames, checkPositive, describe, isRecord } from "../../base/options.js";
import { usualShard } from "../../pool/split.js";
import { type ExampleStream, isStream } from "../data/iterate.js";
import { checkSource, type DataSource } from "../data/source.js";
import { type Checkpoints, isCheckpoints } from "../checkpoint/store.js";
import { checkTruncate, type Cutting, type TruncateOptions } from "./chunks.js";
import { checkFlow, type FlowPlan } from "./flow.js";
import { checkSettings, type TrainSettings } from "./settings.js";
import { checkThreadsOption, type ThreadsOption, type ThreadsPlan } from "./threads.js";
import type { Optimizer } from "../optimizers/optimizer-types.js";

export interface TrainOptions {
  /** A compiled network with losses. */
  readonly module: CompiledModule | ModuleNamespace;
  /** Examples by their numbers, or one after the other (`iterate`). */
  readonly data: DataSource | ExampleStream;
  readonly optimizer: Optimizer;
  /** Examples of an update. It may be any number: memory is needed for a shard only. */
  readonly batch: number;
  /** An update takes so many times `batch` examples; 1 by default. The bits are those of one batch of as many. */
  readonly accumulate?: number;
  /** When training ends: after so many updates, or so many times through the data. One of them. */
  readonly updates?: number;
  readonly epochs?: number;
  /** Tells initial params, the order of the data and all that is drawn. */
  readonly seed: number;
  /**
   * Examples whose gradients are computed in one call; 4 by default. Those of the shards of a batch are added up in one order, so the
   * shard is a part of what the bits of the result depend on.
   */
  readonly shard?: number;
  /**
   * Threads that compute shards, the one that calls among them; 1 by default. "auto": as many as the host runs at once, where they are
   * faster. Or those of a pool, which stays open. The bits are the same for any number.
   */
  readonly threads?: ThreadsOption;
  /**
   * Truncated backpropagation: sequences are trained in chunks of so many elements, `batch` of them side by side, each with the states that
   * the one before it in the same example has left. Gradients end where a chunk begins, or `back` elements before its end. Every example
   * begins with states of its own.
   */
  readonly truncate?: number | TruncateOptions;
  /** Settings of the network: numbers, or functions of the updates done, as learning rates are. `{ beta: (updates) => Math.min(1, updates / 500) }`. */
  readonly settings?: TrainSettings;
  /** Limits of the gradient: of each number, and then of its length. */
  readonly clip?: ClipOptions;
  /** Every so many updates the event has the length of the gradient of each param, `norms`, before anything of it was clipped. */
  readonly norms?: number;
  /**
   * Every so many updates, or at those of a list, the event has `flow`: how much of the derivative of the losses arrives at each place of
   * the first example of the batch.
   */
  readonly flow?: number | readonly number[];
  /** Keeps a running mean of the params, `a = decay a + (1 - decay) p` after each update, which validation looks at. */
  readonly average?: { readonly decay: number };
  /** Fixed values that are set to the mean and the deviation of an input over the data: `{ weather: ["mean", "spread"] }`. */
  readonly standardize?: Readonly<Record<string, readonly [mean: string, deviation: string]>>;
  readonly validation?: ValidationOptions;
  /**
   * What becomes of an update whose loss or gradient is not finite: it ends training ("stop", the default), or so many of them in all are
   * left out, each with an event. Params and the optimiser are as they were before, and the update counts.
   */
  readonly onNonFinite?: "stop" | { readonly skip: number };
  /** Most bytes of an instance, as `instantiate` has it. */
  readonly maxBytes?: number;
  /** Gets a line of text now and then: `console.error`. */
  readonly progress?: (line: string) => void;
  /** Gets every event as a line of JSON. */
  readonly history?: ((line: string) => void) | HistoryLog;
  /** Where and how often the whole state of the run is kept. */
  readonly checkpoints?: Checkpoints;
  /**
   * Goes on from the newest checkpoint that is whole, where there is one, to the same bits as if it had not stopped. `allow` names parts
   * of the run that may be others than they were.
   */
  readonly resume?: boolean | { readonly allow: readonly string[] };
  /** An `AbortSignal`: the update at hand is finished, and its reason thrown. */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
}

/** Lines that are kept; where a run goes on from a checkpoint, those after it are cut off. */
export interface HistoryLog {
  write(line: string): void;
  /** Leaves so many lines. */
  cut(lines: number): void;
}

export interface ClipOptions {
  readonly norm?: number;
  readonly value?: number;
}

export interface ValidationOptions {
  readonly data: DataSource;
  /** Updates from one validation to the next. */
  readonly every: number;
  /** Ends training after so many validations in turn that are no better than the best. */
  readonly patience?: number;
  /** Whether the params of the best validation are those of the instance in the end. */
  readonly keepBest?: boolean;
  /** Settings that are others than those of the next update. */
  readonly settings?: Readonly<Record<string, number>>;
}

export interface CheckedTraining extends Omit<TrainOptions, "module" | "accumulate" | "threads" | "flow"> {
  readonly module: CompiledModule;
  /** Examples of an update. */
  readonly batch: number;
  readonly shard: number;
  readonly cutting: Cutting | undefined;
  readonly flow: FlowPlan | undefined;
  readonly threads: ThreadsPlan | undefined;
}

const known = [
  ...["module", "data", "optimizer", "batch", "accumulate", "updates", "epochs", "seed", "shard"],
  ...[
    "threads",
    "truncate",
    "settings",
    "clip",
    "average",
    "standardize",
    "validation",
    "checkpoints",
    "resume",
    "norms",
    "flow",
    "onNonFinite",
    "maxBytes",
  ],
  ...["progress", "history", "signal"],
];

/** @throws TypeError or RangeError that says which option is wrong. */
export function checkTrainOptions(options: TrainOptions): CheckedTraining {
  checkOptionNames("train", options, known);
  const { data, optimizer, batch, accumulate = 1, seed, shard = usualShard, clip, average, validation } = options;
  const module = checkLosses(options.module);
  if (isStream(data)) checkStream(options);
  else checkSource("train", "data", data);
  if (!isRecord(optimizer) || typeof optimizer.attach !== "function") {
    refuse("train", "optimizer", "an optimiser (from adam, sgd, …)", optimizer);
  }
  checkCount("train: batch", batch);
  checkCount("train: accumulate", accumulate);
  checkCount("train: shard", shard);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new CallRangeError(`train: seed must be an integer from 0 to 2^53 - 1, got ${describe(seed)}`);
  }
  checkEnd(options);
  if (clip !== undefined) {
    checkOptionNames("train: clip", clip, ["norm", "value"]);
    if (clip.norm !== undefined) checkPositive("train: clip.norm", clip.norm);
    if (clip.value !== undefined) checkPositive("train: clip.value", clip.value);
  }
  if (options.norms !== undefined) checkCount("train: norms", options.norms);
  if (average !== undefined) {
    checkOptionNames("train: average", average, ["decay"]);
    checkOption("train: average.decay", average.decay, 0, 1);
  }
  checkOnNonFinite(options);
  checkSettings("settings", module.manifest, options.settings);
  if (validation !== undefined) checkValidation(validation, module.manifest);
  checkFunctions(options);
  checkResume(options);
  checkStandardized(module, options.standardize);
  const cutting = checkTruncate(module.manifest, options.truncate);
  const flow = checkFlow(module.manifest, options.flow, cutting?.axis);
  const threads = checkThreadsOption(module, options.threads);
  return { ...options, module, batch: batch * accumulate, shard, cutting, flow, threads };
}

function checkLosses(given: unknown): CompiledModule {
  if (!isModule(given)) refuse("train", "module", moduleKind, given);
  const module = asModule(given);
  const { cell, losses = [], has } = module.manifest;
  if (losses.length === 0) {
    throw new CallTypeError(`train: ${cell} has no loss; a network says with \`loss = …\` what it is trained by`);
  }
  if (!has.gradient) throw new CallTypeError(`train: ${cell} was compiled without its gradient`);
  return module;
}

function checkEnd({ updates, epochs }: TrainOptions): void {
  if (updates === undefined && epochs === undefined) {
    throw new CallTypeError("train: updates or epochs must be given, to say when training ends");
  }
  if (updates !== undefined && epochs !== undefined) {
    throw new CallTypeError(
      `train: only one of updates and epochs may say when training ends, got updates ${describe(updates)} and epochs ${describe(epochs)}`,
    );
  }
  if (updates !== undefined) checkCount("train: updates", updates);
  if (epochs !== undefined) checkCount("train: epochs", epochs);
}

/** What looks at all examples, or at one after the other in tracks of its own, needs them by their numbers. */
function checkStream({ truncate, standardize }: TrainOptions): void {
  for (const [name, value] of Object.entries({ truncate, standardize })) {
    if (value === undefined) continue;
    throw new CallTypeError(`train: ${name} needs data whose examples have numbers (from arrays, windows, …), and these come in turn`); // prettier-ignore
  }
}

function checkOnNonFinite({ onNonFinite: value, truncate }: TrainOptions): void {
  if (value === undefined || value === "stop") return;
  if (!isRecord(value)) refuse("train", "onNonFinite", '"stop" or { skip: how many }', value);
  checkOptionNames("train: onNonFinite", value, ["skip"]);
  checkCount("train: onNonFinite.skip", value.skip);
  if (truncate !== undefined) {
    throw new CallTypeError("train: onNonFinite: with `truncate` nothing is left out: the next chunk begins with the states of that one"); // prettier-ignore
  }
}

function checkValidation(validation: ValidationOptions, manifest: Manifest): void {
  checkOptionNames("train: validation", validation, ["data", "every", "patience", "keepBest", "settings"]);
  checkSettings("validation.settings", manifest, validation.settings);
  for (const [name, value] of Object.entries(validation.settings ?? {})) {
    if (typeof value !== "number") refuse("train", `validation.settings.${name}`, "a number", value);
  }
  checkSource("train", "validation.data", validation.data);
  checkCount("train: validation.every", validation.every);
  if (validation.patience !== undefined) checkCount("train: validation.patience", validation.patience);
  const { keepBest } = validation;
  if (keepBest !== undefined && typeof keepBest !== "boolean") {
    throw new CallTypeError(`train: validation.keepBest must be true or false, got ${describe(keepBest)}`);
  }
}

function checkFunctions({ progress, history, signal }: TrainOptions): void {
  if (progress !== undefined && typeof progress !== "function") {
    refuse("train", "progress", "a function that takes a line", progress);
  }
  const isLog = isRecord(history) && typeof history["write"] === "function" && typeof history["cut"] === "function";
  if (history !== undefined && typeof history !== "function" && !isLog) {
    refuse("train", "history", "a function that takes a line, or a log (from historyFile)", history);
  }
  if (signal !== undefined && typeof (signal as Partial<typeof signal> | null)?.aborted !== "boolean") {
    refuse("train", "signal", "an AbortSignal", signal);
  }
}

function checkResume({ checkpoints, resume = false }: TrainOptions): void {
  if (checkpoints !== undefined && !isCheckpoints(checkpoints)) {
    refuse("train", "checkpoints", "what checkpoints(store, { every }) gives", checkpoints);
  }
  if (isRecord(resume)) {
    checkOptionNames("train: resume", resume, ["allow"]);
    if (!Array.isArray(resume["allow"])) refuse("train", "resume.allow", "a list of names", resume["allow"]);
  } else if (typeof resume !== "boolean") refuse("train", "resume", "true, false or { allow }", resume);
  if (resume !== false && checkpoints === undefined) {
    throw new CallTypeError("train: resume needs checkpoints, which say where to go on");
  }
}

function checkStandardized({ manifest }: CompiledModule, standardize: TrainOptions["standardize"]): void {
  if (standardize === undefined) return;
  checkRecord("train", "standardize", "pairs of fixed values by input", standardize);
  for (const [name, pair] of Object.entries(standardize)) {
    const input = inputsOfExample(manifest).find((entry) => entry.name === name && entry.dtype === "real");
    if (input === undefined) throw new CallTypeError(`train: standardize: ${name} is no input of real numbers`);
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new CallTypeError(`train: standardize.${name} must be two names of fixed values, got ${describe(pair)}`);
    }
    for (const own of pair) {
      const fixed = manifest.fixed?.find((entry) => entry.name === own);
      if (fixed === undefined)
        throw new CallTypeError(`train: standardize: ${describe(own)} is no fixed value of ${manifest.cell}`);
      const tail = input.shape.slice(input.shape.length - fixed.shape.length);
      if (fixed.shape.join() === tail.join()) continue;
      throw new CallTypeError(
        `train: standardize: ${own} must have the shape of the last axes of ${name}, [${input.shape.join(", ")}]; it has [${fixed.shape.join(", ")}]`,
      );
    }
  }
}
