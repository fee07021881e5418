/** What a manifest says of the axes of calls. */
import type {
  AxisEntry,
  ConditionEntry,
  InputEntry,
  Manifest,
  ParamEntry,
  SizeEntry,
  SizeTerm,
  TensorEntry,
} from "./manifest.js";

/** What an instance keeps and files hold: parameters, then fixed values. */
export const storedTensors = ({ params, fixed = [] }: Pick<Manifest, "params" | "fixed">): readonly ParamEntry[] => [
  ...params,
  ...fixed,
];

/** Is one of the axes that of the steps? */
export const hasSteps = ({ axes }: Pick<Manifest, "axes">): boolean => axes.some(({ option }) => option === "steps");

/** The least size that a call may give an axis. */
export const leastOf = ({ kind, minimum = kind === "sequence" ? 0 : 1 }: AxisEntry): number => minimum;

/** Room for the smallest calls: each size that calls give by name at the least, and at least 1. */
export const leastSizes = ({ axes }: Pick<Manifest, "axes">): Record<string, number> =>
  Object.fromEntries(
    axes.flatMap((axis) => (axis.option === "sizes" ? [[axis.name, Math.max(1, leastOf(axis))]] : [])),
  );

/** What a size that follows from others comes to, where `sizeOf` tells those; whether it is whole is another question. */
export function sizeOfAxis({ dividend, divisor, floor }: SizeEntry, sizeOf: (axis: string) => number): number {
  const product = ([factor, ...names]: SizeTerm): number => names.reduce((value, name) => value * sizeOf(name), factor);
  const quotient = dividend.reduce((sum, term) => sum + product(term), 0) / product(divisor);
  return floor ? Math.floor(quotient) : quotient;
}

/** Whether an example of these sizes fulfils what a module demands of them. */
export function meetsCondition(
  { kind, size }: Pick<ConditionEntry, "kind" | "size">,
  sizeOf: (axis: string) => number,
): boolean {
  const value = sizeOfAxis(size, sizeOf);
  return kind === "whole" ? Number.isInteger(value) : kind === "least" ? value >= 0 : value === 0;
}

/** The axes whose sizes calls give by name, as `sizes`: `["S"]`. */
export const namedAxes = ({ axes }: Pick<Manifest, "axes">): readonly string[] =>
  axes.flatMap(({ name, option }) => (option === "sizes" ? [name] : []));

/** The computed axes that outputs have, whose sizes in each example results tell: `["T + 1"]`. */
export const toldSizes = ({ axes, outputs }: Pick<Manifest, "axes" | "outputs">): readonly string[] =>
  axes.flatMap(({ name, size }) =>
    size !== undefined && outputs.some(({ shape }) => shape.includes(name)) ? [name] : [],
  );

/**
 * What `forward` takes of an example, inputs and then contexts, each with its whole shape: `[T, H]`, whether or not a network streams along T.
 */
export const inputsOfExample = ({ inputs, contexts }: Pick<Manifest, "inputs" | "contexts">): readonly InputEntry[] =>
  [...inputs, ...contexts].map((entry) => ({
    dtype: "real",
    ...entry,
    axes: entry.axes.slice(0, 1),
    shape: [...entry.axes.slice(1), ...entry.shape],
  }));

/** The axis along which a module streams, or would: that of the steps, or the one that a network has found. */
export const streamAxis = ({ axes, stream }: Pick<Manifest, "axes" | "stream">): string | undefined =>
  stream ?? axes.find(({ option }) => option === "steps")?.name;

/** Those that a stream has to do with: no losses, and nothing that only these are made of. */
export function ofStream<Entry extends TensorEntry & { readonly forLosses?: boolean }>(
  manifest: Pick<Manifest, "axes" | "stream">,
  entries: readonly Entry[],
): Entry[] {
  const { stream } = manifest;
  return entries.filter(({ axes, forLosses }) => forLosses !== true && (stream === undefined || axes.includes(stream)));
}

/** The tensors as a step has them: without the axis of the stream. */
export function ofOneStep<Entry extends TensorEntry>(manifest: Manifest, entries: readonly Entry[]): Entry[] {
  const steps = streamAxis(manifest);
  return ofStream(manifest, entries).map((entry) => ({ ...entry, axes: entry.axes.filter((name) => name !== steps) }));
}
