/** The stages on the way from a text to its module, each of which can be looked at. */
import { targetTexts } from "./print-targets.js";
import { listAt, lookUp } from "../base/at.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { printFunction } from "../ir/graph/print.js";
import type { KernelProgram } from "../ir/kernel/kernel-program.js";
import { printBuffers, printKernelFunction } from "../ir/kernel/print.js";
import { printTypedCell } from "../language/semantics/print-typed-cell.js";
import type { TypedCell } from "../language/semantics/typed-program.js";
import type { SourceFileNode } from "../language/syntax/ast.js";
import { printSourceFile } from "../language/syntax/print-ast.js";
import { realCell } from "../program/complex/real-cell.js";
import { cutNetwork } from "../program/lowering/cut-network.js";
import type { LoweredCell, LoweredNetwork } from "../program/base/lowered-cell.js";
import { networkStages, programOfNetwork } from "../program/network-program.js";
import type { Program } from "../program/program.js";
import { type EntryVersion, functionsCalled, historyOf, runOf } from "../program/entry.js";
import { nameInPart } from "../program/base/roles.js";
import { kernelTargets, type KernelTargetName, type TargetPasses, targetPasses } from "../passes/kernel/passes.js";
import { buildEntries, type EntryOptions, entryStages } from "./entries.js";
import { beforeKernels, graphPasses, isRepeated } from "../passes/graph/passes.js";
import { gradientRowsStage } from "./gradient-rows.js";
import { buildKernels, readyForKernels } from "./pipeline.js";

/** What a stage gives: the text as it was read, equations of one example, loops over buffers of a whole batch, or what is printed of these. */
type StageForm = "text" | "graph" | "kernels" | "code";

export interface Stage {
  /** As `explain --after` takes it. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly gives: StageForm;
  /** Whether it may run several times on an entry and what that is made from: `simplify:2` is the second time. */
  readonly repeats: boolean;
  /** Whose kernels pass through it; texts and graphs are the same for all. */
  readonly targets: readonly KernelTargetName[];
  /** Whether it runs only where a network has parts that are called by themselves. */
  readonly ofParts: boolean;
  /** Whether what it gives is of the whole, not of its entries. */
  readonly ofWhole: boolean;
  readonly texts: TextsOf;
}

/** What a stage gives, as text: of each entry, in their order; before kernels `buffers`, of one entry those that it uses. */
type TextsOf = (staged: StagedProgram, options: ShownOptions) => Map<string, string>;

interface ShownOptions extends StageOptions {
  readonly isShown: (name: string) => boolean;
}

interface StageOptions extends Omit<EntryOptions, "observe"> {
  readonly target: KernelTargetName;
  readonly dtype: "f32" | "f64";
  /** Which run on an entry, from 1; the last where left out. */
  readonly run?: number;
  /** One of the keys of what is given, or a part of a network; all where left out. */
  readonly entry?: string;
}

/** A stage that an entry has passed. */
export interface PassedStage {
  readonly stage: Stage;
  /** Which of its runs on this entry and what that is made from, from 1. */
  readonly run: number;
}

/** What goes through the stages. */
export interface StagedProgram {
  readonly program: Program;
  /** The step that the program was made of, where a cell made it. */
  readonly cell: LoweredCell | undefined;
  /** The equations over whole sequences, where a network did. */
  readonly network: LoweredNetwork | undefined;
  /** The text that it was made of, where there is one. */
  readonly written: { readonly tree: SourceFileNode; readonly typed: TypedCell } | undefined;
}

/** The same for all targets, of entries, and once on each. */
const plainStage = { repeats: false, targets: kernelTargets, ofParts: false, ofWhole: false };

type WrittenTexts = (written: NonNullable<StagedProgram["written"]>) => (readonly [name: string, text: string])[];

/** What is no graph yet. */
const textStage = (name: string, summary: string, texts: WrittenTexts): Stage => ({
  ...{ ...plainStage, name, summary, gives: "text", ofWhole: true },
  texts: ({ written }, { isShown }) => new Map(written === undefined || !isShown("text") ? [] : texts(written)),
});
const loweringStage = (name: string, summary: string): Stage => ({
  ...{ ...plainStage, name, summary, gives: "graph" },
  texts: (staged, options) => textsOfLowering(staged, name, options),
});
const graphStage = (name: string, summary: string): Stage => ({
  ...{ ...plainStage, name, summary, gives: "graph" },
  texts: (staged, options) => textsOfEntries(staged, name, options),
});
const kernelStage = (name: string, summary: string): Stage => ({
  ...{ ...plainStage, name, summary, gives: "kernels" },
  texts: (staged, options) => textsOfKernels(staged, name, options),
});
const codeStage = (name: string, summary: string, texts: TextsOf): Stage => ({
  ...{ ...plainStage, name, summary, gives: "code", texts },
});

/** The network's parts, each under its own name. */
const cutsOf = (typed: TypedCell): TypedCell[] =>
  typed.parts.map((part) => ({ ...cutNetwork(typed, part), name: nameInPart(typed.name, part.name) }));

const namedCell = (cell: TypedCell) => [cell.name, printTypedCell(cell)] as const;

/**
 * Grouped by what they give. Passes on graphs stand where the first list of `passes/graph/passes.ts` that has them does, and run several
 * times: `stagesPassed` has what ran on an entry, in order. Stages of kernels are in the order in which they run, for every target.
 */
export const stages: readonly Stage[] = [
  textStage("parse", "the tree of the text, printed", ({ tree }) => [["text", printSourceFile(tree)]]),
  textStage("check", "every name with its type", ({ typed }) => [["text", printTypedCell(typed)]]),
  {
    ...textStage(
      "cut",
      "each part that is called by itself as a network, in which what it is given are inputs",
      ({ typed }) => cutsOf(typed).map(namedCell),
    ),
    ofParts: true,
  },
  textStage("complex-to-real", "complex names as two real ones, which all that comes after knows alone", ({ typed }) =>
    [typed, ...cutsOf(typed)].map((cell) => namedCell(realCell(cell))),
  ),
  loweringStage("lower", "one example as it is written: of a cell one step, of a network whole sequences"),
  ...Object.entries(networkStages).map(([name, summary]) => loweringStage(name, summary)),
  graphStage(entryStages.equations, "what entries begin with, over whole sequences: of a cell its step in a loop"),
  graphStage(entryStages.deriveGradient, "the gradient that second derivatives are derived from"),
  graphStage(entryStages.derive, "derivatives, as the rules give them, and what forward keeps for them"),
  ...graphPasses.map((pass): Stage => ({ ...graphStage(pass.name, pass.summary), repeats: isRepeated(pass) })),
  graphStage(entryStages.oneStep, "what a stream computes, for one step instead of a sequence"),
  graphStage(entryStages.splitContexts, "compute of contexts once for all steps of a stream what tells only of them"),
  graphStage(gradientRowsStage, "which gradients have only rows of their params"),
  ...beforeKernels.map(({ name, summary }) => graphStage(name, summary)),
  kernelStage("kernels", "loops over examples and steps, and what is stored"),
  ...kernelStages((passes) => passes.beforeMemory),
  kernelStage("memory", "give every buffer its place"),
  ...kernelStages((passes) => passes.afterMemory),
  {
    ...codeStage("layout", "where buffers lie in the one memory", textOfLayout),
    targets: kernelTargets.filter((target) => targetTexts[target].layout !== undefined),
    ofWhole: true,
  },
  codeStage("print", "the kernels of an entry as code, by themselves", textsOfCode),
];

const stagesByName = new Map(stages.map((stage) => [stage.name, stage]));

function kernelStages(listOf: (passes: TargetPasses<unknown>) => readonly Pick<Stage, "name" | "summary">[]): Stage[] {
  const found = new Map<string, Stage>();
  for (const target of kernelTargets) {
    for (const { name, summary } of listOf(targetPasses[target])) {
      const targets = [...(found.get(name)?.targets ?? []), target];
      found.set(name, { ...kernelStage(name, summary), targets });
    }
  }
  return [...found.values()];
}

/** What ran on each entry, in order, by the names of their functions: first what is before all entries, then on what it is made from. */
export function stagesPassed(
  staged: StagedProgram,
  { target, ...options }: EntryOptions & Pick<StageOptions, "target">,
): Map<string, PassedStage[]> {
  const { program, written } = staged;
  const lowered = loweredVersions(staged);
  const texts = (part: string | undefined): readonly Stage[] =>
    written === undefined
      ? []
      : stages.filter(({ gives, ofParts }) => gives === "text" && (!ofParts || part !== undefined));
  const after = stages.filter(({ gives, targets }) => ["kernels", "code"].includes(gives) && targets.includes(target));
  const once = (stage: Stage): PassedStage => ({ stage, run: 1 });
  const finished = lastVersions(program, options);
  return new Map(
    [...finished].map(([entry, last]): [string, PassedStage[]] => {
      const { entry: begun, part } = beginningOf(last);
      const own = lowered.get(begun) ?? [];
      const before = [...texts(part), ...own.map(({ stage }) => lookUp(stagesByName, stage))];
      const passed = historyOf(last).map((at) => ({ stage: lookUp(stagesByName, at.stage), run: runOf(at) }));
      return [entry, [...before.map(once), ...passed, ...after.map(once)]];
    }),
  );
}

/** The last version of each entry, in their order. */
function lastVersions(program: Program, options: EntryOptions) {
  const finished = new Map<string, EntryVersion>();
  const entries = buildEntries(program, {
    ...options,
    observe: (version) => void finished.set(version.entry, version),
  });
  readyForKernels(entries, (entry, stage, fn) => {
    finished.set(entry, { entry, stage, fn, from: finished.get(entry) });
  });
  return finished;
}

/** What equations were before they became those of an entry. */
interface LoweredVersion {
  readonly stage: string;
  readonly fn: GraphFunction;
}

/** What lowering gives, stage by stage, by the entry that begins with it. */
function loweredVersions({ cell, network }: StagedProgram): Map<string, LoweredVersion[]> {
  const versions = new Map<string, LoweredVersion[]>();
  if (cell !== undefined) {
    versions.set("forward", [{ stage: "lower", fn: cell.step }]);
    if (cell.initial !== undefined) versions.set("initial", [{ stage: "lower", fn: cell.initial }]);
  }
  const note = (stage: string, entry: string, fn: GraphFunction): void =>
    void listAt(versions, entry).push({ stage, fn: { ...fn, name: entry } });
  const noteWhole = ({ whole, parts = [] }: LoweredNetwork, entryOf: (name: string) => string): void => {
    note("lower", entryOf("forward"), whole);
    for (const part of parts) noteWhole(part.network, (name) => entryOf(nameInPart(part.name, name)));
  };
  if (network !== undefined) {
    noteWhole(network, (name) => name);
    programOfNetwork(network, note);
  }
  return versions;
}

/** What it was made from in the first place. */
const beginningOf = (last: EntryVersion): EntryVersion => historyOf(last)[0] ?? last;

/**
 * What a stage gives, as text: of each entry, in their order, what it gave in that run; before kernels `buffers`,
 * of one entry those that it uses; `layout` where these get their addresses, and `text` where nothing is an entry yet.
 */
export function textsAfter(staged: StagedProgram, stage: Stage, options: StageOptions): Map<string, string> {
  const { entry } = options;
  const called = entry === undefined ? undefined : functionsCalled(entry);
  return stage.texts(staged, { ...options, isShown: (name) => called?.has(name) ?? true });
}

/** What lowering gives in the stage of this name. */
function textsOfLowering(staged: StagedProgram, name: string, options: ShownOptions): Map<string, string> {
  const lowered = loweredVersions(staged);
  const begun = options.entry === undefined ? lowered.keys() : new Set(shownVersions(staged, options).map((last) => beginningOf(last).entry)); // prettier-ignore
  const found = [...begun].flatMap((entry) => lowered.get(entry) ?? []);
  return new Map(found.flatMap(({ stage, fn }) => (stage === name ? [namedText(fn)] : [])));
}

/** What entries are after the run of the stage of this name that is asked for. */
function textsOfEntries(staged: StagedProgram, name: string, options: ShownOptions): Map<string, string> {
  const printed = new Map<string, string>();
  for (const last of shownVersions(staged, options)) {
    const runs = historyOf(last).filter(({ stage }) => stage === name);
    const version = runs[(options.run ?? runs.length) - 1];
    // What several entries are made from is printed once, under the name that it had.
    if (version === undefined || printed.has(version.entry)) continue;
    printed.set(...namedText({ ...version.fn, name: version.entry }));
  }
  return printed;
}

const shownVersions = ({ program }: StagedProgram, options: ShownOptions): EntryVersion[] =>
  [...lastVersions(program, options)].flatMap(([entry, last]) => (options.isShown(entry) ? [last] : []));

/** Kernels after the stage of this name. */
function textsOfKernels({ program }: StagedProgram, name: string, options: ShownOptions): Map<string, string> {
  const { target, dtype, isShown, ...entries } = options;
  const printed = new Map<string, string>();
  buildKernels(buildEntries(program, entries), {
    passes: targetPasses[target],
    dtype,
    observe: (stage, kernels) => {
      if (stage !== name) return;
      const shown = kernels.functions.filter((fn) => isShown(fn.name));
      if (isShown("buffers")) printed.set("buffers", printBuffers(kernels));
      else if (shown.length > 0) printed.set("buffers", printBuffers(kernels, shown));
      for (const fn of shown) printed.set(fn.name, printKernelFunction(fn));
    },
  });
  return printed;
}

function textOfLayout(staged: StagedProgram, options: ShownOptions): Map<string, string> {
  const print = targetTexts[options.target].layout;
  if (print === undefined || !options.isShown("layout")) return new Map();
  return new Map([["layout", print(finishedKernels(staged, options), options.dtype)]]);
}

function textsOfCode(staged: StagedProgram, options: ShownOptions): Map<string, string> {
  const { target, dtype, isShown } = options;
  const kernel = finishedKernels(staged, options);
  const { code } = targetTexts[target];
  const shown = kernel.functions.filter((fn) => isShown(fn.name));
  return new Map(shown.map((fn) => [fn.name, code({ ...kernel, functions: [fn] }, dtype)]));
}

const finishedKernels = ({ program }: StagedProgram, { target, dtype, ...options }: ShownOptions): KernelProgram =>
  buildKernels(buildEntries(program, options), { passes: targetPasses[target], dtype });

const namedText = (fn: GraphFunction): [string, string] => [fn.name, printFunction(fn)];
