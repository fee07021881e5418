/** `recell explain`: what the compiler makes of a cell. */
import { lowerSource, type LowerResult, type LowerSuccess } from "../driver/pipeline.js";
import { refused } from "../driver/refused.js";
import type { LoweredCell } from "../program/base/lowered-cell.js";
import type { Program } from "../program/program.js";
import { explainProgram, printExplanation } from "../tools/explain/explain.js";
import { functionsCalled } from "../program/entry.js";
import { buildEntries, type EntryOptions } from "../driver/entries.js";
import { cellAsLatex } from "../tools/equations/cell-as-latex.js";
import { cellAsText } from "../tools/equations/cell-as-text.js";
import { linkCell } from "../language/semantics/link-cell.js";
import type { ReadFile } from "../language/semantics/load-modules.js";
import { printDim } from "../base/types/dim.js";
import { dtypeOption, type ParsedArguments, sizesOption, UsageError } from "./arguments.js";
import { withOptionErrors } from "./option-errors.js";
import { exitCodes, type Run } from "./command.js";
import { explainMemory } from "./explain-memory.js";
import { listPassed, listStages, needsSizes, showAfter, stageOf, whereIs } from "./explain-after.js";
import { findingsToJson, onlyInput, showFindings } from "./sources.js";
import type { Terminal } from "./terminal.js";
import { realBytes } from "../ir/ops/number-range.js";

export const run: Run = async (args, terminal) => {
  checkCombination(args);
  const after = args.text("after");
  const listed = after === "list" ? args.text("entry") : undefined;
  if (after === "list" && listed === undefined) {
    listStages(args, terminal);
    return exitCodes.ok;
  }
  const chosen = after === undefined || listed !== undefined ? undefined : stageOf(after);
  const input = onlyInput("explain", args);
  const { file, text, readFile } = input;
  const memory = args.text("memory");
  const cell = args.text("cell");
  const dimensions = sizesOption("dim", args.list("dim"));
  const dtype = dtypeOption(args);
  const options = { file, readFile, dimensions, dtype, ...(cell === undefined ? {} : { cell }) };
  const result = withOptionErrors(
    file,
    () =>
    lowerSource(text, options, memory !== undefined || (chosen !== undefined && needsSizes(chosen.stage.gives)) ? "all sizes" : "symbolic"), // prettier-ignore
  );
  if (args.flag("json") !== true) showFindings(result, terminal);
  if (result.program === undefined) {
    if (args.flag("json") === true)
      terminal.out(`${JSON.stringify({ diagnostics: findingsToJson(result) }, null, 2)}\n`);
    return exitCodes.failed;
  }
  const { program, written } = result;
  try {
    if (memory === undefined) show(result, { listed, chosen, readFile }, args, terminal);
    else return await explainMemory(memory, input, { program, options: sequenceOptions(args) }, args, terminal);
  } catch (error) {
    const told = { diagnostics: refused(error, written.typed.span), sources: result.sources };
    if (args.flag("json") === true) terminal.out(`${JSON.stringify({ diagnostics: findingsToJson(told) }, null, 2)}\n`);
    else showFindings(told, terminal);
    return exitCodes.failed;
  }
  return exitCodes.ok;
};

interface Asked {
  /** The entry whose stages are listed. */
  readonly listed: string | undefined;
  readonly chosen: ReturnType<typeof stageOf> | undefined;
  readonly readFile: ReadFile;
}

function show(
  result: LowerSuccess,
  { listed, chosen, readFile }: Asked,
  args: ParsedArguments,
  terminal: Terminal,
): void {
  const { program, cell, network, written } = result;
  showAssumed(program, result.openDimensions, args, terminal);
  const staged = { program, cell, network, written };
  if (listed !== undefined) listPassed(staged, listed, sequenceOptions(args), args, terminal);
  else if (chosen !== undefined) showAfter(staged, chosen, sequenceOptions(args), args, terminal);
  else if (args.flag("latex") === true) terminal.out(cellAsLatex(written.typed, cellOf(result, "latex")));
  else if (args.flag("equations") === true) {
    const { tree, typed } = written;
    terminal.out(cellAsText(linkCell(tree, readFile, typed.name), cellOf(result, "equations")));
  } else showReports(program, result, args, terminal);
}

/** The step that equations are written of. */
function cellOf({ cell, program }: LowerResult, option: string): LoweredCell {
  if (cell !== undefined) return cell;
  throw new UsageError(`--${option} writes the step of a cell, and ${program?.name ?? "this"} is no cell`);
}

/** Rounds are written out for some number of them: says for which, where nobody has. */
function showAssumed(
  { dimensions }: Program,
  open: readonly string[],
  args: ParsedArguments,
  terminal: Terminal,
): void {
  const assumed = open.flatMap((name) => (dimensions.has(name) ? [`${name} = ${dimensions.get(name)}`] : []));
  if (assumed.length === 0 || args.flag("json") === true) return;
  terminal.error(`what repeats is written out, here with ${assumed.join(", ")}; \`--dim\` gives another size\n\n`);
}

/** Options of which one would be ignored. */
function checkCombination(args: ParsedArguments): void {
  if (args.text("target") !== undefined && args.text("after") === undefined) {
    throw new UsageError("--target goes with --after; what is explained without it is the same for all targets");
  }
  checkMemory(args);
  if (args.flag("segments") === true && args.flag("gradient") === false)
    throw new UsageError("--segments are of the gradient: leave out --no-gradient");
  const chosen = ["latex", "equations"].find((name) => args.flag(name) === true);
  if (chosen === undefined) return;
  for (const other of ["after", "entry"]) {
    if (args.text(other) !== undefined)
      throw new UsageError(`--${chosen} does not go with --${other}; give one of them`);
  }
  if (args.flag("json") === true) throw new UsageError(`--${chosen} prints text only; leave out --json`);
  if (args.flag("gradient") === false)
    throw new UsageError(`--${chosen} does not go with --no-gradient; leave that out`);
  if (args.flag("segments") === true)
    throw new UsageError(`--${chosen} writes one step, which has no segments; leave out --segments`);
}

/** What goes with --memory, and what does not. */
function checkMemory(args: ParsedArguments): void {
  if (args.text("memory") === undefined) {
    const other = ["steps", "batch"].find((name) => args.text(name) !== undefined);
    if (other !== undefined) throw new UsageError(`--${other} goes with --memory`);
    return;
  }
  const other = ["after", "entry"].find((name) => args.text(name) !== undefined) ?? ["latex", "equations"].find((name) => args.flag(name) === true); // prettier-ignore
  if (args.flag("segments") === true) throw new UsageError("--memory is always of segments: leave out --segments");
  if (other !== undefined) throw new UsageError(`--memory does not go with --${other}; give one of them`);
  if (args.flag("gradient") === false) throw new UsageError("--memory is of the gradient: leave out --no-gradient");
}

function sequenceOptions(args: ParsedArguments): EntryOptions {
  const gradient = args.text("gradient") === "params" ? "params" : (args.flag("gradient") ?? true);
  const [jvp, hvp] = [args.flag("jvp") === true, args.flag("hvp") === true];
  if (hvp && gradient !== true)
    throw new UsageError(`--hvp includes the gradient: leave out --${gradient === false ? "no-gradient" : "gradient params"}`); // prettier-ignore
  return { gradient, jvp, hvp, segments: args.flag("segments") === true };
}

function showReports(program: Program, result: LowerResult, args: ParsedArguments, terminal: Terminal): void {
  const bytes = realBytes[dtypeOption(args) ?? "f32"];
  const options = sequenceOptions(args);
  const all = explainProgram(buildEntries(program, options));
  const entry = args.text("entry");
  const reports = entry === undefined ? all : all.filter((report) => functionsCalled(entry).has(report.entry));
  if (reports.length === 0) {
    const names = all.map((report) => report.entry);
    const others = `there are ${names.join(", ")}, and more with --after`;
    throw new UsageError(`there is no entry ${entry ?? ""}; ${whereIs(entry ?? "", program, names, options, others)}`);
  }
  const declared = declaredIn(program, result);
  if (args.flag("json") !== true) {
    const lines = declared.map(({ name, file, line }) => `  ${name}  ${file}:${line}\n`);
    const list = lines.length === 0 ? "" : `derivatives that functions declare\n${lines.join("")}\n`;
    terminal.out(`${program.name}\n\n${list}${printExplanation(reports, bytes).trimEnd()}\n`);
    return;
  }
  const json = reports.map(({ regions, crossing, residuals, ...rest }) => ({
    ...rest,
    regions: regions.map(({ productOperations, elementOperations, ...region }) => ({
      ...region,
      productOperations: printDim(productOperations),
      elementOperations: printDim(elementOperations),
    })),
    numbersThroughMemory: printDim(crossing),
    kept: {
      names: residuals.values.map(({ name }) => name),
      numbers: printDim(residuals.numbers),
      values: residuals.values.map(({ name, numbers, per, why }) => ({ name, numbers: printDim(numbers), per, why })),
    },
  }));
  const report = {
    cell: program.name,
    declaredDerivatives: declared,
    entries: json,
    diagnostics: findingsToJson(result),
  };
  terminal.out(`${JSON.stringify(report, null, 2)}\n`);
}

interface DeclaringFunction {
  readonly name: string;
  readonly file: string;
  readonly line: number | undefined;
}

/** Functions that state their derivative, each once though it is there for several sizes. */
function declaredIn({ declared = [] }: Program, { sources }: LowerResult): DeclaringFunction[] {
  const places = new Map(declared.map((one) => [`${one.span.file} ${one.span.start}`, one]));
  return [...places.values()].map(({ name, span }) => ({
    name,
    file: span.file,
    line: sources.get(span.file)?.locate(span.start).line,
  }));
}
