/** Do kernels give what their graphs give? Runs them with the evaluator of kernels after every stage of a target and names the first that changes a number. */
import { at, lookUp } from "../../../base/at.js";
import { invariant, InvariantError } from "../../../base/diagnostics/invariant.js";
import { buildEntries } from "../../../driver/entries.js";
import { buildKernels } from "../../../driver/pipeline.js";
import { type KernelTargetName, type TargetPasses, targetPasses } from "../../../passes/kernel/passes.js";
import type { GraphFunction } from "../../../ir/graph/graph-function.js";
import { nameOf, outputName } from "../../../ir/graph/values.js";
import { evaluateKernels } from "../../../ir/kernel/evaluate.js";
import type { KernelProgram } from "../../../ir/kernel/kernel-program.js";
import { printKernel } from "../../../ir/kernel/print.js";
import { planMemory } from "../../../passes/kernel/plan-memory.js";
import type { EntryDerivation, EntryProgram, ProgramEntry } from "../../../program/entry.js";
import type { Program } from "../../../program/program.js";
import { isInternal } from "../../../program/base/roles.js";
import { callOf, entriesInOrder, type PaddedCall, runEntry } from "../../calls/padded-kernels.js";
import { type EntryMeaning, meaningsOf } from "../compare-versions.js";
import { EntryVersions, type NamedValues } from "../entry-meanings.js";
import { graphValues } from "../graph-point.js";
import { type Point, sizesAt } from "../point.js";
import { type ChangedNumber, firstDifference } from "./find-pass.js";

type Told = Pick<ChangedNumber, "entry" | "how" | "pass" | "run" | "fn">;

/** A number of kernels that is not that of their graph; or none, where they do what no kernel may. */
export interface ChangedByKernels extends Told, Partial<Omit<ChangedNumber, keyof Told>> {
  readonly target: KernelTargetName;
  readonly problem?: string;
}

/** What a stage gives. */
interface KernelVersion {
  readonly name: string;
  readonly run: number;
  readonly kernel: KernelProgram;
}

/**
 * Kernels of the module of `program` at a point, after every stage of each target, against the graphs that they are made of, which have
 * passed all their passes.
 *
 * @param targets the passes of each
 * @param tolerance as of `findChangingPass`
 */
export function findChangingKernelPass(
  program: Program,
  point: Point,
  targets: Readonly<Partial<Record<KernelTargetName, TargetPasses<unknown>>>> = targetPasses,
  tolerance = 1e-9,
): ChangedByKernels | undefined {
  const versions = new EntryVersions();
  const entries = buildEntries(program, { gradient: true, jvp: true, hvp: true, observe: versions.observe });
  const sizes = sizesAt(point);
  const meanings = meaningsOf(program, versions, graphValues(point), sizes);
  const call = callOf(entries, sizes, 1);
  const texts = new Set<string>();
  for (const target of Object.keys(targets) as KernelTargetName[]) {
    const passes = targets[target];
    invariant(passes !== undefined, `${target} has no passes`);
    for (const { name, run, kernel } of stagesOf(entries, passes, texts)) {
      const found = changeIn(kernel, entries, meanings, call, tolerance);
      if (found !== undefined) return { ...found, pass: name, run, target };
    }
  }
  return undefined;
}

/**
 * Those that give a text of kernels that was there before are left out.
 *
 * @param texts that there were, also of other targets; it gets those of this one
 */
function stagesOf(entries: EntryProgram, passes: TargetPasses<unknown>, texts: Set<string>): KernelVersion[] {
  const stages: KernelVersion[] = [];
  const runs = new Map<string, number>();
  buildKernels(entries, {
    passes,
    dtype: "f64",
    observe: (name, kernels) => {
      const run = (runs.get(name) ?? 0) + 1;
      runs.set(name, run);
      const kernel = "slots" in kernels ? kernels : planMemory(kernels);
      const text = printKernel(kernel);
      if (!texts.has(text)) stages.push({ name, run, kernel });
      texts.add(text);
    },
  });
  return stages;
}

function changeIn(
  kernel: KernelProgram,
  program: EntryProgram,
  meanings: ReadonlyMap<string, EntryMeaning>,
  call: PaddedCall,
  tolerance: number,
): Omit<ChangedByKernels, "pass" | "run" | "target"> | undefined {
  const { buffers, table, run: runKernel } = evaluateKernels(kernel, call.padding);
  const names = new Set(kernel.functions.map(({ name }) => name));
  const run = (name: string): void => {
    if (names.has(name)) runKernel(name);
  };
  for (const entry of entriesInOrder(program)) {
    const known = meanings.get(entry.name);
    if (known === undefined) continue;
    const { how, fn, given, wanted } = asNamed(entry, known, program);
    try {
      const changed = firstDifference(
        runEntry({ buffers, table, run }, program, entry, given, call),
        wanted,
        tolerance,
      );
      if (changed !== undefined) return { entry: entry.name, how, fn, ...changed };
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      return { entry: entry.name, how, fn, problem: error.message };
    }
  }
  return undefined;
}

/** What an entry is given and gives its caller, by the names that it has in the module: a part knows its own without that of the part. */
function asNamed(
  { fn }: ProgramEntry,
  { how, meanings, kept, finished }: EntryMeaning,
  { roles }: EntryProgram,
): {
  readonly how: EntryDerivation;
  readonly fn: GraphFunction;
  readonly given: NamedValues;
  readonly wanted: NamedValues;
} {
  const values = meanings.valuesWith(kept);
  const results = meanings.outputsOf(finished, kept);
  const given = fn.inputs.map(
    (id, i) => [nameOf(fn, id), lookUp(values, nameOf(finished, at(finished.inputs, i)))] as const,
  );
  const wanted = fn.outputNames.map((name, i) => [name, lookUp(results, outputName(finished, i))] as const);
  // What entries keep for each other is a matter of their own.
  return {
    how,
    fn,
    given: new Map(given),
    wanted: new Map(wanted.filter(([name]) => !isInternal(lookUp(roles, name)))),
  };
}
