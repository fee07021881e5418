/** Sizes of a call that follow from others, as its module computes them. */
import { meetsCondition, namedAxes, sizeOfAxis } from "../../../runtime/module/axes.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { recordOf } from "./records.js";
import type { CallExtents, CallSizes, Extent } from "./sizes.js";

type Axes = Pick<Manifest, "axes">;

/** The sizes of an example with those that follow from them. */
export function withComputed<Sized extends Extent>({ axes }: Axes, extent: Sized): Sized {
  const sizes: Record<string, number> = recordOf(Object.entries(extent.sizes));
  for (const { name, size } of axes)
    if (size !== undefined) sizes[name] = sizeOfAxis(size, sizesOf({ ...extent, sizes }, axes));
  return { ...extent, sizes };
}

/** The same of a call and its examples: what does not grow with other sizes is as large as in the largest example. */
export function withComputedSizes<Call extends CallExtents>(manifest: Axes, call: Call): Call {
  const sizes: Record<string, number> = recordOf(Object.entries(withComputed(manifest, call).sizes));
  const examples = call.examples.map((example) => withComputed(manifest, example));
  for (const { name, size, largest } of manifest.axes) {
    if (size === undefined) continue;
    const room = largest ? examples.map((own) => own.sizes[name] ?? 0) : [Math.ceil(sizes[name] ?? 0)];
    sizes[name] = Math.max(...room);
  }
  const computed = manifest.axes.flatMap(({ name, size }) => (size === undefined ? [] : [name]));
  return { ...call, sizes, examples, ...(computed.length > 0 && { computed }) };
}

/** The call with all examples as large as itself. */
export const withWholeExamples = <Call extends CallExtents>(manifest: Axes, call: Call): Call => {
  const { steps, sizes } = call;
  return withComputedSizes(manifest, { ...call, examples: call.examples.map((own) => ({ ...own, steps, sizes })) });
};

/** The sizes that calls give by name. */
export const namedSizes = (manifest: Axes, { sizes }: Pick<CallSizes, "sizes">): Record<string, number> =>
  recordOf(namedAxes(manifest).map((name) => [name, sizes[name] ?? 1]));

/** Whether an example of these sizes is one that the module takes. */
export function areAllowed({ axes, requires = [] }: Pick<Manifest, "axes" | "requires">, extent: Extent): boolean {
  if (requires.length === 0) return true;
  const sizeOf = sizesOf(withComputed({ axes }, extent), axes);
  return requires.every((condition) => meetsCondition(condition, sizeOf));
}

const sizesOf =
  ({ steps, sizes }: Extent, axes: Axes["axes"]) =>
  (name: string): number =>
    axes.some((axis) => axis.name === name && axis.option === "steps") ? steps : (sizes[name] ?? 1);
