/** `recell explain --after STAGE`: the program as a stage of the compiler leaves it. */
import { suggest } from "../base/diagnostics/suggest.js";
import {
  type PassedStage,
  type Stage,
  type StagedProgram,
  stages,
  stagesPassed,
  textsAfter,
} from "../driver/stages.js";
import { kernelTargets } from "../passes/kernel/passes.js";
import type { EntryOptions } from "../driver/entries.js";
import { choiceOption, dtypeOption, type ParsedArguments, UsageError } from "./arguments.js";
import { derivationOf, functionsCalled } from "../program/entry.js";
import type { Program } from "../program/program.js";
import type { Terminal } from "./terminal.js";

export function listStages(args: ParsedArguments, terminal: Terminal): void {
  if (args.flag("json") === true) {
    const told = stages.map(({ name, summary, gives, repeats, targets }) => ({
      name,
      summary,
      gives,
      repeats,
      targets,
    }));
    terminal.out(`${JSON.stringify({ stages: told }, null, 2)}\n`);
    return;
  }
  const width = Math.max(...stages.map(({ name }) => name.length));
  for (const { name, summary, gives, repeats, targets } of stages) {
    const others = kernelTargets.filter((target) => !targets.includes(target));
    const whose = others.length < targets.length ? `not ${others.join(" and ")}` : `${targets.join(" and ")} only`;
    const notes = [
      ...(needsSizes(gives) ? [gives] : []),
      ...(others.length > 0 ? [whose] : []),
      ...(repeats ? [`several times: ${name}:1, ${name}:2, …`] : []),
    ];
    terminal.out(`${name.padEnd(width)}  ${summary}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}\n`);
  }
}

/** What ran on an entry, in order: each line begins with what `--after` takes. */
export function listPassed(
  staged: StagedProgram,
  entry: string,
  options: EntryOptions,
  args: ParsedArguments,
  terminal: Terminal,
): void {
  const target = choiceOption("target", args.text("target"), kernelTargets, "wasm");
  const all = stagesPassed(staged, { ...options, target });
  const called = functionsCalled(entry);
  const found = [...all].filter(([name]) => called.has(name));
  if (found.length === 0) {
    const names = [...all.keys()];
    throw new UsageError(
      `there is no entry ${entry}; ${whereIs(entry, staged.program, names, options, `there are ${names.join(", ")}`)}`,
    );
  }
  const lists = found.map(([name, passed]) => ({ entry: name, stages: passed.map((one) => nameOfRun(one, passed)) }));
  if (args.flag("json") === true) terminal.out(`${JSON.stringify({ functions: lists }, null, 2)}\n`);
  else {
    const width = Math.max(...lists.flatMap((list) => list.stages.map((name) => name.length)));
    const texts = found.map(([name, passed]) => {
      const lines = passed.map((one) => `${nameOfRun(one, passed).padEnd(width)}  ${one.stage.summary}\n`);
      return [...(found.length > 1 ? [`${name}\n`] : []), ...lines].join("");
    });
    terminal.out(texts.join("\n"));
  }
}

/** `simplify:2`, where it ran more than once. */
function nameOfRun({ stage, run }: PassedStage, passed: readonly PassedStage[]): string {
  return passed.filter((other) => other.stage === stage).length > 1 ? `${stage.name}:${run}` : stage.name;
}

/**
 * What would show an entry that is not among `names`.
 *
 * @param others what to say where nothing is near
 */
export function whereIs(
  entry: string,
  { parts = [] }: Program,
  names: readonly string[],
  options: EntryOptions,
  others: string,
): string {
  const option = optionFor(entry, options);
  if (option !== undefined) return option;
  const similar = suggest(entry, [...names, ...parts.map(({ name }) => name)]);
  return similar === undefined ? others : `did you mean ${similar}?`;
}

/** Graphs hold for all sizes, kernels for some. */
export const needsSizes = (gives: Stage["gives"]): boolean => gives === "kernels" || gives === "code";

/** A stage, and which of its runs on an entry: the last, where none is said. */
interface ChosenStage {
  readonly stage: Stage;
  readonly run?: number;
}

/**
 * @param text `simplify`, or `simplify:2`
 * @throws UsageError where there is no such stage.
 */
export function stageOf(text: string): ChosenStage {
  const [name = "", which, ...more] = text.split(":");
  if (name === "list") throw new UsageError(`there is no ${text}: list is no stage and takes no number`);
  const stage = stages.find((known) => known.name === name);
  if (stage !== undefined) {
    if (which === undefined) return { stage };
    const run = Number(which);
    const isNumber = more.length === 0 && /^\d+$/u.test(which) && run >= 1;
    if (isNumber && stage.repeats) return { stage, run };
    if (stage.repeats) throw new UsageError(`there is no ${text}: ${name} runs several times, and ${name}:1 is the first`); // prettier-ignore
    throw new UsageError(`there is no ${text}: ${name} runs once, so it needs no number`);
  }
  const names = stages.map((known) => known.name);
  const similar = suggest(name, [...names, "list"]);
  const help = similar === undefined ? `the stages are ${names.join(", ")}` : `did you mean ${similar}?`;
  throw new UsageError(`there is no stage ${name}; ${help}`);
}

/** The option that makes an entry which is not there: `--jvp`, also of `initialJvp`. */
function optionFor(entry: string, options: EntryOptions): string | undefined {
  const by = derivationOf(entry)?.by;
  if (by === "gradient") return options.gradient === false ? "there is one without --no-gradient" : undefined;
  return (by === "jvp" || by === "hvp") && !options[by] ? `there is one with --${by}` : undefined;
}

export function showAfter(
  staged: StagedProgram,
  { stage, run }: ChosenStage,
  options: EntryOptions,
  args: ParsedArguments,
  terminal: Terminal,
): void {
  const target = choiceOption("target", args.text("target"), kernelTargets, stage.targets[0] ?? "wasm");
  if (!stage.targets.includes(target)) {
    throw new UsageError(`${stage.name} is no stage of ${target}; only of ${stage.targets.join(", ")}`);
  }
  const entry = args.text("entry");
  const shown = { ...options, target, dtype: dtypeOption(args), ...(run && { run }) };
  const found = textsAfter(staged, stage, { ...shown, ...(entry !== undefined && { entry }) });
  if (found.size === 0 && run !== undefined) {
    const often = howOften(stagesPassed(staged, { ...options, target }), stage, entry);
    if (often !== undefined) throw new UsageError(`there is no ${stage.name}:${run}: ${stage.name} runs ${often}`);
  }
  if (found.size === 0 && entry !== undefined) {
    const others = [...textsAfter(staged, stage, shown).keys()];
    throw new UsageError(whyNothing(staged.program, stage, entry, others, options));
  }
  if (found.size === 0) {
    const entries = [...stagesPassed(staged, { ...options, target }).keys()].join(", ");
    throw new UsageError(`${stage.name} does not run on any entry here; there are ${entries}`);
  }
  const functions = [...found].map(([name, text]) => ({ entry: name, text }));
  if (args.flag("json") === true) terminal.out(`${JSON.stringify({ stage: stage.name, functions }, null, 2)}\n`);
  else terminal.out(functions.map(({ text }) => text).join("\n"));
}

/** Of the entry, or of all; undefined where it does not run. */
function howOften(
  all: ReadonlyMap<string, readonly PassedStage[]>,
  stage: Stage,
  entry: string | undefined,
): string | undefined {
  const called = entry === undefined ? undefined : functionsCalled(entry);
  const counts = [...all].map(([name, passed]) =>
    called?.has(name) === false ? 0 : passed.filter((one) => one.stage === stage).length,
  );
  const most = Math.max(...counts);
  if (most === 0) return undefined;
  const often = most === 1 ? "once" : `${most} times`;
  return entry === undefined ? `at most ${often} on an entry here` : `${often} on ${entry}`;
}

/** @param others what the stage shows */
function whyNothing(
  { parts = [] }: Program,
  stage: Stage,
  entry: string,
  others: readonly string[],
  options: EntryOptions,
): string {
  if (stage.ofWhole) return `${stage.name} prints one text for all entries: leave --entry out`;
  const runsOn = `runs on ${others.join(", ") || "nothing here"}`;
  const option = optionFor(entry, options);
  const similar = suggest(entry, [...others, ...parts.map(({ name }) => name)]);
  const isKnown = derivationOf(entry) !== undefined || parts.some(({ name }) => functionsCalled(name).has(entry));
  if (!isKnown && similar === undefined) return `there is no entry ${entry}; ${stage.name} ${runsOn}`;
  const help =
    option !== undefined ? option : similar === undefined || isKnown ? `it ${runsOn}` : `did you mean ${similar}?`;
  return isKnown ? `${stage.name} does not run on ${entry}; ${help}` : `there is no entry ${entry}; ${help}`;
}
