/** The manifest of a program's module, with all that has to be found out for it. */
import { buildManifest, type ModuleOptions } from "../emit/manifest.js";
import { type ComputedSizes, computedSizes } from "../program/computed-sizes.js";
import { type EntryProgram, rowsOf } from "../program/entry.js";
import type { Program } from "../program/program.js";
import { findCuts } from "../program/segments/find-cuts.js";
import type { Manifest } from "../../runtime/module/manifest.js";

/** @param entries of the module; where left out, it is told of its tensors alone: no size of a kernel, and of no gradient that it has rows */
export function describeModule(
  program: Program,
  options: ModuleOptions,
  entries?: Pick<EntryProgram, "entries" | "sizes" | "sizesOfParts" | "segments">,
): Manifest {
  const trains = options.gradient !== false && (program.losses ?? []).length > 0;
  const sizesOfParts = (): Map<string, ComputedSizes> =>
    new Map((program.parts ?? []).map((part) => [part.name, computedSizes(part.program)]));
  return buildManifest(program, options, {
    sizes: entries?.sizes ?? computedSizes(program),
    sizesOfParts: entries?.sizesOfParts ?? sizesOfParts(),
    rows: entries === undefined ? new Map() : rowsOf(entries),
    cuts: trains ? findCuts(program) : [],
    ...(entries?.segments && { segments: entries.segments }),
  });
}
