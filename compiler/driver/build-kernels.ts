/** From the graph functions of a module to kernels in the order and with the copies that a machine runs fast. */
import type { KernelProgram } from "../ir/kernel/types.js";
import type { UnplannedKernels } from "../ir/kernel/unplanned.js";
import { lowerToKernels } from "../passes/to-kernels/index.js";
import { runPasses } from "../passes/pass.js";
import type { Schedule } from "../passes/kernel/passes.js";
import { planMemory } from "../passes/kernel/plan-memory.js";
import type { SequenceProgram } from "../program/sequence-program.js";

/** Changes kernels before they are expanded and printed: for looking at them, and for timing parts of them. */
export type RewriteKernels = (kernel: KernelProgram) => KernelProgram;

export interface KernelOptions<Machine> {
  readonly schedule: Schedule<Machine>;
  readonly dtype: "f32" | "f64";
  /** Dimensions that each call gives, `["S"]`. */
  readonly runtimeDimensions: readonly string[];
  /** Called with what lowering gives (`kernels`), after each pass, and with planned memory (`memory`). */
  readonly observe?: (stage: string, kernels: UnplannedKernels | KernelProgram) => void;
  readonly rewrite?: RewriteKernels;
}

export function buildKernels<Machine>(program: SequenceProgram, options: KernelOptions<Machine>): KernelProgram {
  const { schedule, dtype, runtimeDimensions, observe, rewrite = (kernel) => kernel } = options;
  const target = { dtype, machine: schedule.machine };
  const lowered = lowerToKernels(program, runtimeDimensions);
  observe?.("kernels", lowered);
  const passed = runPasses(lowered, schedule.beforeMemory, target, observe);
  const planned = planMemory(passed, runtimeDimensions);
  observe?.("memory", planned);
  return runPasses(rewrite(planned), schedule.afterMemory, target, observe);
}
