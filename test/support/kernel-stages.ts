/** Kernels after each stage of a target, with planned memory. */
import { buildKernels } from "../../compiler/driver/build-kernels.js";
import { type KernelTargetName, schedules } from "../../compiler/driver/stages.js";
import type { KernelProgram } from "../../compiler/ir/kernel/types.js";
import type { UnplannedKernels } from "../../compiler/ir/kernel/unplanned.js";
import { planMemory } from "../../compiler/passes/kernel/plan-memory.js";
import type { SequenceProgram } from "../../compiler/program/sequence-program.js";

export interface KernelStage {
  readonly stage: string;
  readonly kernel: KernelProgram;
}

export function kernelStages(
  program: SequenceProgram,
  target: KernelTargetName,
  runtimeDimensions: readonly string[] = [],
): KernelStage[] {
  const stages: KernelStage[] = [];
  buildKernels(program, {
    schedule: schedules[target],
    dtype: "f32",
    runtimeDimensions,
    observe: (stage, kernels) => {
      const { functions, buffers } = kernels;
      const unplanned = { functions, buffers: buffers as UnplannedKernels["buffers"] };
      stages.push({ stage, kernel: "slots" in kernels ? kernels : planMemory(unplanned, runtimeDimensions) });
    },
  });
  return stages;
}
