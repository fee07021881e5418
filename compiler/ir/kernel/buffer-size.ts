import { evaluateDim } from "../../base/types/dim.js";
import type { KernelBuffer } from "./kernel-program.js";

/** Elements of a buffer in a call of the given sizes. */
export function bufferSize(
  { size, most }: Pick<KernelBuffer, "size" | "most">,
  sizes: ReadonlyMap<string, number>,
): number {
  const elements = evaluateDim(size, sizes);
  return most === undefined ? elements : Math.min(elements, evaluateDim(most, sizes));
}
