/** What loops of a kernel go through. */
import { invariant } from "../../base/diagnostics/invariant.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import type { CallState } from "./evaluate-expressions.js";
import type { LoopAxis, Examples } from "./kernel-program.js";

/** The values that a loop variable takes, in order. */
export function axisValues(axis: LoopAxis, state: CallState, step = 1): number[] {
  const { extent } = axis;
  if (extent.kind === "examples") {
    invariant(axis.from === undefined, "a loop over listed examples that does not start with the first");
    return examplesIn(extent.examples, state);
  }
  const from = axis.from === undefined ? 0 : state.affine(axis.from);
  const end = state.index(extent);
  const count = Math.max(0, Math.ceil((end - from) / step));
  return Array.from({ length: count }, (_, i) => from + i * step);
}

export function examplesIn(examples: Examples, state: CallState): number[] {
  const count = examples.kind === "all" ? state.extent(BATCH_SYMBOL) : state.get(examples.count);
  return Array.from({ length: count }, (_, i) => (examples.kind === "all" ? i : state.memory.read(examples.list, i)));
}
