/** `recell train`: the common cases of training, without a program. */
import { join } from "node:path";
import { CallRangeError, CallTypeError, ParamsError, SourceError, TrainingError } from "../../runtime/base/errors.js";
import { saveParams } from "../../runtime/io/params.js";
import { embedParams } from "../../runtime/module/embed-params.js";
import { loadModule } from "../../runtime/module/load-js.js";
import { historyFile } from "../../runtime/node/history-file.js";
import { adagrad } from "../../runtime/training/optimizers/adagrad.js";
import { adam, adamw, nadam } from "../../runtime/training/optimizers/adam.js";
import { lion } from "../../runtime/training/optimizers/lion.js";
import type { Optimizer } from "../../runtime/training/optimizers/optimizer-types.js";
import { rmsprop } from "../../runtime/training/optimizers/rmsprop.js";
import { sgd } from "../../runtime/training/optimizers/sgd.js";
import { train } from "../../runtime/training/train/train.js";
import { compile, type CompileSuccess } from "../driver/compile.js";
import { MissingSizesError } from "../driver/compile-options.js";
import { type ParsedArguments, UsageError } from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { readText, writeTogether } from "./files.js";
import { asUsageError } from "./option-errors.js";
import { readLimits } from "./read-limits.js";
import { type Input, onlyInput, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";
import { ConfigError, parseConfig } from "./train/config-text.js";
import { settingsOfConfig, settingsOfOptions, type TrainCommandSettings } from "./train/train-settings.js";
import { caseOf, type DataCount, type TrainingData } from "./train/training-data.js";

const optimizers: Readonly<Record<NonNullable<TrainCommandSettings["optimizer"]>, (options: { learningRate?: number }) => Optimizer>> = { adam, adamw, nadam, rmsprop, adagrad, sgd, lion }; // prettier-ignore

export const run: Run = async (args, terminal) => {
  const input = onlyInput("train", args);
  try {
    const settings = readSettings(args);
    const { data } = settings;
    if (data === undefined) throw new UsageError("recell train needs --data FILE: what is to be learned from");
    const [content, own] = [readText(data, readLimits.data), caseOf(data)];
    const program = build(input, settings, () => own.count(content, settings), terminal);
    if (program === undefined) return exitCodes.failed;
    const examples = own.examples(content, program.manifest, settings);
    terminal.error(`learns ${examples.told}\n`);
    await learn(program, input, settings, examples, args.flag("quiet") === true, terminal);
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    // Calls of training are wrong where the data are: they do not fit the network, or each other.
    const ofData = [SourceError, TrainingError, ParamsError, CallTypeError, CallRangeError];
    if (!ofData.some((kind) => error instanceof kind)) throw error;
    terminal.error(`recell: ${(error as Error).message}\n`);
    return exitCodes.failed;
  }
};

/** Options count before what the file says. */
function readSettings(args: ParsedArguments): TrainCommandSettings {
  const config = args.text("config");
  const ofFile = config === undefined ? {} : settingsOfConfig(parseConfig(config, readText(config, readLimits.description))); // prettier-ignore
  const ofOptions = settingsOfOptions(args);
  const dim = { ...ofFile.dim, ...ofOptions.dim };
  const settings = { ...ofFile, ...ofOptions, dim };
  if (ofOptions.updates !== undefined && ofOptions.epochs === undefined) delete settings.epochs;
  if (ofOptions.epochs !== undefined && ofOptions.updates === undefined) delete settings.updates;
  if (settings.updates !== undefined && settings.epochs !== undefined) throw new UsageError("--updates and --epochs are two ways to say when training ends"); // prettier-ignore
  return settings;
}

/** The one size that is missing is what the data have so many of. */
function build(
  input: Input,
  settings: TrainCommandSettings,
  counted: () => DataCount | undefined,
  terminal: Terminal,
): CompileSuccess | undefined {
  const { cell, dtype } = settings;
  const compileWith = (dimensions: Readonly<Record<string, number>>) =>
    compile(input.text, { file: input.file, readFile: input.readFile, dimensions, gradient: "params", ...(cell && { cell }), ...(dtype && { dtype }) }); // prettier-ignore
  let result: ReturnType<typeof compile>;
  try {
    result = compileWith(settings.dim ?? {});
  } catch (error) {
    const [name, ...others] = error instanceof MissingSizesError ? error.missing : [];
    const found = name === undefined || others.length > 0 ? undefined : counted();
    if (name === undefined || found === undefined) throw asUsageError(input.file, error);
    terminal.error(`${name} is ${found.count}, the number of ${found.of}\n`);
    result = compileWith({ ...settings.dim, [name]: found.count });
  }
  showFindings(result, terminal);
  return result.manifest === undefined ? undefined : result;
}

async function learn(
  program: CompileSuccess,
  input: Input,
  settings: TrainCommandSettings,
  { learn: data, heldOut, files }: TrainingData,
  isQuiet: boolean,
  terminal: Terminal,
): Promise<void> {
  const { manifest } = program;
  const { batch = 16, seed = 0, optimizer = "adam", learningRate = 0.003, clip = 1, epochs, out = "." } = settings;
  const updates = settings.updates ?? (epochs === undefined ? 500 : undefined);
  const all = updates ?? epochs! * Math.ceil(data.count / batch);
  const module = await loadModule(program.files[0].text);
  const name = manifest.cell.toLowerCase();
  const training = train({
    module,
    data,
    batch,
    seed,
    optimizer: optimizers[optimizer]({ learningRate }),
    clip: { norm: clip },
    ...(updates === undefined ? { epochs: epochs! } : { updates }),
    ...(heldOut && { validation: { data: heldOut, every: Math.max(1, Math.floor(all / 10)), keepBest: true } }),
    history: historyFile(join(out, "history.jsonl")),
    ...(!isQuiet && { progress: (line: string) => terminal.error(`${line}\n`) }),
  });
  const summary = await training.finish();
  const { instance } = training;
  const { cell = manifest.cell, dtype } = settings;
  const small = compile(input.text, { file: input.file, readFile: input.readFile, dimensions: manifest.dimensions, gradient: false, cell, ...(dtype && { dtype }) }); // prettier-ignore
  const text = embedParams((small as CompileSuccess).files[0].text, { ...instance.params, ...instance.fixed });
  const written = [
    { path: join(out, `${name}.safetensors`), contents: saveParams(module, instance) },
    { path: join(out, `${name}.js`), contents: Buffer.from(text) },
    ...files.map((file) => ({ path: join(out, file.name), contents: Buffer.from(file.contents) })),
  ];
  writeTogether(written);
  const held = summary.best === undefined ? "nothing was held out" : `held-out loss ${short(summary.best.loss)}, the best, after ${summary.best.update} updates`; // prettier-ignore
  terminal.out(`${summary.updates} updates, loss of the last ${short(summary.loss)}; ${held}\n`);
  for (const { path } of [...written, { path: join(out, "history.jsonl") }]) terminal.out(`wrote ${path}\n`);
}

const short = (value: number): string => String(Number(value.toPrecision(5)));
