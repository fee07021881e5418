/** Kernels after each stage of a target, with planned memory; before it is planned, passes find scalars by their names. */
import { expect } from "vitest";
import { buildKernels } from "../../compiler/driver/pipeline.js";
import { kernelTargets, type KernelTargetName, targetPasses } from "../../compiler/passes/kernel/passes.js";
import type { RealType } from "../../compiler/ir/ops/number-range.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import { verifyNames } from "../../compiler/ir/kernel/verify-names.js";
import { planMemory } from "../../compiler/passes/kernel/plan-memory.js";
import type { EntryProgram } from "../../compiler/program/entry.js";

const namesOf = (target: KernelTargetName): string =>
  [...targetPasses[target].beforeMemory, { name: "memory" }, ...targetPasses[target].afterMemory]
    .map(({ name }) => `${name};`)
    .join("");

/** Without those whose stages another target has, too, before its own: `wasm`, of `wasm-fma`. */
export const longestTargets = kernelTargets.filter(
  (target) => !kernelTargets.some((other) => other !== target && namesOf(other).startsWith(namesOf(target))),
);

export interface KernelStage {
  readonly stage: string;
  readonly kernel: KernelProgram;
}

export function kernelStages(program: EntryProgram, target: KernelTargetName, dtype: RealType = "f32"): KernelStage[] {
  const stages: KernelStage[] = [];
  buildKernels(program, {
    passes: targetPasses[target],
    dtype,
    observe: (stage, kernels) => {
      if (!("slots" in kernels)) expect(verifyNames(kernels), `${target} ${dtype} after ${stage}`).toEqual([]);
      stages.push({ stage, kernel: "slots" in kernels ? kernels : planMemory(kernels) });
    },
  });
  return stages;
}
