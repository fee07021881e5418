/**
 * The way from a text to its module, on one page: what each call gives, the next one takes. Calls that begin with `check` report to the
 * collector of the source what they find, or throw; of them `checkSource` alone gives something, the typed program. `stages.ts` has the names of all stages on the way, and shows what each of them gives.
 */
import { type CheckedOptions, type CompileOptions } from "./compile-options.js";
import { buildEntries } from "./entries.js";
import { type CheckedSource, checkSource, type Findings, parseSource } from "./check-source.js";
import { checkSizes, chooseCell, importedCell, type ImportedCell } from "./choose-cell.js";
import { describeModule } from "./describe-module.js";
import { modulePrinters } from "./module-printers.js";
import { digestOf } from "../emit/digest.js";
import type { ModuleOptions } from "../emit/manifest.js";
import { type MemoryLayout, planLayout } from "../emit/wasm/memory/memory-layout.js";
import type { WasmFile } from "../emit/wasm/module/print-module.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { shapeContext } from "../ir/graph/shape-rules.js";
import type { KernelProgram } from "../ir/kernel/kernel-program.js";
import type { UnplannedKernels } from "../ir/kernel/unplanned.js";
import type { TypedCell } from "../language/semantics/typed-program.js";
import type { SourceFileNode } from "../language/syntax/ast.js";
import { anyTarget } from "../passes/any-target.js";
import { innerGradient } from "../passes/autodiff/inner-gradient.js";
import { beforeKernels } from "../passes/graph/passes.js";
import {
  fusingPasses,
  type KernelTargetName,
  type TargetPasses,
  targetPasses,
  vectorPasses,
} from "../passes/kernel/passes.js";
import { planMemory } from "../passes/kernel/plan-memory.js";
import { runPasses } from "../passes/pass.js";
import { lowerToKernels } from "../passes/to-kernels/index.js";
import type { RealType } from "../ir/ops/number-range.js";
import { lowerNamed } from "../program/lowering/ast-to-graph.js";
import { programOfCell } from "../program/cell-program.js";
import { checkConstants } from "../program/lowering/check-constants.js";
import { checkStream } from "../program/check-stream.js";
import type { EntryProgram, ProgramEntry } from "../program/entry.js";
import type { LoweredCell, LoweredNetwork } from "../program/base/lowered-cell.js";
import { programOfNetwork } from "../program/network-program.js";
import type { Program } from "../program/program.js";
import { argumentsOf } from "../program/lowering/sizes.js";
import type { Manifest } from "../../runtime/module/manifest.js";

interface LowerFindings extends Findings {
  readonly settings: CheckedOptions;
}

export interface LowerSuccess extends LowerFindings {
  /** What all that comes after starts from. */
  readonly program: Program;
  /** What the program was made of, where a cell made it: one step. */
  readonly cell: LoweredCell | undefined;
  /** The same, where a network made it: its equations over whole sequences. */
  readonly network: LoweredNetwork | undefined;
  /** Dimensions of the cell that were given no size; those that rounds go by have one in `program.dimensions` all the same. */
  readonly openDimensions: readonly string[];
  /** The same cell as it was written: the file that declares it, and what the checks found. */
  readonly written: { readonly tree: SourceFileNode; readonly typed: TypedCell };
}

interface LowerFailure extends LowerFindings {
  readonly program: undefined;
  readonly cell: undefined;
  readonly network: undefined;
  readonly openDimensions: readonly [];
  readonly written: undefined;
}

/** The program is undefined where there are errors. */
export type LowerResult = LowerSuccess | LowerFailure;

/**
 * From a text to a program: what looks at the user's source.
 *
 * @param written How many operations rounds may be that are written out.
 * @param sizes Whether every dimension of the cell needs a size. Reals without a default always need a value.
 * @throws CompileOptionsError where the cell or a size is missing or not one of the source's.
 */
export function lowerSource(
  text: string,
  options: CompileOptions,
  sizes: "all sizes" | "symbolic",
  written = anyTarget.mostWrittenOut,
): LowerResult {
  const parsed = parseSource(text, options);
  const checked = checkSource(parsed);
  if (checked.collector.hasErrors) return failed(checked);

  const imported = importedCell(checked);
  if (imported !== undefined)
    return asImported(
      checked,
      imported,
      lowerSource(imported.text, { ...options, ...imported.options }, sizes, written),
    );
  const { program: typedProgram, tree, settings, collector } = checked;
  const typed = chooseCell(checked);
  checkSizes(typed, settings.dimensions, sizes);

  const { dtype, dimensions } = settings;
  const given = { ...argumentsOf(typed, dimensions, sizes), mostWrittenOut: written, dtype };
  const lowered = lowerNamed(typedProgram, typed.name, given, innerGradient, collector);
  if (lowered !== undefined) checkStream(typed, lowered, collector);
  if (collector.hasErrors || lowered === undefined) return failed(checked);

  const [cell, network] = "step" in lowered ? ([lowered, undefined] as const) : ([undefined, lowered] as const);
  const program = cell === undefined ? programOfNetwork(network) : programOfCell(cell);
  if (cell !== undefined)
    checkConstants(cell, { span: typed.span, dtype, reported: typedProgram.lostNumbers }, collector);
  const openDimensions = typed.dimensions.flatMap(({ name }) => (given.dimensions.has(name) ? [] : [name]));
  return { ...found(checked), program, cell, network, openDimensions, written: { tree, typed } };
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

/** Changes kernels before they are expanded and printed: for looking at them, and for timing parts of them. */
export type RewriteKernels = (kernel: KernelProgram) => KernelProgram;

interface KernelOptions<Machine> {
  readonly passes: TargetPasses<Machine>;
  readonly dtype: "f32" | "f64";
  /** Called with what lowering gives (`kernels`), after each pass, and with planned memory (`memory`). */
  readonly observe?: (stage: string, kernels: UnplannedKernels | KernelProgram) => void;
  readonly rewrite?: RewriteKernels;
}

/** From entries to kernels, in the order and with the copies that a machine runs fast. */
export function buildKernels<Machine>(entries: EntryProgram, options: KernelOptions<Machine>): KernelProgram {
  const { passes, dtype, observe, rewrite = (kernel) => kernel } = options;
  const target = { dtype, machine: passes.machine };
  const ready = readyForKernels(entries);
  const lowered = lowerToKernels(ready);
  observe?.("kernels", lowered);
  const passed = runPasses(lowered, passes.beforeMemory, target, observe);
  const planned = planMemory(passed);
  observe?.("memory", planned);
  return runPasses(rewrite(planned), passes.afterMemory, target, observe);
}

/** Where the buffers of kernels for WebAssembly lie in the one memory of an instance. */
export const layoutOf = (kernel: KernelProgram, dtype: RealType): MemoryLayout =>
  planLayout(kernel, dtype, vectorPasses.machine.cacheLine);

export interface EmittedModule {
  readonly manifest: Manifest;
  readonly text: string;
  /** What the files of one build have in common, and of no other: a digest of what they hold. */
  readonly build: string;
  /** Kernels that the module takes from its caller. */
  readonly wasmFiles: readonly WasmFile[];
}

/**
 * From a program to its module. Every dimension but the run-time ones must have a size.
 *
 * @throws MemoryLimitError where WebAssembly cannot address what the smallest instance takes; SegmentsError where a gradient is wanted in segments
 *   and cannot be computed so.
 */
export function emitModule(program: Program, options: ModuleOptions, rewrite?: RewriteKernels): EmittedModule {
  const { target, dtype } = options;
  const entries = buildEntries(program, options);
  const manifest = describeModule(program, options, entries);
  const kernelsOf = (name: KernelTargetName): KernelProgram =>
    buildKernels(entries, { passes: targetPasses[name], dtype, ...(rewrite && { rewrite }) });
  // What `wasm-fma` has after all passes of `wasm`.
  const fusedOf = (kernel: KernelProgram): KernelProgram =>
    runPasses(kernel, fusingPasses, { dtype, machine: vectorPasses.machine });
  const parts = { manifest, options, kernelsOf, fusedOf, layoutOf };
  const { text, wasmFiles = [], build = digestOf(text) } = modulePrinters[target](parts);
  return { manifest, text: `// Build ${build}.\n${text}`, build, wasmFiles };
}

const found = ({ settings, diagnostics, sources }: CheckedSource): LowerFindings => ({
  settings,
  diagnostics,
  sources,
});

const failed = (checked: CheckedSource): LowerFailure => ({
  ...found(checked),
  program: undefined,
  cell: undefined,
  network: undefined,
  written: undefined,
  openDimensions: [],
});

/** What a cell of another file became, with what was found in both. */
function asImported({ diagnostics, sources }: CheckedSource, { span }: ImportedCell, there: LowerResult): LowerResult {
  // The import is what is used of this file.
  const here = diagnostics.filter(({ code, span: { start } }) => code !== "unused-import" || start !== span.start);
  return { ...there, diagnostics: [...here, ...there.diagnostics], sources: new Map([...sources, ...there.sources]) };
}
