/** The stages on the way from a text to its module, each of which can be looked at. */
import { printJsKernels, printWasmText, printWasmLayout } from "./print-targets.js";
import { listAt, lookUp } from "../base/at.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { printFunction } from "../ir/graph/print.js";
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
}

const textStage = (name: string, summary: string): Stage => ({
  name,
  summary,
  gives: "text",
  repeats: false,
  targets: kernelTargets,
});
const graphStage = (name: string, summary: string): Stage => ({ ...textStage(name, summary), gives: "graph" });
const kernelStage = (name: string, summary: string): Stage => ({ ...textStage(name, summary), gives: "kernels" });
const codeStage = (name: string, summary: string): Stage => ({ ...textStage(name, summary), gives: "code" });

/**
 * Grouped by what they give. Passes on graphs stand where the first list of `passes/graph/passes.ts` that has them does, and run several
 * times: `stagesPassed` has what ran on an entry, in order. Stages of kernels are in the order in which they run, for every target.
 */
export const stages: readonly Stage[] = [
  textStage("parse", "the tree of the text, printed"),
  textStage("check", "every name with its type"),
  textStage("cut", "each part that is called by itself as a network, in which what it is given are inputs"),
  textStage("complex-to-real", "complex names as two real ones, which all that comes after knows alone"),
  graphStage("lower", "one example as it is written: of a cell one step, of a network whole sequences"),
  ...Object.entries(networkStages).map(([name, summary]) => graphStage(name, summary)),
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
    ...codeStage("layout", "where buffers lie in the one memory"),
    targets: kernelTargets.filter((target) => target !== "js"),
  },
  codeStage("print", "the kernels of an entry as code, by themselves"),
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
      : [...textsBefore.keys()].flatMap((name) =>
          name !== "cut" || part !== undefined ? [lookUp(stagesByName, name)] : [],
        );
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
  return textsOf[stage.gives](staged, stage, { ...options, isShown: (name) => called?.has(name) ?? true });
}

interface ShownOptions extends StageOptions {
  readonly isShown: (name: string) => boolean;
}

type AnalysedText = NonNullable<StagedProgram["written"]>;

/** The network's parts, each under its own name. */
const cutsOf = (typed: TypedCell): TypedCell[] =>
  typed.parts.map((part) => ({ ...cutNetwork(typed, part), name: nameInPart(typed.name, part.name) }));

const namedCell = (cell: TypedCell): [string, string] => [cell.name, printTypedCell(cell)];

/** What is no graph yet, in order; by stage. */
const textsBefore: ReadonlyMap<string, (written: AnalysedText) => [name: string, text: string][]> = new Map([
  ["parse", ({ tree }) => [["text", printSourceFile(tree)]]],
  ["check", ({ typed }) => [["text", printTypedCell(typed)]]],
  ["cut", ({ typed }) => cutsOf(typed).map(namedCell)],
  ["complex-to-real", ({ typed }) => [typed, ...cutsOf(typed)].map((cell) => namedCell(realCell(cell)))],
]);

type TextsOf = (staged: StagedProgram, stage: Stage, options: ShownOptions) => Map<string, string>;

const textsOf: Readonly<Record<StageForm, TextsOf>> = {
  text: ({ written }, { name }, { isShown }) =>
    written === undefined || !isShown("text") ? new Map<string, string>() : new Map(textsBefore.get(name)?.(written)),
  graph: (staged, { name }, options) => {
    const finished = lastVersions(staged.program, options);
    const shown = [...finished].flatMap(([entry, last]) => (options.isShown(entry) ? [last] : []));
    if (name === "lower" || Object.hasOwn(networkStages, name)) {
      const lowered = loweredVersions(staged);
      const begun =
        options.entry === undefined ? lowered.keys() : new Set(shown.map((last) => beginningOf(last).entry));
      const found = [...begun].flatMap((entry) => lowered.get(entry) ?? []);
      return new Map(found.flatMap(({ stage, fn }) => (stage === name ? [namedText(fn)] : [])));
    }
    const printed = new Map<string, string>();
    for (const last of shown) {
      const runs = historyOf(last).filter(({ stage }) => stage === name);
      const version = runs[(options.run ?? runs.length) - 1];
      // What several entries are made from is printed once, under the name that it had.
      if (version === undefined || printed.has(version.entry)) continue;
      printed.set(...namedText({ ...version.fn, name: version.entry }));
    }
    return printed;
  },
  kernels: ({ program }, { name }, { target, dtype, isShown, ...options }) => {
    const printed = new Map<string, string>();
    buildKernels(buildEntries(program, options), {
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
  },
  code: ({ program }, { name }, { target, dtype, isShown, ...options }) => {
    if (name === "layout" && !isShown("layout")) return new Map();
    const kernel = buildKernels(buildEntries(program, options), { passes: targetPasses[target], dtype });
    if (name === "layout") return new Map([["layout", printWasmLayout(kernel, dtype)]]);
    const print = target === "js" ? printJsKernels : printWasmText;
    const shown = kernel.functions.filter((fn) => isShown(fn.name));
    return new Map(shown.map((fn) => [fn.name, print({ ...kernel, functions: [fn] }, dtype)]));
  },
};

const namedText = (fn: GraphFunction): [string, string] => [fn.name, printFunction(fn)];
