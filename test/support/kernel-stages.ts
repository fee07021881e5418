/** Kernels after each stage of a target, with planned memory. */
import { buildKernels } from "../../compiler/driver/build-kernels.js";
import { type KernelTargetName, targetPasses } from "../../compiler/passes/kernel/passes.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import { planMemory } from "../../compiler/passes/kernel/plan-memory.js";
import type { EntryProgram } from "../../compiler/program/entry.js";

export interface KernelStage {
  readonly stage: string;
  readonly kernel: KernelProgram;
}

export function kernelStages(program: EntryProgram, target: KernelTargetName): KernelStage[] {
  const stages: KernelStage[] = [];
  buildKernels(program, {
    passes: targetPasses[target],
    dtype: "f32",
    observe: (stage, kernels) => {
      stages.push({ stage, kernel: "slots" in kernels ? kernels : planMemory(kernels) });
    },
  });
  return stages;
}
