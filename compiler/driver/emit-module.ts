/** From a program to the text of its module. */
import { buildEntries } from "./entries.js";
import { checkSegments } from "../program/check-segments.js";
import type { EntryProgram } from "../program/entry.js";
import { findSegments, SegmentsError } from "../program/find-segments.js";
import type { Program } from "../program/program.js";
import { buildKernels, type RewriteKernels } from "./build-kernels.js";
import type { KernelProgram } from "../ir/kernel/kernel-program.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import { digestOf } from "../emit/digest.js";
import { addressableBytes, MemoryLimitError } from "../emit/memory-limit.js";
import { printKernelProgram } from "../emit/js/print-kernel.js";
import { printModule } from "../emit/js/module.js";
import { buildManifest, type ModuleOptions, type Target } from "../emit/manifest.js";
import { scalarPasses, vectorPasses } from "../passes/kernel/passes.js";
import { planLayout, smallestBytes } from "../emit/wasm/memory/memory-layout.js";
import { printWasmKernels } from "../emit/wasm/kernels/print-kernels.js";
import { printMemoryPlan } from "../emit/wasm/memory/print-memory-plan.js";
import {
  printAutoModule,
  printWasmLoader,
  printWasmModule,
  type WasmFile,
  type WasmKernels,
} from "../emit/wasm/module/print-module.js";

export interface EmittedModule {
  readonly manifest: Manifest;
  readonly text: string;
  /** What the files of one build have in common, and of no other: a digest of what they hold. */
  readonly build: string;
  /** Kernels that the module takes from its caller. */
  readonly wasmFiles: readonly WasmFile[];
}

/**
 * Every dimension but the run-time ones must have a size.
 *
 * @throws MemoryLimitError where WebAssembly cannot address what the smallest instance takes; SegmentsError where a gradient is wanted in segments
 *   and cannot be computed so.
 */
export function emitModule(
  program: Program,
  options: ModuleOptions,
  rewrite: RewriteKernels = (kernel) => kernel,
): EmittedModule {
  const { gradient, jvp, hvp } = options;
  const along = segmentsOf(program, options);
  const entries = buildEntries(program, { gradient, jvp, hvp, segmentsOf: along });
  if (along !== undefined) checkSegments(entries, along, program.losses ?? []);
  const manifest = buildManifest(program, options, entries);
  const {
    text,
    wasmFiles = [],
    build = digestOf(text),
  } = emitters[options.target]({ manifest, entries, options, rewrite });
  return { manifest, text: `// Build ${build}.\n${text}`, build, wasmFiles };
}

/** The axis of the segments; undefined where none are wanted. */
function segmentsOf(program: Program, { segments }: ModuleOptions): string | undefined {
  if (segments !== true) return undefined;
  const found = findSegments(program);
  if ("symbol" in found) return found.symbol;
  throw new SegmentsError(
    found.obstacle,
    "each step is made of what there is up to it, and losses are sums over the steps",
  );
}

/** What a module is made of. */
interface EmittedParts {
  readonly manifest: Manifest;
  readonly entries: EntryProgram;
  readonly options: ModuleOptions;
  readonly rewrite: RewriteKernels;
}

/** What a target makes. A module that has files beside it names its build in its code, and so has chosen it. */
type Printed = Pick<EmittedModule, "text"> & Partial<Pick<EmittedModule, "wasmFiles" | "build">>;

const emitters: Readonly<Record<Target, (parts: EmittedParts) => Printed>> = {
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

function jsKernels({ entries, options: { dtype }, rewrite }: EmittedParts): {
  readonly text: string;
  readonly rings: boolean;
} {
  // prettier-ignore
  const kernel = buildKernels(entries, { passes: scalarPasses, dtype, rewrite });
  return { text: printKernelProgram(kernel, dtype), rings: hasRings(kernel) };
}

function wasmKernels({ entries, options, rewrite }: EmittedParts): WasmKernels {
  const { dtype, fma } = options;
  const kernel = buildKernels(entries, { passes: vectorPasses, dtype, rewrite });
  const { machine } = vectorPasses;
  const layout = planLayout(kernel, dtype, machine.cacheLine);
  const bytes = smallestBytes(layout);
  if (bytes > addressableBytes) throw new MemoryLimitError(bytes, options);
  const printed = { dtype, layout, target: machine };
  return {
    plan: printMemoryPlan(kernel, layout),
    rings: hasRings(kernel),
    bytes: printWasmKernels(kernel, printed),
    ...(fma ? { fused: printWasmKernels(kernel, { ...printed, target: { ...machine, fma } }) } : {}),
  };
}
