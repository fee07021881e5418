/** The stages on the way from a lowered cell to kernels, each of which can be looked at. */
import type { GraphFunction } from "../ir/graph/types.js";
import { printFunction } from "../ir/graph/print.js";
import { printKernelFunction } from "../ir/kernel/print.js";
import type { LoweredCell } from "../program/lowered-cell.js";
import type { Program } from "../program/program.js";
import { scalarSchedule, type Schedule, vectorSchedule } from "../passes/kernel/passes.js";
import { buildEntries, type EntryOptions } from "./entries.js";
import { graphPasses } from "../passes/graph/passes.js";
import { buildKernels } from "./build-kernels.js";

export interface Stage {
  /** As `explain --after` takes it. */
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** What it gives: equations of one example, or loops over buffers of a whole batch. */
  readonly gives: "graph" | "kernels";
  /** Whose kernels pass through it; graphs are the same for all. */
  readonly targets: readonly KernelTargetName[];
}

export type KernelTargetName = "wasm" | "js";

/** Whatever machine a schedule is for, it describes that machine itself. */
export const schedules: Readonly<Record<KernelTargetName, Schedule<unknown>>> = {
  wasm: vectorSchedule as Schedule<unknown>,
  js: scalarSchedule as Schedule<unknown>,
};
const all = Object.keys(schedules) as KernelTargetName[];

/** In their order for every target; graph passes run several times, as `passes/graph/passes.ts` lists them. */
export const stages: readonly Stage[] = [
  { name: "lower", summary: "one step of one example, as it is written", gives: "graph", targets: all },
  ...graphPasses.map(({ name, summary }): Stage => ({ name, summary, gives: "graph", targets: all })),
  { name: "kernels", summary: "loops over examples and steps, and what is stored", gives: "kernels", targets: all },
  ...kernelStages((schedule) => schedule.beforeMemory),
  { name: "memory", summary: "give every buffer its place", gives: "kernels", targets: all },
  ...kernelStages((schedule) => schedule.afterMemory),
];

function kernelStages(listOf: (schedule: Schedule<unknown>) => readonly Pick<Stage, "name" | "summary">[]): Stage[] {
  const found = new Map<string, Stage>();
  for (const target of all) {
    for (const { name, summary } of listOf(schedules[target])) {
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
}

const entryText = (fn: GraphFunction): [string, string] => [fn.name, printFunction(fn)];

/** Text of each entry after a stage, in the order of the entries: of each the last time it passed. */
export function entriesAfter(
  { program, cell }: StagedProgram,
  { name, gives }: Stage,
  options: StageOptions,
): Map<string, string> {
  const printed = new Map<string, string>();
  if (name === "lower") {
    const { initial } = cell ?? program;
    printed.set(...(cell === undefined ? entryText(program.forward) : entryText(cell.step)));
    if (initial !== undefined) printed.set(...entryText(initial));
    return printed;
  }
  const built = buildEntries(program, {
    ...options,
    observe: (entry, pass, fn) => {
      if (pass === name) printed.set(entry, printFunction({ ...fn, name: entry }));
    },
  });
  if (gives === "graph") return printed;
  buildKernels(built, {
    schedule: schedules[options.target],
    dtype: options.dtype,
    observe: (stage, { functions }) => {
      if (stage === name) for (const fn of functions) printed.set(fn.name, printKernelFunction(fn));
    },
  });
  return printed;
}
