/** A function without some of its outputs. */
import type { GraphFunction } from "./graph-function.js";

/** What only they need is left to the passes. */
export function withoutOutputs(fn: GraphFunction, unwanted: ReadonlySet<string>): GraphFunction {
  const wanted = fn.outputNames.map((name) => !unwanted.has(name));
  const kept = <Item>(list: readonly Item[]): Item[] => list.filter((_, i) => wanted[i]);
  return { ...fn, outputs: kept(fn.outputs), outputNames: kept(fn.outputNames) };
}
