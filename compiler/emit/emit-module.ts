/** From a lowered cell to the text of its module. */
import type { LoweredCell } from "../lower/lowered-cell.js";
import { lowerProgram } from "../lower/graph-to-kernel/index.js";
import { buildSequenceProgram } from "../transform/pipeline.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import { printKernelProgram } from "./js/print-kernel.js";
import { printModule } from "./js/module.js";
import { buildManifest, type ModuleOptions } from "./manifest.js";

export interface EmittedModule {
  readonly manifest: Manifest;
  readonly text: string;
}

/** Every dimension of `cell` but the run-time ones must have a size. */
export function emitModule(cell: LoweredCell, options: ModuleOptions): EmittedModule {
  const { gradient, jvp, hvp, dtype } = options;
  const program = buildSequenceProgram(cell, { gradient, jvp, hvp });
  const kernel = lowerProgram(program, { runtimeDimensions: cell.runtimeDimensions });
  const manifest = buildManifest(cell, options);
  return { manifest, text: printModule(manifest, printKernelProgram(kernel, dtype)) };
}
