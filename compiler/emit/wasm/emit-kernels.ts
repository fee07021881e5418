/** From the graph functions of a module to its WebAssembly kernels, scheduled for a target. */
import type { KernelProgram } from "../../ir/kernel/types.js";
import { lowerProgram } from "../../lower/graph-to-kernel/index.js";
import { dropSingleRounds } from "../../transform/kernel/drop-single-rounds.js";
import { fuseTails } from "../../transform/kernel/fuse-tails.js";
import { joinInputs } from "../../transform/kernel/join-inputs.js";
import { packOperands } from "../../transform/kernel/pack-operands.js";
import { splitPieces } from "../../transform/kernel/split-pieces.js";
import type { VectorTarget } from "../../transform/kernel/target.js";
import { projectInWindows } from "../../transform/kernel/project-in-windows.js";
import type { SequenceProgram } from "../../transform/sequence-program.js";
import type { RealType } from "./elements.js";
import { type MemoryLayout, planLayout } from "./layout.js";
import { printWasmKernels } from "./print-kernels.js";

export interface EmitKernelsOptions {
  readonly dtype: RealType;
  readonly target: VectorTarget;
  /** Dimensions that each call gives, `["S"]`. */
  readonly runtimeDimensions: readonly string[];
}

export interface ScheduledKernels {
  readonly kernel: KernelProgram;
  readonly layout: MemoryLayout;
}

/** The kernels of `program` in the order and with the copies that `target` runs fast, and where everything lies. */
export function scheduleKernels(program: SequenceProgram, options: EmitKernelsOptions): ScheduledKernels {
  const { dtype, target, runtimeDimensions } = options;
  const passes = [
    // On products and regions as lowered: it decides which runs of columns a product has.
    fuseTails(target),
    // Behind it: what a product starts from is seen there.
    joinInputs(dtype),
    // Behind both: what stays a loop of its own.
    splitPieces,
    // Behind what leaves loops of one round: parts of loops, and cells of one unit.
    dropSingleRounds,
    // Needs the runs: they are interleaved in the panels.
    packOperands(target, dtype),
    // Last: projections that are whole until here.
    projectInWindows(dtype),
  ];
  const kernel = lowerProgram(program, { runtimeDimensions, passes });
  return { kernel, layout: planLayout(kernel, dtype) };
}

/** The bytes of the module; `names` keeps the names of regions for profilers. */
export function emitKernels(
  { kernel, layout }: ScheduledKernels,
  { dtype, target }: EmitKernelsOptions,
  names = false,
): Uint8Array {
  return printWasmKernels(kernel, { dtype, layout, target, names });
}
