/** `recell train`: the common cases of training, without a program. */
import {
  CallRangeError,
  CallTypeError,
  CheckpointError,
  ParamsError,
  SourceError,
  TrainingError,
} from "../../runtime/base/errors.js";
import { elementCount } from "../../runtime/module/compiled-module.js";
import { usualShard } from "../../runtime/pool/split.js";
import { compile, type CompileSuccess } from "../driver/compile.js";
import { MissingSizesError } from "../driver/compile-options.js";
import { type ParsedArguments, UsageError } from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { readText } from "./files.js";
import { asUsageError } from "./option-errors.js";
import { readLimits } from "./read-limits.js";
import { type Input, onlyInput, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";
import { ConfigError, parseConfig } from "./train/config-text.js";
import { effective, learn, leftOut, updatesOf } from "./train/learn.js";
import { settingsOfConfig, settingsOfOptions, type TrainCommandSettings } from "./train/train-settings.js";
import { caseOf, type DataCount, type TrainingData } from "./train/training-data.js";

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
    if (args.flag("dry-run") === true) {
      terminal.out(plan(program, settings, examples));
      return exitCodes.ok;
    }
    if (settings.patience !== undefined && examples.heldOut === undefined) {
      throw new UsageError("--patience needs something that is held out: give more data, or a larger --held-out");
    }
    const [resumes, isQuiet] = [args.flag("resume") === true, args.flag("quiet") === true];
    const small = withoutGradient(input, settings, program);
    await learn(
      { file: input.file, text: program.files[0].text, small, settings, data: examples, resumes, isQuiet },
      terminal,
    );
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    if (error instanceof CheckpointError && error.code === "not-empty") {
      throw new UsageError("there are checkpoints of a run in --out already: --resume goes on with it, another --out begins anew"); // prettier-ignore
    }
    // Calls of training are wrong where the data are: they do not fit the network, or each other.
    const ofData = [SourceError, TrainingError, ParamsError, CheckpointError, CallTypeError, CallRangeError];
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
  if (args.flag("resume") === true && settings.checkpointEvery === undefined) throw new UsageError("--resume needs --checkpoint-every N, which keeps what it goes on from"); // prettier-ignore
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

/** The same network without its gradient, for who uses it. */
function withoutGradient(input: Input, { cell, dtype }: TrainCommandSettings, { manifest }: CompileSuccess): string {
  const small = compile(input.text, { file: input.file, readFile: input.readFile, dimensions: manifest.dimensions, gradient: false, cell: cell ?? manifest.cell, ...(dtype && { dtype }) }); // prettier-ignore
  return (small as CompileSuccess).files[0].text;
}

/** What a run would do and take, and the options that count, as `--config` reads them. */
function plan(
  { manifest }: CompileSuccess,
  settings: TrainCommandSettings,
  { learn: data, heldOut }: TrainingData,
): string {
  const { all, inEpoch } = updatesOf(settings, data.count);
  const { batch = leftOut.batch } = settings;
  const params = manifest.params.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const lines = [
    `${data.count} examples to learn from, ${heldOut?.count ?? 0} held out`,
    `${all} updates of ${batch} examples in ${Math.ceil(batch / usualShard)} shards; ${inEpoch} of them are once through the data`,
    `${params} params`,
  ];
  return `${lines.join("\n")}\n${JSON.stringify(effective(settings), null, 2)}\n`;
}
