/** Sizes of a used network that no input of it has: `N` of a writer of N words. */
import { symbolsOf } from "../../base/types/dim.js";
import { pairsOf, unboundSymbols } from "./bind-dimensions.js";
import type { TypedCell } from "./typed-program.js";

/** Sizes that a call has to say, as no input of the network has them. */
export function untoldSizes({ form, runtimeDimensions, items, found, obligations }: TypedCell): readonly string[] {
  if (form === "cell" || runtimeDimensions.length === 0) return [];
  const inputs = items.flatMap((item) => (item.kind === "tensor" && item.tensor.role === "input" ? [item.tensor] : []));
  const declared = inputs.flatMap(({ type }) => pairsOf(type, type).map((pair) => pair.declared));
  // What is required to be equal to another size stands for that.
  const named = obligations.flatMap(({ kind, dim }) => (kind === "equal" ? symbolsOf(dim) : []));
  const told = new Set([...found.map(({ symbol }) => symbol), ...named]);
  return unboundSymbols(declared, new Set(runtimeDimensions)).filter((symbol) => !told.has(symbol));
}
