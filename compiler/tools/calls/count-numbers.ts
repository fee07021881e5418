import { elementCount } from "../../../runtime/module/compiled-module.js";
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";

/** The sizes of a call. */
export interface SizesOfCall {
  readonly batch: number;
  readonly steps: number;
  readonly sizes: Readonly<Record<string, number>>;
}

/** The numbers of a tensor in a call of these sizes, padding counted. */
export function countNumbers(
  manifest: Pick<Manifest, "axes">,
  { axes, shape }: Pick<TensorEntry, "axes" | "shape">,
  call: SizesOfCall,
): number {
  const sizeOf = { batch: () => call.batch, steps: () => call.steps, sizes: (name: string) => call.sizes[name] ?? 1 };
  const all = manifest.axes.map(({ name, option }) => [name, sizeOf[option](name)] as const);
  return elementCount([...axes, ...shape], Object.fromEntries(all));
}
