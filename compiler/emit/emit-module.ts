/** From a lowered cell to the text of its module. */
import type { LoweredCell } from "../lower/lowered-cell.js";
import type { KernelProgram } from "../ir/kernel/types.js";
import { lowerProgram } from "../lower/graph-to-kernel/index.js";
import { buildSequenceProgram } from "../transform/pipeline.js";
import type { SequenceProgram } from "../transform/sequence-program.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import { digestOf } from "./digest.js";
import { addressableBytes, MemoryLimitError } from "./memory-limit.js";
import { printKernelProgram } from "./js/print-kernel.js";
import { printModule } from "./js/module.js";
import { buildManifest, type ModuleOptions, type Target } from "./manifest.js";
import { dropSingleRounds } from "../transform/kernel/drop-single-rounds.js";
import { simd128 } from "../transform/kernel/target.js";
import { emitKernels, scheduleKernels } from "./wasm/emit-kernels.js";
import { smallestBytes } from "./wasm/layout.js";
import { printMemoryPlan } from "./wasm/print-memory.js";
import { printAutoModule, printWasmLoader, printWasmModule, type WasmFile, type WasmKernels } from "./wasm/module.js";

export interface EmittedModule {
  readonly manifest: Manifest;
  readonly text: string;
  /** What the files of one build have in common, and of no other: a digest of what they hold. */
  readonly build: string;
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
  const {
    text,
    wasmFiles = [],
    build = digestOf(text),
  } = emitters[options.target]({ manifest, program, options, rewrite });
  return { manifest, text: `// Build ${build}.\n${text}`, build, wasmFiles };
}

/** What a module is made of. */
interface Parts {
  readonly manifest: Manifest;
  readonly program: SequenceProgram;
  readonly options: ModuleOptions;
  readonly rewrite: RewriteKernels;
}

/** What a target makes. A module that has files beside it names its build in its code, and so has chosen it. */
type Printed = Pick<EmittedModule, "text"> & Partial<Pick<EmittedModule, "wasmFiles" | "build">>;

const emitters: Readonly<Record<Target, (parts: Parts) => Printed>> = {
  js: (parts) => ({ text: printModule(parts.manifest, jsKernels(parts)) }),
  wasm: (parts) => {
    const { manifest, options } = parts;
    if (!options.wasmFile) return { text: printWasmModule(manifest, wasmKernels(parts)) };
    const { text, files, build } = printWasmLoader(manifest, wasmKernels(parts));
    return { text, wasmFiles: files, build };
  },
  auto: (parts) => ({ text: printAutoModule(parts.manifest, wasmKernels(parts), jsKernels(parts)) }),
};

function jsKernels({ manifest: { runtimeDimensions }, program, options: { dtype }, rewrite }: Parts): string {
  // Only to be read more easily: other passes serve lanes and registers.
  const kernel = rewrite(lowerProgram(program, { runtimeDimensions, passes: [dropSingleRounds] }));
  return printKernelProgram(kernel, dtype);
}

function wasmKernels({ manifest, program, options, rewrite }: Parts): WasmKernels {
  const { dtype, fma } = options;
  const target = { dtype, target: simd128, runtimeDimensions: manifest.runtimeDimensions };
  const planned = scheduleKernels(program, target);
  const bytes = smallestBytes(planned.layout);
  if (bytes > addressableBytes) throw new MemoryLimitError(bytes, options);
  const scheduled = { ...planned, kernel: rewrite(planned.kernel) };
  return {
    plan: printMemoryPlan(scheduled.kernel, scheduled.layout),
    bytes: emitKernels(scheduled, target),
    ...(fma ? { fused: emitKernels(scheduled, { ...target, target: { ...simd128, fma } }) } : {}),
  };
}
