/**
 * Which params have gradients by rows: tables that are only looked up in, once. Their gradient is a scatter over all examples, which touches the
 * rows of a call and no others.
 */
import { lookUp } from "../base/at.js";
import type { GraphFunction } from "../ir/graph/graph-function.js";
import { scatteredRows } from "../ir/graph/rows.js";
import type { EntryDerivation, EntryProgram, ProgramEntry } from "../program/entry.js";

/** What finds them. */
export const gradientRowsStage = "gradient-rows";

/**
 * The same entries, whose outputs tell where they are made by rows.
 *
 * @param observe called with the entry that is looked at
 */
export function withGradientRows(
  { entries, roles, ...program }: EntryProgram,
  observe: (entry: string, fn: GraphFunction) => void,
): EntryProgram {
  const entryBy = (of: EntryDerivation["of"]): ProgramEntry | undefined =>
    [...entries.values()].find((entry) => entry.of === of && entry.by === "gradient");
  const backward = entryBy("forward");
  if (backward === undefined) return { entries, roles, ...program };
  // What gradients of initial values are added to is not cleared by rows.
  const further = new Set(entryBy("initial")?.fn.outputNames);
  const isCleared = (name: string): boolean => lookUp(roles, name).kind === "param" && !further.has(name);
  const rows = new Map([...scatteredRows(backward.fn)].filter(([name]) => isCleared(name)));
  const fn = rows.size === 0 ? backward.fn : { ...backward.fn, rows };
  observe(fn.name, fn);
  return { entries: new Map(entries).set(backward.name, { ...backward, fn }), roles, ...program };
}
