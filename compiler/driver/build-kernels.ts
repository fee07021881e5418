/** From the graph functions of a module to kernels in the order and with the copies that a machine runs fast. */
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { shapeContext } from "../ir/graph/shape-rules.js";
import { beforeKernels } from "../passes/graph/passes.js";
import type { KernelProgram } from "../ir/kernel/kernel-program.js";
import type { UnplannedKernels } from "../ir/kernel/unplanned.js";
import { lowerToKernels } from "../passes/to-kernels/index.js";
import { runPasses } from "../passes/pass.js";
import type { TargetPasses } from "../passes/kernel/passes.js";
import { planMemory } from "../passes/kernel/plan-memory.js";
import type { EntryProgram, ProgramEntry } from "../program/entry.js";

/** Changes kernels before they are expanded and printed: for looking at them, and for timing parts of them. */
export type RewriteKernels = (kernel: KernelProgram) => KernelProgram;

interface KernelOptions<Machine> {
  readonly passes: TargetPasses<Machine>;
  readonly dtype: "f32" | "f64";
  /** Called with what lowering gives (`kernels`), after each pass, and with planned memory (`memory`). */
  readonly observe?: (stage: string, kernels: UnplannedKernels | KernelProgram) => void;
  readonly rewrite?: RewriteKernels;
}

/**
 * The entries as kernels take them.
 *
 * @param observe called after each pass on each entry
 */
export function readyForKernels(
  program: EntryProgram,
  observe?: (entry: string, pass: string, fn: GraphFunction) => void,
): EntryProgram {
  const context = { ...shapeContext(program.axes), sizes: program.sizes };
  const entries = [...program.entries].map(([name, entry]): [string, ProgramEntry] => {
    const fn = runPasses(entry.fn, beforeKernels, context, (pass, after) => observe?.(name, pass, after));
    return [name, { ...entry, fn }];
  });
  return { ...program, entries: new Map(entries) };
}

export function buildKernels<Machine>(program: EntryProgram, options: KernelOptions<Machine>): KernelProgram {
  const { passes, dtype, observe, rewrite = (kernel) => kernel } = options;
  const target = { dtype, machine: passes.machine };
  const lowered = lowerToKernels(readyForKernels(program));
  observe?.("kernels", lowered);
  const passed = runPasses(lowered, passes.beforeMemory, target, observe);
  const planned = planMemory(passed);
  observe?.("memory", planned);
  return runPasses(rewrite(planned), passes.afterMemory, target, observe);
}
