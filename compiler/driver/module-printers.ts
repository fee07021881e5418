/** The text of a module of each target, with its kernels, and the files beside it. */
import { printKernelProgram } from "../emit/js/print-kernel.js";
import { printModule } from "../emit/js/module.js";
import type { ModuleOptions, Target } from "../emit/manifest.js";
import { addressableBytes, MemoryLimitError } from "../emit/memory-limit.js";
import { printWasmKernels } from "../emit/wasm/kernels/print-kernels.js";
import { type MemoryLayout, smallestBytes } from "../emit/wasm/memory/memory-layout.js";
import { printMemoryPlan } from "../emit/wasm/memory/print-memory-plan.js";
import {
  printAutoModule,
  printWasmLoader,
  printWasmModule,
  type WasmFile,
  type WasmKernels,
} from "../emit/wasm/module/print-module.js";
import type { KernelProgram } from "../ir/kernel/kernel-program.js";
import { vectorPasses } from "../passes/kernel/passes.js";
import type { Manifest } from "../../runtime/module/manifest.js";

/** What a module is printed from. */
interface PrintedParts {
  readonly manifest: Manifest;
  readonly options: ModuleOptions;
  readonly kernelsOf: (target: "wasm" | "js") => KernelProgram;
  /** Those for `wasm` as hosts with fused multiply-add run them. */
  readonly fusedOf: (kernel: KernelProgram) => KernelProgram;
  readonly layoutOf: (kernel: KernelProgram, dtype: "f32" | "f64") => MemoryLayout;
}

/** What a target makes. A module that has files beside it names its build in its code, and so has chosen it. */
interface PrintedModule {
  readonly text: string;
  readonly wasmFiles?: readonly WasmFile[];
  readonly build?: string;
}

export const modulePrinters: Readonly<Record<Target, (parts: PrintedParts) => PrintedModule>> = {
  js: (parts) => {
    const { text, rings } = jsKernels(parts);
    return { text: printModule(parts.manifest, text, rings) };
  },
  wasm: (parts) => {
    const { manifest, options } = parts;
    if (!options.wasmFile) return { text: printWasmModule(manifest, wasmKernels(parts)) };
    const { text, files, build } = printWasmLoader(manifest, wasmKernels(parts));
    return { text, wasmFiles: files, build };
  },
  auto: (parts) => ({ text: printAutoModule(parts.manifest, wasmKernels(parts), jsKernels(parts).text) }),
};

/** In the whole, or in a part that is called by itself. */
const hasRings = ({ functions }: KernelProgram): boolean => functions.some(({ rings }) => rings !== undefined);

function jsKernels({ kernelsOf, options: { dtype } }: PrintedParts): {
  readonly text: string;
  readonly rings: boolean;
} {
  const kernel = kernelsOf("js");
  return { text: printKernelProgram(kernel, dtype), rings: hasRings(kernel) };
}

function wasmKernels({ kernelsOf, fusedOf, layoutOf, options }: PrintedParts): WasmKernels {
  const { dtype, fma } = options;
  const kernel = kernelsOf("wasm");
  const { machine } = vectorPasses;
  const layout = layoutOf(kernel, dtype);
  const bytes = smallestBytes(layout);
  if (bytes > addressableBytes) throw new MemoryLimitError(bytes, options);
  const print = (own: KernelProgram): Uint8Array => printWasmKernels(own, { dtype, layout, target: machine });
  return {
    plan: printMemoryPlan(kernel, layout),
    rings: hasRings(kernel),
    bytes: print(kernel),
    ...(fma ? { fused: print(fusedOf(kernel)) } : {}),
  };
}
