/** Kernels before memory is planned: what lowering gives, and passes change. */
import type { SizedAxis } from "../../base/types/call-axes.js";
import { type Dim, dimConstant } from "../../base/types/dim.js";
import type { ElementType, KernelFunction } from "./kernel-program.js";

/** A buffer before it has a place. */
export interface UnplacedBuffer {
  readonly name: string;
  readonly external: boolean;
  readonly dtype: ElementType;
  readonly size: Dim;
  /** Not more elements than these, however large `size` is. */
  readonly most?: Dim;
  /** Changes between calls only, and not before each: the caller writes it. */
  readonly heldByCaller?: boolean;
  /** Keeps its contents between entries. */
  readonly persistent: boolean;
  /** Zero before the first call: kernels put zeros back where they have written. */
  readonly zeros?: boolean;
  /** Of a buffer that holds panels: vectors of each strip in one. */
  readonly panels?: number;
  /** Lies inside another buffer. */
  readonly within?: { readonly buffer: string; readonly offset: Dim };
}

export interface UnplannedKernels {
  /** Those whose sizes each call gives, or that follow from these: `%T`, `S`. */
  readonly axes: readonly SizedAxis[];
  readonly functions: readonly KernelFunction[];
  readonly buffers: ReadonlyMap<string, UnplacedBuffer>;
}

/** The buffer in which the elements of `name` lie: itself, or the one that joins it with others. */
export function wholeOf(name: string, buffers: UnplannedKernels["buffers"]): string {
  return buffers.get(name)?.within?.buffer ?? name;
}

/** Where in that buffer they lie. */
export function placeInWhole(name: string, buffers: UnplannedKernels["buffers"]): { whole: string; offset: Dim } {
  const within = buffers.get(name)?.within;
  return { whole: within?.buffer ?? name, offset: within?.offset ?? dimConstant(0) };
}
