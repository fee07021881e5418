/** `recell bench`: how fast a cell is here, beside what the machine can do, and where its time goes. */
import { printProfile } from "../tools/bench/print-profile.js";
import { type Profile, profileProgram, ProfileSizeError } from "../tools/bench/profile-program.js";
import type { Program } from "../program/program.js";
import { targets } from "../driver/compile-options.js";
import { lowerSource, type LowerResult } from "../driver/pipeline.js";
import {
  choiceOption,
  dtypeOption,
  integerOption,
  numberOf,
  type ParsedArguments,
  sizesOption,
  UsageError,
} from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { withOptionErrors } from "./option-errors.js";
import { createProgress } from "./progress.js";
import { type Input, onlyInput, showFindings } from "./sources.js";

/** Size of a run-time dimension that is not given. */
const defaultSize = 8;

export const run: Run = async (args, terminal) => {
  const batch = integerOption("batch", args.text("batch"), 1, 1);
  const steps = integerOption("steps", args.text("steps"), 100, 1);
  const seconds = secondsOption(args.text("seconds"));
  const asked = choiceOption("target", args.text("target"), targets, "wasm");
  const fma = args.flag("fma") === true;
  if (fma && asked !== "wasm") throw new UsageError("--fma needs --target wasm");
  // What such a module runs where there is WebAssembly, which all the measuring needs.
  const target = asked === "auto" ? "wasm" : asked;
  const dtype = dtypeOption(args);
  const input = onlyInput("bench", args);
  const { result, sizes } = withOptionErrors(input.file, () => lowerAtSizes(input, args, dtype));
  showFindings(result, terminal);
  if (result.program === undefined) return exitCodes.failed;
  if (!result.program.axes.some(({ kind }) => kind === "steps") && args.text("steps") !== undefined)
    throw new UsageError(`calls of ${result.program.name} have no --steps; --dim gives their sizes`);
  const progress = createProgress(terminal);
  const settings = { target, dtype, fma, batch, steps, sizes, seconds };
  let profile: Profile;
  try {
    profile = await profileProgram(result.program, settings, (part, done, total) => progress.show(part, done, total));
  } catch (error) {
    if (error instanceof ProfileSizeError) throw new UsageError(error.message);
    throw error;
  } finally {
    progress.clear();
  }
  terminal.out(args.flag("json") === true ? `${JSON.stringify(profile, null, 2)}\n` : printProfile(profile));
  return exitCodes.ok;
};

function secondsOption(text: string | undefined): number {
  const seconds = text === undefined ? 5 : numberOf(text);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new UsageError(`--seconds must be a number above 0 and at most 3600, got ${JSON.stringify(text)}`);
}

/** What calls give by name. */
const namedSizes = ({ axes }: Program): readonly string[] =>
  axes.flatMap(({ name, kind }) => (kind === "steps" ? [] : [name]));

/** Lowers twice: which of the sizes are run-time ones is known only then. */
function lowerAtSizes(
  { file, text, readFile }: Input,
  args: ParsedArguments,
  dtype: "f32" | "f64",
): { readonly result: LowerResult; readonly sizes: Readonly<Record<string, number>> } {
  const cell = args.text("cell");
  const options = { file, readFile, dtype, ...(cell === undefined ? {} : { cell }) };
  const symbolic = lowerSource(text, options, "symbolic");
  if (symbolic.program === undefined) return { result: symbolic, sizes: {} };
  const given = new Map(Object.entries(sizesOption("dim", args.list("dim"))));
  const sizes: Record<string, number> = {};
  for (const name of namedSizes(symbolic.program)) {
    const size = given.get(name) ?? defaultSize;
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new UsageError(`--dim ${name} must be a positive integer, got ${size}`);
    }
    sizes[name] = size;
    given.delete(name);
  }
  return { result: lowerSource(text, { ...options, dimensions: Object.fromEntries(given) }, "all sizes"), sizes };
}
