/** `recell diagnose`: how gradients travel through a cell, in words, numbers and a picture. */
import { ParamsError, ReplayError, SafetensorsError } from "../../runtime/base/errors.js";
import { readSafetensors } from "../../runtime/io/safetensors.js";
import type { DataTensors } from "../tools/diagnose/data.js";
import { DataError } from "../tools/diagnose/data.js";
import { diagnose, type DiagnoseOptions, inputShapes } from "../tools/diagnose/diagnose.js";
import { diagnosisPage, drawDiagnosis } from "../tools/diagnose/draw-diagnosis.js";
import { printReplay, replay } from "../tools/diagnose/replay.js";
import { printDiagnosis } from "../tools/diagnose/print-diagnosis.js";
import { dataFromCsv, dataFromSafetensors } from "../tools/diagnose/read-data.js";
import { CellError } from "../driver/in-process.js";
import { integerOption, type ParsedArguments, sizesOption, UsageError } from "./arguments.js";
import { type ExitCode, exitCodes, type Run } from "./command.js";
import { readBytes, readText, writeTogether } from "./files.js";
import { asUsageError } from "./option-errors.js";
import { createProgress } from "./progress.js";
import { readLimits } from "./read-limits.js";
import { type Input, onlyInput } from "./sources.js";
import type { Terminal } from "./terminal.js";

export const run: Run = async (args, terminal) => {
  const out = args.text("out");
  if (out !== undefined && !/\.(?:html|svg)$/u.test(out)) {
    throw new UsageError(`--out takes a file that ends in .html or .svg, got ${JSON.stringify(out)}`);
  }
  const replayed = args.text("replay");
  if (replayed !== undefined) return runReplay(replayed, args, terminal);
  const numbers = integerOptions(args);
  const dimensions = sizesOption("dim", args.list("dim"));
  const input = onlyInput("diagnose", args);
  const cell = args.text("cell");
  const params = args.text("params");
  const common = { file: input.file, readFile: input.readFile, dimensions, ...(cell === undefined ? {} : { cell }) };
  const progress = createProgress(terminal);
  try {
    const withParams = params === undefined ? common : { ...common, params: readParams(params) };
    const data = readData(args.text("data"), input, withParams);
    const found = await diagnose(input.text, {
      ...withParams,
      ...numbers,
      ...(data === undefined ? {} : { data }),
      onProgress: (part, done, total) => progress.show(part, done, total),
    });
    progress.clear();
    if (out !== undefined) {
      writeTogether([{ path: out, contents: out.endsWith(".svg") ? drawDiagnosis(found) : diagnosisPage(found) }]);
    }
    terminal.out(args.flag("json") === true ? `${JSON.stringify(found, null, 2)}\n` : printDiagnosis(found));
    if (out !== undefined) terminal.error(`wrote ${out}\n`);
    return found.overflow === undefined ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    progress.clear();
    const known = [CellError, DataError, ParamsError, SafetensorsError].some((kind) => error instanceof kind);
    if (!known) throw asUsageError(input.file, error);
    const from = error instanceof ParamsError && params !== undefined ? `${params}: ` : "";
    terminal.error(`recell: ${from}${(error as Error).message}\n`);
    return exitCodes.failed;
  }
};

/** What the call itself tells is no option of it. */
const notWithReplay = ["data", "params", "steps", "batch", "exponents", "seed", "out"] as const;

function runReplay(path: string, args: ParsedArguments, terminal: Terminal): ExitCode {
  const other = notWithReplay.find((name) => args.text(name) !== undefined);
  if (other !== undefined || args.list("dim").length > 0) {
    throw new UsageError(`--${other ?? "dim"} is no option beside --replay: the call that was kept has all numbers and sizes`); // prettier-ignore
  }
  const input = onlyInput("diagnose", args);
  const cell = args.text("cell");
  try {
    const found = replay(input.text, readBytes(path, readLimits.data), { file: input.file, readFile: input.readFile, ...(cell !== undefined && { cell }) }); // prettier-ignore
    terminal.out(args.flag("json") === true ? `${JSON.stringify(found, null, 2)}\n` : printReplay(found));
    return found.of === undefined ? exitCodes.ok : exitCodes.failed;
  } catch (error) {
    if (error instanceof ReplayError) terminal.error(`recell: ${path}: ${error.message}\n`);
    else if (error instanceof CellError) terminal.error(`recell: ${error.message}\n`);
    else throw asUsageError(input.file, error);
    return exitCodes.failed;
  }
}

function integerOptions(args: ParsedArguments): Pick<DiagnoseOptions, "batch" | "steps" | "seed" | "exponents"> {
  const least = { batch: 1, steps: 1, seed: 0, exponents: 0 } as const;
  return Object.fromEntries(
    Object.entries(least).flatMap(([name, from]) => {
      const text = args.text(name);
      return text === undefined ? [] : [[name, integerOption(name, text, from, from)]];
    }),
  );
}

/** What is wrong with a file is said with its name. */
function ofFile<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof SafetensorsError)
      throw new SafetensorsError(error.code, `${path}: ${error.message}`, error.tensor);
    if (error instanceof DataError) throw new DataError(error.code, `${path}: ${error.message}`, error.tensor);
    throw error;
  }
}

function readParams(path: string): Uint8Array {
  const bytes = readBytes(path, readLimits.params);
  ofFile(path, () => readSafetensors(bytes));
  return bytes;
}

/** Lines of numbers where the file is called so, safetensors otherwise. */
function readData(path: string | undefined, input: Input, options: DiagnoseOptions): DataTensors | undefined {
  if (path === undefined) return undefined;
  if (!/\.csv$/iu.test(path)) return ofFile(path, () => dataFromSafetensors(readBytes(path, readLimits.data)));
  const shapes = inputShapes(input.text, options);
  return ofFile(path, () => dataFromCsv(readText(path, readLimits.csv), shapes));
}
