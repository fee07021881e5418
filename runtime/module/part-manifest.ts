/** An entry of a network as what a manifest says of a module. */
import type { Manifest, PartEntry } from "./manifest.js";

/** Of a part by itself: its tensors and sizes, and the params of the whole; it has no gradients. */
export function manifestOfPart(whole: Manifest, part: PartEntry): Manifest {
  const { format, version, compiler, target, dtype, dimensions, params, fixed } = whole;
  const { name, axes, ...own } = part;
  return {
    ...{ format, version, compiler, target, dtype, dimensions, params },
    ...(fixed && { fixed }),
    ...own,
    cell: `${whole.cell}.${name}`,
    axes: whole.axes.filter((axis) => axes.includes(axis.name)),
    has: { step: part.stream !== undefined, gradient: false, jvp: false, hvp: false },
  };
}
