/** What a manifest says of the axes of calls. */
import type { AxisEntry, Manifest, ParamEntry, TensorEntry } from "./manifest.js";

/** What an instance keeps and files hold: parameters, then fixed values. */
export const storedTensors = ({ params, fixed = [] }: Pick<Manifest, "params" | "fixed">): readonly ParamEntry[] => [
  ...params,
  ...fixed,
];

/** The least size that a call may give an axis. */
export const leastOf = ({ kind, minimum = kind === "sequence" ? 0 : 1 }: AxisEntry): number => minimum;

/** The axes whose sizes calls give by name, as `sizes`: `["S"]`. */
export const namedAxes = ({ axes }: Pick<Manifest, "axes">): readonly string[] =>
  axes.flatMap(({ name, option }) => (option === "sizes" ? [name] : []));

/** The computed axes that outputs have, whose sizes in each example results tell: `["T + 1"]`. */
export const toldSizes = ({ axes, outputs }: Pick<Manifest, "axes" | "outputs">): readonly string[] =>
  axes.flatMap(({ name, size }) =>
    size !== undefined && outputs.some(({ shape }) => shape.includes(name)) ? [name] : [],
  );

/** The tensors as a stream has them: without the axis of steps. */
export function ofOneStep<Entry extends TensorEntry>({ axes }: Manifest, entries: readonly Entry[]): Entry[] {
  const steps = axes.find(({ option }) => option === "steps")?.name;
  return entries.map((entry) => ({ ...entry, axes: entry.axes.filter((name) => name !== steps) }));
}
