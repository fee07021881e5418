/** `recell weights`: files of weights looked at, laid out anew, compared. */
import { ArrayFileError } from "../../runtime/io/arrays/array-file-error.js";
import { CheckpointError, ParamsError, SafetensorsError } from "../../runtime/base/errors.js";
import { fileFormats } from "../../runtime/io/file-formats.js";
import { convertWeights, tensorsInDtype } from "../../runtime/io/layouts/convert-weights.js";
import { weightsLayouts } from "../../runtime/io/layouts/layers.js";
import type { SafeTensor } from "../../runtime/io/safe-tensor.js";
import { weightsIn } from "../../runtime/training/checkpoint/load-weights.js";
import { suggest } from "../base/diagnostics/suggest.js";
import { compareWeights } from "../tools/weights/compare-weights.js";
import { inspectWeights } from "../tools/weights/inspect-weights.js";
import { printConversion, printDifference, printSummary } from "../tools/weights/print-weights.js";
import { readWeights, type WeightsFile, writeWeights } from "../tools/weights/read-weights.js";
import { choiceOption, numberOf, type ParsedArguments, UsageError } from "./arguments.js";
import { type ExitCode, exitCodes, type Run } from "./command.js";
import { readBytes, writeTogether } from "./files.js";
import { readLimits } from "./read-limits.js";
import type { Terminal } from "./terminal.js";

interface WeightsAction {
  readonly files: string;
  /** How many. */
  readonly count: readonly [least: number, most: number];
  /** Options beside `json`. */
  readonly options: readonly string[];
  run(files: readonly string[], args: ParsedArguments, terminal: Terminal): ExitCode;
}

const actions: Readonly<Record<string, WeightsAction>> = {
  inspect: { files: "FILE…", count: [1, Infinity], options: [], run: inspect },
  convert: {
    files: "FILE --to LAYOUT --out FILE",
    count: [1, 1],
    options: ["to", "from", "gru", "take", "dtype", "rename", "out"],
    run: convert,
  },
  diff: { files: "FILE FILE", count: [2, 2], options: ["tolerance"], run: diff },
};

export const run: Run = (args, terminal) => {
  const [name, ...files] = args.positionals;
  const action = name === undefined || !Object.hasOwn(actions, name) ? undefined : actions[name];
  if (name === undefined || action === undefined) throw noAction(name);
  for (const option of Object.values(actions).flatMap(({ options }) => options)) {
    const isGiven = args.text(option) !== undefined || args.list(option).length > 0;
    if (!isGiven || action.options.includes(option)) continue;
    const other = Object.keys(actions).find((own) => actions[own]!.options.includes(option))!;
    throw new UsageError(`--${option} is an option of recell weights ${other}, not of ${name}`);
  }
  const [least, most] = action.count;
  if (files.length < least || files.length > most) {
    throw new UsageError(`recell weights ${name} takes ${action.files}, got ${files.length} files`);
  }
  try {
    return action.run(files, args, terminal);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    terminal.error(`recell: ${error.message}\n`);
    return exitCodes.failed;
  }
};

function noAction(name: string | undefined): UsageError {
  const all = Object.keys(actions);
  if (name === undefined) return new UsageError(`recell weights needs one of ${all.join(", ")}, and files`);
  const similar = suggest(name, all);
  const hint = similar === undefined ? `it has ${all.join(", ")}` : `did you mean ${similar}?`;
  return new UsageError(`recell weights has no ${JSON.stringify(name)}; ${hint}`);
}

/** What is wrong with a file, in words. */
class FileProblem extends Error {
  override readonly name = "FileProblem";
}

const known = [SafetensorsError, ArrayFileError, ParamsError, CheckpointError, TypeError];

function ofFile<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (!known.some((kind) => error instanceof kind)) throw error;
    throw new FileProblem(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

const read = (path: string): WeightsFile => ofFile(path, () => readWeights(readBytes(path, readLimits.params)));

function inspect(files: readonly string[], args: ParsedArguments, terminal: Terminal): ExitCode {
  const found = files.map((path) => ({ file: path, ...ofFile(path, () => inspectWeights(read(path))) }));
  if (args.flag("json") === true) terminal.out(`${JSON.stringify(found, null, 2)}\n`);
  else terminal.out(found.map(({ file, ...summary }) => printSummary(file, summary)).join("\n"));
  return exitCodes.ok;
}

function diff([first = "", second = ""]: readonly string[], args: ParsedArguments, terminal: Terminal): ExitCode {
  const given = args.text("tolerance");
  const tolerance = given === undefined ? 0 : numberOf(given);
  if (!(tolerance >= 0))
    throw new UsageError(`--tolerance must be a number of at least 0, got ${JSON.stringify(given)}`);
  const found = compareWeights(read(first), read(second));
  terminal.out(
    args.flag("json") === true ? `${JSON.stringify(found, null, 2)}\n` : printDifference(first, second, found),
  );
  const { onlyFirst, onlySecond, shapes, largest } = found;
  const isSame = onlyFirst.length + onlySecond.length + shapes.length === 0 && largest <= tolerance;
  return isSame ? exitCodes.ok : exitCodes.failed;
}

function convert([path = ""]: readonly string[], args: ParsedArguments, terminal: Terminal): ExitCode {
  const out = args.text("out");
  const kind = (["safetensors", "npz"] as const).find((ending) => out?.endsWith(`.${ending}`));
  if (out === undefined || kind === undefined) {
    throw new UsageError(`recell weights convert needs --out FILE that ends in .safetensors or .npz, got ${out === undefined ? "nothing" : JSON.stringify(out)}`); // prettier-ignore
  }
  const [to, from, gru] = [optional(args, "to", weightsLayouts), optional(args, "from", weightsLayouts), optional(args, "gru", ["reset-after", "reset-before"])]; // prettier-ignore
  const bits = optional(args, "dtype", ["f32", "f64"]);
  const dtype = bits && ({ f32: "F32", f64: "F64" } as const)[bits];
  if (to === undefined && (from ?? gru) !== undefined) throw new UsageError("--from and --gru need --to, which says what to convert into"); // prettier-ignore
  const renames = args.list("rename").map(renameOf);
  const file = read(path);
  const tensors = ofFile(path, () => weightsOf(file, args));
  let text = "";
  let result = tensors;
  if (to !== undefined) {
    const options = { to, ...(from && { from }), ...(gru && { gru }), ...(dtype && { dtype }) };
    const converted = ofFile(path, () => convertWeights(tensors, options));
    text = printConversion(converted, to);
    result = converted.tensors;
  } else if (dtype !== undefined) result = tensorsInDtype(tensors, dtype);
  result = ofFile(path, () => renamed(result, renames));
  // Texts of ours say of which cell the weights are; in another layout they are none of it.
  const metadata = to === undefined || to === "recell" ? new Map<string, string>() : new Map([["layout", to]]);
  writeTogether([{ path: out, contents: ofFile(path, () => writeWeights({ kind, tensors: result, metadata })) }]);
  if (args.flag("json") === true)
    terminal.out(`${JSON.stringify({ file: out, names: [...result.keys()] }, null, 2)}\n`); // prettier-ignore
  else terminal.out(`${text}wrote ${out}, ${result.size} tensors\n`);
  return exitCodes.ok;
}

function optional<const Choice extends string>(
  args: ParsedArguments,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = args.text(name);
  return text === undefined ? undefined : choiceOption(name, text, choices, choices[0]!);
}

/** Of a checkpoint the weights alone, under their own names. */
function weightsOf({ tensors, metadata }: WeightsFile, args: ParsedArguments): ReadonlyMap<string, SafeTensor> {
  const take = optional(args, "take", ["last", "average", "best"]);
  const isCheckpoint = metadata.get("format") === fileFormats.checkpoint;
  if (!isCheckpoint && take !== undefined) throw new UsageError("--take is for checkpoints of training, and this file is none"); // prettier-ignore
  return isCheckpoint ? weightsIn("recell weights", { tensors, metadata }, take ?? "last") : tensors;
}

function renameOf(text: string): readonly [string, string] {
  const [, old, next] = /^([^=]*)=([^=]*)$/u.exec(text) ?? [];
  if (old !== undefined && next !== undefined && text !== "=") return [old, next];
  throw new UsageError(
    `--rename takes OLD=NEW, what names begin with, as in --rename model.=; got ${JSON.stringify(text)}`,
  );
}

function renamed(
  tensors: ReadonlyMap<string, SafeTensor>,
  renames: readonly (readonly [string, string])[],
): ReadonlyMap<string, SafeTensor> {
  const result = new Map<string, SafeTensor>();
  for (const [name, tensor] of tensors) {
    const [old, next] = renames.find(([start]) => name.startsWith(start)) ?? ["", ""];
    const own = next + name.slice(old.length);
    if (result.has(own))
      throw new ParamsError("unexpected-tensor", `two tensors would be called ${JSON.stringify(own)}`, own);
    result.set(own, tensor);
  }
  return result;
}
