/** Kernels as tests want them: stages of `compiler/driver/pipeline.ts`, with passes of their own. */
import { buildKernels } from "../../compiler/driver/pipeline.js";
import { printKernelProgram } from "../../compiler/emit/js/print-kernel.js";
import { type MemoryLayout, planLayout } from "../../compiler/emit/wasm/memory/memory-layout.js";
import { printWasmKernels } from "../../compiler/emit/wasm/kernels/print-kernels.js";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel-program.js";
import type { KernelPass } from "../../compiler/passes/kernel/kernel-pass.js";
import { scalarPasses, vectorPasses } from "../../compiler/passes/kernel/passes.js";
import { simd128, type VectorTarget } from "../../compiler/passes/kernel/target.js";
import { runPasses } from "../../compiler/passes/pass.js";
import type { EntryProgram } from "../../compiler/program/entry.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";

export interface LowerOptions {
  readonly runtimeDimensions: readonly string[];
  /** All there are, before memory is planned. */
  readonly passes?: readonly KernelPass<VectorTarget>[];
}

/** Kernels with planned memory, after the given passes only. */
export function lowerProgram(program: EntryProgram, options: LowerOptions): KernelProgram {
  const { runtimeDimensions, passes = [] } = options;
  const axes = cellAxes(runtimeDimensions);
  const own = { machine: simd128, beforeMemory: passes, afterMemory: [] };
  return buildKernels({ ...program, axes }, { passes: own, dtype: "f32" });
}

/** JavaScript of kernels with planned memory. */
export function printJsKernels(kernel: KernelProgram, dtype: "f32" | "f64"): string {
  const { afterMemory, machine } = scalarPasses;
  return printKernelProgram(runPasses(kernel, afterMemory, { dtype, machine }), dtype);
}

export interface WasmOptions {
  readonly dtype: "f32" | "f64";
  readonly runtimeDimensions: readonly string[];
}

export interface ScheduledKernels {
  readonly kernel: KernelProgram;
  readonly layout: MemoryLayout;
}

/** Kernels as the WebAssembly target prints them. */
export function scheduleKernels(program: EntryProgram, options: WasmOptions): ScheduledKernels {
  const { dtype, runtimeDimensions } = options;
  const kernel = buildKernels({ ...program, axes: cellAxes(runtimeDimensions) }, { passes: vectorPasses, dtype });
  return { kernel, layout: planLayout(kernel, dtype, simd128.cacheLine) };
}

export function emitKernels({ kernel, layout }: ScheduledKernels, { dtype }: WasmOptions): Uint8Array {
  return printWasmKernels(kernel, { dtype, layout, target: simd128 });
}
