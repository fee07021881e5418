/** Passes on kernels that a target runs before memory is planned. */
import type { KernelFunction } from "../../ir/kernel/types.js";
import type { UnplacedBuffer } from "./plan-memory.js";

/** Kernels whose buffers have no place yet. */
export interface UnplannedKernels {
  readonly functions: readonly KernelFunction[];
  readonly buffers: ReadonlyMap<string, UnplacedBuffer>;
}

/** A pure function with the name under which it is listed and explained. */
export interface KernelPass {
  readonly name: string;
  readonly summary: string;
  readonly run: (kernels: UnplannedKernels) => UnplannedKernels;
}

/** The buffer in which the elements of `name` lie: itself, or the one that joins it with others. */
export function wholeOf(name: string, buffers: UnplannedKernels["buffers"]): string {
  return buffers.get(name)?.within?.buffer ?? name;
}
