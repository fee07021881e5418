/** `recell run`: a built module over data in files or from a pipe. */
import { resolve } from "node:path";
import { ArrayFileError } from "../../runtime/io/arrays/array-file-error.js";
import { CheckpointError, ModuleError, ParamsError, SafetensorsError } from "../../runtime/base/errors.js";
import { isRecord } from "../../runtime/base/options.js";
import type { CallValues, CompiledModule, ModuleInstance } from "../../runtime/module/compiled-module.js";
import { loadModule } from "../../runtime/module/load-js.js";
import { storedTensors } from "../../runtime/module/axes.js";
import { isDrawn } from "../../runtime/module/initializers.js";
import { loadWeights } from "../../runtime/training/checkpoint/load-weights.js";
import type { WavHeader } from "../../runtime/io/arrays/wav-header.js";
import { choiceOption, integerOption, type ParsedArguments, sizesOption, UsageError } from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { readBytes, readText, STDIN } from "./files.js";
import { readLimits } from "./read-limits.js";
import { bytesOfInput } from "./run-module/byte-source.js";
import { type ResultDestination, toFile, toTerminal } from "./run-module/destination.js";
import { InputError } from "./run-module/input-error.js";
import { linesOf, readJsonLine, type LineValues } from "./run-module/read-lines.js";
import { type DataFormat, dataFormats, type StepBlock, type StepInput, stepsOf } from "./run-module/read-steps.js";
import {
  createExampleRunner,
  type ExampleColumns,
  inputsNeeded,
  outputsOfExample,
  runExamples,
} from "./run-module/run-examples.js";
import { inputsOfStep, instanceForSteps, outputsOfStep, runSteps } from "./run-module/run-stream.js";
import { createWriter, type ResultColumns, type SoundSettings } from "./run-module/write-results.js";
import type { Terminal } from "./terminal.js";

export const run: Run = async (args, terminal) => {
  const [path, ...others] = args.positionals;
  if (path === undefined || others.length > 0) {
    throw new UsageError(`recell run takes one MODULE, got ${args.positionals.length}; see recell run --help`);
  }
  const input = args.text("input") ?? STDIN;
  const format = formatOf("format", args.text("format"), input, "csv");
  const out = args.text("output") ?? STDIN;
  const otherwise = format === "npy" || format === "wav" ? "csv" : format;
  const outFormat = formatOf("output-format", args.text("output-format"), out, otherwise);
  if (out === STDIN && terminal.watched && (outFormat === "npy" || outFormat === "wav")) {
    throw new UsageError(`.${outFormat} is nothing for a terminal; --output FILE says where it goes`);
  }
  if (out !== STDIN && resolve(out) === resolve(input)) throw new UsageError("--output is the same file as --input");
  let to: ResultDestination | undefined;
  try {
    const task = await prepare(path, args, terminal, { input, format });
    to = out === STDIN ? toTerminal(terminal) : toFile(out);
    const done = await (task.streams ? runStream : runWhole)(task, outFormat, to);
    to.finish();
    if (out !== STDIN) terminal.error(`wrote ${out}, ${done} ${task.streams ? "steps" : "examples"}\n`);
    return exitCodes.ok;
  } catch (error) {
    if (!known.some((kind) => error instanceof kind)) throw error;
    const about = error instanceof InputError || error instanceof ArrayFileError ? `${nameOf(input)}: ` : "";
    terminal.error(`recell: ${about}${(error as Error).message}\n`);
    return exitCodes.failed;
  } finally {
    to?.close();
  }
};

const known = [InputError, ArrayFileError, ModuleError, ParamsError, SafetensorsError, CheckpointError];
const nameOf = (path: string): string => (path === STDIN ? "standard input" : path);

function formatOf(option: string, given: string | undefined, path: string, otherwise: DataFormat): DataFormat {
  if (given !== undefined) return choiceOption(option, given, dataFormats, otherwise);
  if (path === STDIN) return otherwise;
  const ending = /\.([^./\\]+)$/u.exec(path)?.[1]?.toLowerCase();
  const found = ending === "ndjson" ? "jsonl" : dataFormats.find((format) => format === ending);
  if (found !== undefined) return found;
  throw new UsageError(`${path}: the name says no format; --${option} must be ${dataFormats.join(" or ")}`);
}

interface RunTask {
  readonly module: CompiledModule;
  readonly streams: boolean;
  readonly given: CallValues;
  readonly sizes: Readonly<Record<string, number>>;
  readonly step: Omit<StepInput, "inputs">;
  readonly outputs: readonly string[] | undefined;
  /** What a file of sound was, once it was read. */
  readonly sound: { heard?: WavHeader; readonly rate: number | undefined };
  instance(sizes: Readonly<Record<string, number>>, steps: number | undefined): ModuleInstance;
}

async function prepare(
  path: string,
  args: ParsedArguments,
  terminal: Terminal,
  { input, format }: { readonly input: string; readonly format: DataFormat },
): Promise<RunTask> {
  const module = await loadModule(readText(path, readLimits.module));
  const { manifest } = module;
  const [weights, seed] = [args.text("weights"), args.text("seed")];
  if (weights !== undefined && seed !== undefined)
    throw new UsageError("--weights and --seed are two ways to set params");
  const bytes = weights === undefined ? undefined : readBytes(weights, readLimits.params);
  const drawn = seed === undefined ? undefined : integerOption("seed", seed, 0);
  const wasm = args.text("wasm");
  const kernels = wasm === undefined ? {} : { wasm: readBytes(wasm, readLimits.kernels) };
  let isNoted = false;
  const setUp = (instance: ModuleInstance): ModuleInstance => {
    if (bytes !== undefined) loadWeights(module, instance, bytes);
    else if (drawn !== undefined) instance.init(drawn);
    else if (!isNoted && hasNoParams(module, instance)) {
      isNoted = true;
      terminal.error(`note: no params of ${manifest.cell} have been set: they are 0; --weights FILE sets them, --seed N draws them\n`); // prettier-ignore
    }
    instance.freeze();
    return instance;
  };
  const streams = manifest.has.step && args.flag("examples") !== true;
  const sound: RunTask["sound"] = { rate: args.text("rate") === undefined ? undefined : integerOption("rate", args.text("rate"), 0, 1) }; // prettier-ignore
  return {
    module,
    streams,
    given: givenValues(args.text("given")),
    sizes: sizesOption("dim", args.list("dim")),
    outputs: args.text("outputs")?.split(","),
    sound,
    step: {
      format,
      source: bytesOfInput(input),
      columns: columnsOption(args.list("columns")),
      onSound: (header) => (sound.heard = header),
    },
    instance: (sizes, steps) =>
      setUp(steps === undefined ? instanceForSteps(module, sizes, kernels) : module.instantiate({ batch: 1, ...stepsOption(module, steps), ...(Object.keys(sizes).length > 0 && { sizes }), ...kernels })), // prettier-ignore
  };
}

const stepsOption = ({ manifest }: CompiledModule, steps: number) =>
  manifest.axes.some(({ option }) => option === "steps") ? { steps } : {};

/** Are all that would be drawn still 0? */
function hasNoParams({ manifest }: CompiledModule, { params, fixed = {} }: ModuleInstance): boolean {
  const drawn = storedTensors(manifest).filter(({ initializer }) => isDrawn(initializer));
  return drawn.length > 0 && drawn.every(({ name }) => (params[name] ?? fixed[name])!.every((value) => value === 0));
}

/** A file of JSON, or the text itself. */
function givenValues(text: string | undefined): CallValues {
  if (text === undefined) return {};
  const isText = text.trimStart().startsWith("{");
  const content = isText ? text : readText(text, readLimits.data);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new UsageError(`--given${isText ? "" : ` ${text}`} is no JSON: ${(error as Error).message}`);
  }
  if (!isRecord(value)) throw new UsageError("--given must be an object with values by name");
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, Array.isArray(own) ? own.flat(Infinity) : own])); // prettier-ignore
}

function columnsOption(entries: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    entries.map((entry): [string, string[]] => {
      const [, name, list] = /^([^=]+)=(.+)$/su.exec(entry) ?? [];
      if (name === undefined || list === undefined) {
        throw new UsageError(
          `--columns takes INPUT=HEADING,…, as in --columns x=high,low; got ${JSON.stringify(entry)}`,
        );
      }
      return [name, list.split(",")];
    }),
  );
}

/** Those that were asked for, in the order in which they were. */
function chosen<Output extends { readonly name: string }>(
  all: readonly Output[],
  names: readonly string[] | undefined,
): Output[] {
  if (names === undefined) return [...all];
  return names.map((name) => {
    const found = all.find((output) => output.name === name);
    if (found !== undefined) return found;
    throw new UsageError(`--outputs: there is no output ${JSON.stringify(name)}; there are ${all.map((output) => output.name).join(", ")}`); // prettier-ignore
  });
}

async function runStream(task: RunTask, format: DataFormat, to: ResultDestination): Promise<number> {
  const { module, step, sizes, given } = task;
  const inputs = inputsOfStep(module);
  const outputs = chosen(outputsOfStep(module, sizes), task.outputs);
  const instance = task.instance(sizes, undefined);
  const perStep = inputs.reduce((sum, { width }) => sum + width, 0);
  const writer = createWriter(format, to, outputs, (width) => soundOf(task.sound, perStep, width));
  const done = await runSteps(module, instance, given, stepsOf({ ...step, inputs }), writer, to);
  writer.end();
  return done;
}

/** The rate of what comes out follows from how many frames a step takes and gives. */
function soundOf({ heard, rate }: RunTask["sound"], taken: number, width: number): SoundSettings {
  const channels = heard === undefined || width % heard.channels !== 0 ? 1 : heard.channels;
  const format = heard?.format ?? "pcm16";
  if (rate !== undefined) return { sampleRate: rate, channels, format };
  if (heard === undefined)
    throw new UsageError("a .wav file has a rate, which the input does not tell; --rate says it");
  const own = (heard.sampleRate * (width / channels)) / (taken / heard.channels);
  if (Number.isInteger(own)) return { sampleRate: own, channels, format };
  throw new UsageError(
    `${taken} numbers in and ${width} out of a step make ${own} frames in a second; --rate says another`,
  );
}

async function* examplesOf({
  module,
  step,
}: RunTask): AsyncGenerator<{ readonly values: LineValues; readonly label: string }[]> {
  const all = [...module.manifest.inputs, ...module.manifest.contexts];
  if (step.format === "jsonl") {
    const names = all.map(({ name }) => name);
    for await (const lines of linesOf(step.source)) {
      yield lines.map((line) => ({ values: readJsonLine(line, names), label: `line ${line.number}` }));
    }
    return;
  }
  const needed = inputsNeeded(module);
  const inputs = all.flatMap(({ name, axes, shape }) => {
    // The first axis, but for that of the examples, goes along the lines.
    const [, ...rest] = [...axes.slice(1), ...shape];
    const width = rest.reduce<number>((product, size) => (typeof size === "number" ? product * size : NaN), 1);
    if (!needed.includes(name)) return [];
    if (Number.isFinite(width)) return [{ name, width }];
    throw new InputError(`${name} has several axes of any size: JSON lines can hold it`);
  });
  const values: Record<string, number[]> = Object.fromEntries(inputs.map(({ name }) => [name, []]));
  for await (const block of stepsOf({ ...step, inputs })) appendTo(values, block);
  yield [{ values, label: "the example" }];
}

function appendTo(values: Record<string, number[]>, block: StepBlock): void {
  for (const [name, own] of Object.entries(block.values))
    for (let i = 0; i < own.length; i++) values[name]!.push(own[i]!);
}

async function runWhole(task: RunTask, format: DataFormat, to: ResultDestination): Promise<number> {
  const { module, given, sizes } = task;
  const names = chosen(outputsOfExample(module.manifest), task.outputs).map(({ name }) => name);
  if (names.length === 0) throw new UsageError(`${module.manifest.cell} has no output but losses`);
  const runner = createExampleRunner(module, given, (own, steps) => task.instance({ ...sizes, ...own }, steps));
  let writer: ReturnType<typeof createWriter> | undefined;
  let [written, isLong] = [0, false];
  const done = await runExamples(
    examplesOf(task),
    runner,
    (result) => {
      const whole = chosen(result.outputs, names);
      const rows = format === "jsonl" ? undefined : rowsOfExample(whole);
      isLong ||= rows?.isLong === true;
      if (isLong && written > 0) throw new InputError(`several sequences are no one .${format}; --output-format jsonl keeps them apart`); // prettier-ignore
      writer ??= createWriter(format, to, rows?.outputs ?? whole, (width) => soundOf(task.sound, task.sound.heard?.channels ?? 1, width)); // prettier-ignore
      // In JSON lines shapes may differ from line to line.
      if (format === "jsonl") createWriter(format, to, whole, () => soundOf(task.sound, 1, 1)).write(result);
      else writer.write({ count: rows?.count ?? 1, values: result.values });
      written++;
    },
    to,
  );
  writer?.end();
  return done;
}

/** The first axis as lines; of results without axes one line is one example. */
function rowsOfExample(outputs: readonly ExampleColumns[]): {
  readonly count: number;
  readonly outputs: ResultColumns[];
  readonly isLong: boolean;
} {
  const isLong = outputs.some(({ isSequence }) => isSequence);
  const sizes = new Set(outputs.map(({ shape }) => (isLong ? (shape[0] ?? 1) : 1)));
  const [count = 1, ...others] = sizes;
  if (others.length > 0) {
    const told = outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
    throw new InputError(
      `outputs of different lengths make no table: ${told}; --outputs says which, or --output-format jsonl`,
    );
  }
  return {
    count,
    isLong,
    outputs: outputs.map(({ name, shape }) => ({ name, shape: isLong ? shape.slice(1) : shape })),
  };
}
