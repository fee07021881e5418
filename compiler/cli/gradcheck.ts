/** `recell gradcheck`: a cell's derivatives at random sizes and points, against measurements. */
import { checkGradients } from "../tools/gradcheck/check-gradients.js";
import type { GradientReport } from "../tools/gradcheck/report.js";
import { WrongRangeError } from "../tools/calls/ranges.js";
import { UncheckableError } from "../tools/gradcheck/uncheckable.js";
import { lowerSource } from "../driver/pipeline.js";
import {
  choiceOption,
  integerOption,
  numberOption,
  type ParsedArguments,
  rangesOption,
  shareOption,
  sizesOption,
  UsageError,
} from "./arguments.js";
import { exitCodes, type Run } from "./command.js";
import { printReport, reportToJson } from "./gradcheck-report.js";
import { asUsageError, withOptionErrors } from "./option-errors.js";
import { createProgress } from "./progress.js";
import { findingsToJson, type Input, onlyInput, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";

export const run: Run = async (args, terminal) => {
  const options = {
    seed: integerOption("seed", args.text("seed"), Date.now() % 1_000_000),
    runs: integerOption("runs", args.text("runs"), 5, 1),
    tolerance: numberOption("tolerance", args.text("tolerance"), 1e-6),
    tolerance32: numberOption("tolerance-f32", args.text("tolerance-f32"), 1e-4),
    scale: numberOption("scale", args.text("scale"), 1),
    ranges: rangesOption("range", args.list("range")),
    kinks: shareOption("kinks", args.text("kinks"), 0),
    allowUncompared: args.flag("allow-uncompared") === true,
    noInfluence: args.list("no-influence"),
    precisions: precisionsOption(args),
    target: choiceOption("target", args.text("target"), ["wasm", "js"], "wasm"),
  };
  const input = onlyInput("gradcheck", args);
  const cell = args.text("cell");
  const source = {
    file: input.file,
    readFile: input.readFile,
    dimensions: sizesOption("dim", args.list("dim")),
    ...(cell === undefined ? {} : { cell }),
  };
  // Numbers that float32 cannot hold matter where it is checked.
  const dtype = options.precisions.includes("f32") ? "f32" : "f64";
  const found = withOptionErrors(input.file, () => lowerSource(input.text, { ...source, dtype }, "symbolic"));
  const isJson = args.flag("json") === true;
  if (found.program === undefined) {
    if (isJson) terminal.out(`${JSON.stringify({ passed: false, diagnostics: findingsToJson(found) }, null, 2)}\n`);
    else showFindings(found, terminal);
    return exitCodes.failed;
  }
  if (!isJson) showFindings(found, terminal);
  const report = await check(input, { ...source, ...options }, terminal);
  if (typeof report === "string") {
    if (isJson) terminal.out(`${JSON.stringify({ passed: false, problem: report }, null, 2)}\n`);
    else terminal.error(`${report}\n`);
    return exitCodes.failed;
  }
  if (isJson) terminal.out(`${JSON.stringify(reportToJson(report), null, 2)}\n`);
  else terminal.out(printReport(report, terminal.colors.out));
  return report.passed ? exitCodes.ok : exitCodes.failed;
};

/** The report, or a sentence about why there is none. */
async function check(
  { file, text }: Input,
  options: Parameters<typeof checkGradients>[1] & object,
  terminal: Terminal,
): Promise<GradientReport | string> {
  const progress = createProgress(terminal);
  try {
    return await checkGradients(text, {
      ...options,
      onProgress: (done, runs) => progress.show("checking", done, runs),
    });
  } catch (error) {
    if (error instanceof WrongRangeError) throw new UsageError(`${file}: ${error.message}`);
    if (error instanceof UncheckableError) return `${file}: ${error.message}`;
    throw asUsageError(file, error);
  } finally {
    progress.clear();
  }
}

function precisionsOption(args: ParsedArguments): ("f32" | "f64")[] {
  const chosen = choiceOption("dtype", args.text("dtype"), ["f32", "f64", "both"] as const, "both");
  return chosen === "both" ? ["f64", "f32"] : [chosen];
}
