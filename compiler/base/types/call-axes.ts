/**
 * Axes whose sizes each call gives, and in which every example may have a size of its own. In dimensions they are symbols:
 * `%T` for the steps of a cell, `S` for a run-time dimension, and `%` with a name for a further sequence.
 */
import type { AxisEntry } from "../../../runtime/module/manifest.js";
import { sequenceSymbol, symbolName, TIME_SYMBOL } from "./dim.js";

/** The axes of a cell: its steps, then its run-time dimensions. */
export const cellAxes = (runtimeDimensions: readonly string[]): readonly string[] => [
  TIME_SYMBOL,
  ...runtimeDimensions,
];

/** The buffer with the size of each example: `lengths` of the steps, `sizes.S`. */
export const extentsOf = (symbol: string): string =>
  symbol === TIME_SYMBOL ? "lengths" : `sizes.${symbolName(symbol)}`;

/** The symbols of the axes that a manifest tells, but for that of the examples, which is in no dimension. */
export const symbolsOfAxes = (axes: readonly AxisEntry[]): readonly string[] =>
  axes.flatMap(({ name, kind, option }) => {
    if (option === "batch") return [];
    if (option === "steps") return [TIME_SYMBOL];
    return [kind === "sequence" ? sequenceSymbol(name) : name];
  });
