/** From a lowered cell to the text of its module. */
import type { LoweredCell } from "../lower/lowered-cell.js";
import type { KernelProgram } from "../ir/kernel/types.js";
import { lowerProgram } from "../lower/graph-to-kernel/index.js";
import { buildSequenceProgram } from "../transform/pipeline.js";
import type { SequenceProgram } from "../transform/sequence-program.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import { addressableBytes, MemoryLimitError } from "./memory-limit.js";
import { printKernelProgram } from "./js/print-kernel.js";
import { printModule } from "./js/module.js";
import { buildManifest, type ModuleOptions } from "./manifest.js";
import { dropSingleRounds } from "../transform/kernel/drop-single-rounds.js";
import { simd128 } from "../transform/kernel/target.js";
import { emitKernels, scheduleKernels } from "./wasm/emit-kernels.js";
import { smallestBytes } from "./wasm/layout.js";
import { printMemoryPlan } from "./wasm/print-memory.js";
import { printWasmLoader, printWasmModule, type WasmFile } from "./wasm/module.js";

export interface EmittedModule {
  readonly manifest: Manifest;
  readonly text: string;
  /** Kernels that the module takes from its caller. */
  readonly wasmFiles: readonly WasmFile[];
}

/** Changes kernels before they are printed: for looking at them, and for timing parts of them. */
export type RewriteKernels = (kernel: KernelProgram) => KernelProgram;

/**
 * Every dimension of `cell` but the run-time ones must have a size.
 *
 * @throws MemoryLimitError where WebAssembly cannot address what the smallest instance takes.
 */
export function emitModule(
  cell: LoweredCell,
  options: ModuleOptions,
  rewrite: RewriteKernels = (kernel) => kernel,
): EmittedModule {
  const { gradient, jvp, hvp } = options;
  const program = buildSequenceProgram(cell, { gradient, jvp, hvp });
  const manifest = buildManifest(cell, options);
  const emit = options.target === "wasm" ? emitWasm : emitJs;
  return { manifest, ...emit(manifest, program, options, rewrite) };
}

type Emit = (
  manifest: Manifest,
  program: SequenceProgram,
  options: ModuleOptions,
  rewrite: RewriteKernels,
) => Omit<EmittedModule, "manifest">;

const emitJs: Emit = (manifest, program, { dtype }, rewrite) => {
  const { runtimeDimensions } = manifest;
  // Only to be read more easily: other passes serve lanes and registers.
  const kernel = rewrite(lowerProgram(program, { runtimeDimensions, passes: [dropSingleRounds] }));
  return { text: printModule(manifest, printKernelProgram(kernel, dtype)), wasmFiles: [] };
};

const emitWasm: Emit = (manifest, program, options, rewrite) => {
  const { dtype, fma, wasmFile } = options;
  const target = { dtype, target: simd128, runtimeDimensions: manifest.runtimeDimensions };
  const planned = scheduleKernels(program, target);
  const bytes = smallestBytes(planned.layout);
  if (bytes > addressableBytes) throw new MemoryLimitError(bytes, options);
  const scheduled = { ...planned, kernel: rewrite(planned.kernel) };
  const kernels = {
    plan: printMemoryPlan(scheduled.kernel, scheduled.layout),
    bytes: emitKernels(scheduled, target),
    ...(fma ? { fused: emitKernels(scheduled, { ...target, target: { ...simd128, fma } }) } : {}),
  };
  if (!wasmFile) return { text: printWasmModule(manifest, kernels), wasmFiles: [] };
  const { text, files } = printWasmLoader(manifest, kernels);
  return { text, wasmFiles: files };
};
