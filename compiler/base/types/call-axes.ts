/**
 * Axes whose sizes each call gives, and in which every example may have a size of its own. Dimensions have their symbols; what an axis is,
 * and what it is called, is told here and is read of no symbol.
 */
import { BATCH_SYMBOL, TIME_SYMBOL } from "./dim.js";

/**
 * - `steps`: a cell's. Its equations tell of one step, so that only derivatives sum over them.
 * - `sequence`: elements one after the other, of which there may be none: what a network has after its `;`.
 * - `dimension`: a size of at least 1, which the contexts of a cell tell.
 */
export const axisKinds = ["steps", "sequence", "dimension"] as const;

type AxisKind = (typeof axisKinds)[number];

/**
 * In which order the terms of one example are added along an axis (spec/numerics.md). `from the end`: no equation sums along it, so that a
 * sum is one of derivatives, of which that over the last steps is a part. `as written`: equations sum along it, as reductions and products do.
 */
const sumOrders: Readonly<Record<AxisKind, "from the end" | "as written">> = {
  steps: "from the end",
  sequence: "as written",
  dimension: "as written",
};

/** An axis as kernels have it, also one whose size follows from others. */
export interface SizedAxis {
  /** In dimensions. */
  readonly symbol: string;
  /** As people write it, and callers of a module: `T`, `S`, `floor(T / 2)`. */
  readonly name: string;
  readonly kind: AxisKind;
}

export interface CallAxis extends SizedAxis {
  /** The least size that a call may give it. */
  readonly least: number;
}

/** Has it elements one after the other? */
export const isSequence = ({ kind }: Pick<SizedAxis, "kind">): boolean => kind !== "dimension";

export const symbolsOfSequences = (axes: readonly SizedAxis[]): ReadonlySet<string> =>
  new Set(axes.flatMap((axis) => (isSequence(axis) ? [axis.symbol] : [])));

/** Along which sums of one example go from the end. */
export const symbolsSummedFromEnd = (axes: readonly SizedAxis[]): ReadonlySet<string> =>
  new Set(axes.flatMap(({ symbol, kind }) => (sumOrders[kind] === "from the end" ? [symbol] : [])));

/** An axis with its symbol, which follows from what it is: the compiler and who reads a manifest get the same here. */
export const axisOf = (kind: AxisKind, name: string): SizedAxis => ({
  symbol: kind === "steps" ? TIME_SYMBOL : name,
  name,
  kind,
});

/** Run-time dimensions of a cell. */
export const contextAxes = (names: readonly string[]): readonly CallAxis[] =>
  names.map((name) => ({ ...axisOf("dimension", name), least: 1 }));

/** The axes of a cell: its steps, then its run-time dimensions. */
export const cellAxes = (runtimeDimensions: readonly string[]): readonly CallAxis[] => [
  { ...axisOf("steps", unlike("T", runtimeDimensions)), least: 0 },
  ...contextAxes(runtimeDimensions),
];

/** Those of a network: its run-time dimensions, with their least sizes. */
export const networkAxes = (
  names: readonly string[],
  least: ReadonlyMap<string, number> = new Map(),
): readonly CallAxis[] => names.map((name) => ({ ...axisOf("sequence", name), least: least.get(name) ?? 0 }));

/** Every axis, also that of the examples, by its symbol, as a module names it: where one of the source has the name, `B'`. */
export const namesOfAxes = (axes: readonly SizedAxis[]): ReadonlyMap<string, string> => {
  const names = axes.map(({ name }) => name);
  return new Map([[BATCH_SYMBOL, unlike("B", names)], ...axes.map(({ symbol, name }) => [symbol, name] as const)]);
};

const unlike = (name: string, others: readonly string[]): string =>
  others.includes(name) ? unlike(`${name}'`, others) : name;

/** The buffer with the size of each example: `lengths` of the steps, `sizes.S`. */
export const extentsOf = ({ name, kind }: SizedAxis): string => (kind === "steps" ? "lengths" : `sizes.${name}`);
