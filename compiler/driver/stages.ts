/** The stages on the way from a text to its module, each of which can be looked at. */
import { printJsKernels, printWasmText, printWasmLayout } from "./print-targets.js";
import { printShape, type Shape } from "../base/types/shape.js";
import type { GraphFunction } from "../ir/graph/types.js";
import { printFunction } from "../ir/graph/print.js";
import { printKernel, printKernelFunction } from "../ir/kernel/print.js";
import type { KernelProgram } from "../ir/kernel/types.js";
import { printTypedCell } from "../language/semantics/print-typed-cell.js";
import type { TypedCell } from "../language/semantics/typed-program.js";
import type { SourceFileNode } from "../language/syntax/ast.js";
import { printSourceFile } from "../language/syntax/print-ast.js";
import type { LoweredCell } from "../program/lowered-cell.js";
import type { Program } from "../program/program.js";
import { scalarPasses, type TargetPasses, vectorPasses } from "../passes/kernel/passes.js";
import { buildEntries, deriveStage, type EntryOptions } from "./entries.js";
import { graphPasses } from "../passes/graph/passes.js";
import { gradientRowsStage } from "./gradient-rows.js";
import { buildKernels } from "./build-kernels.js";

/** What a stage gives: the text as it was read, equations of one example, loops over buffers of a whole batch, or what is printed of these. */
export type StageForm = "text" | "graph" | "kernels" | "code";

export interface Stage {
  /** As `explain --after` takes it. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  readonly gives: StageForm;
  /** Whose kernels pass through it; texts and graphs are the same for all. */
  readonly targets: readonly KernelTargetName[];
}

export type KernelTargetName = "wasm" | "js";

/** Whatever the machine that they are for: they describe it themselves. */
export const targetPasses: Readonly<Record<KernelTargetName, TargetPasses<unknown>>> = {
  wasm: vectorPasses as TargetPasses<unknown>,
  js: scalarPasses as TargetPasses<unknown>,
};
const all = Object.keys(targetPasses) as KernelTargetName[];

/** In their order for every target; graph passes run several times, as `passes/graph/passes.ts` lists them. */
export const stages: readonly Stage[] = [
  { name: "parse", summary: "the tree of the text, printed", gives: "text", targets: all },
  { name: "check", summary: "every name with its type", gives: "text", targets: all },
  { name: "lower", summary: "one step of one example, as it is written", gives: "graph", targets: all },
  { name: deriveStage, summary: "derivatives, as the rules give them", gives: "graph", targets: all },
  ...graphPasses.map(({ name, summary }): Stage => ({ name, summary, gives: "graph", targets: all })),
  { name: gradientRowsStage, summary: "which gradients have only rows of their params", gives: "graph", targets: all },
  { name: "kernels", summary: "loops over examples and steps, and what is stored", gives: "kernels", targets: all },
  ...kernelStages((passes) => passes.beforeMemory),
  { name: "memory", summary: "give every buffer its place", gives: "kernels", targets: all },
  ...kernelStages((passes) => passes.afterMemory),
  { name: "layout", summary: "where buffers lie in the one memory", gives: "code", targets: ["wasm"] },
  { name: "print", summary: "the kernels of an entry as code, by themselves", gives: "code", targets: all },
];

function kernelStages(listOf: (passes: TargetPasses<unknown>) => readonly Pick<Stage, "name" | "summary">[]): Stage[] {
  const found = new Map<string, Stage>();
  for (const target of all) {
    for (const { name, summary } of listOf(targetPasses[target])) {
      const targets = [...(found.get(name)?.targets ?? []), target];
      found.set(name, { name, summary, gives: "kernels", targets });
    }
  }
  return [...found.values()];
}

export interface StageOptions extends Omit<EntryOptions, "observe"> {
  readonly target: KernelTargetName;
  readonly dtype: "f32" | "f64";
}

/** What goes through the stages. */
export interface StagedProgram {
  readonly program: Program;
  /** The step that the program was made of, where a cell made it. */
  readonly cell: LoweredCell | undefined;
  /** The text that it was made of, where there is one. */
  readonly written: { readonly tree: SourceFileNode; readonly typed: TypedCell } | undefined;
}

/**
 * What a stage gives, as text: of each entry, in their order, what it gave the last time; beside them `buffers` where they get
 * their places, `layout` where these get their addresses, and `text` where nothing is an entry yet.
 */
export function textsAfter(staged: StagedProgram, stage: Stage, options: StageOptions): Map<string, string> {
  return textsOf[stage.gives](staged, stage, options);
}

const textsOf: Readonly<Record<StageForm, typeof textsAfter>> = {
  text: ({ written }, { name }) => {
    if (written === undefined) return new Map<string, string>();
    const { tree, typed } = written;
    return new Map([["text", name === "parse" ? printSourceFile(tree) : printTypedCell(typed)]]);
  },
  graph: ({ program, cell }, { name }, options) => {
    if (name === "lower") {
      const { initial } = cell ?? program;
      return new Map([cell?.step ?? program.forward, ...(initial === undefined ? [] : [initial])].map(namedText));
    }
    const printed = new Map<string, string>();
    const { rows = new Map<string, Shape>() } = buildEntries(program, {
      ...options,
      observe: (entry, pass, fn) => {
        if (pass === name) printed.set(...namedText({ ...fn, name: entry }));
      },
    });
    return name === gradientRowsStage ? withRows(printed, rows) : printed;
  },
  kernels: ({ program }, { name }, { target, dtype, ...options }) => {
    const printed = new Map<string, string>();
    buildKernels(buildEntries(program, options), {
      passes: targetPasses[target],
      dtype,
      observe: (stage, kernels) => {
        if (stage !== name) return;
        if (stage === "memory") printed.set("buffers", printKernel({ ...(kernels as KernelProgram), functions: [] }));
        for (const fn of kernels.functions) printed.set(fn.name, printKernelFunction(fn));
      },
    });
    return printed;
  },
  code: ({ program }, { name }, { target, dtype, ...options }) => {
    const kernel = buildKernels(buildEntries(program, options), { passes: targetPasses[target], dtype });
    if (name === "layout") return new Map([["layout", printWasmLayout(kernel, dtype)]]);
    const print = target === "js" ? printJsKernels : printWasmText;
    return new Map(kernel.functions.map((fn) => [fn.name, print({ ...kernel, functions: [fn] }, dtype)]));
  },
};

/** The text of a function has no place for them but a comment. */
function withRows(printed: ReadonlyMap<string, string>, rows: ReadonlyMap<string, Shape>): Map<string, string> {
  const lines = [...rows].map(([name, places]) => `; ${name}: only rows, at places ${printShape(places)}\n`).join("");
  return new Map([...printed].map(([entry, text]) => [entry, `${lines}${text}`]));
}

const namedText = (fn: GraphFunction): [string, string] => [fn.name, printFunction(fn)];
