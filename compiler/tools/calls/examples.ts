/** Single examples of a call: where their numbers lie in the tensors of the batch. */
import type { Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import type { CellCall, Extent, Numbers } from "./call.js";

type Axes = Pick<TensorEntry, "axes" | "shape">;

/**
 * Visits the places of example `b` that count: `from` in the tensor of the batch, `to` in the example's own. What all examples
 * share has none.
 */
export function eachPlace(
  { axes, shape }: Axes,
  call: Extent,
  b: number,
  own: Extent,
  visit: (from: number, to: number) => void,
): void {
  const [examples, ...over] = axes;
  if (examples === undefined) return;
  // The axis that is not among the sizes is that of the steps.
  const sizesOf = ({ steps, sizes }: Extent): number[] =>
    [...over, ...shape].map((size) => (typeof size === "number" ? size : (sizes[size] ?? steps)));
  const [outer, inner] = [sizesOf(call), sizesOf(own)];
  let to = 0;
  const walk = (axis: number, from: number): void => {
    if (axis === inner.length) visit(from, to++);
    else for (let i = 0; i < (inner[axis] as number); i++) walk(axis + 1, from * (outer[axis] as number) + i);
  };
  walk(0, b);
}

/** The numbers of example `b`; all of them where examples share the tensor. */
export function cut(entry: Axes, values: ArrayLike<number>, call: Extent, b: number, own: Extent): Float64Array {
  if (entry.axes.length === 0) return Float64Array.from(values);
  const result: number[] = [];
  eachPlace(entry, call, b, own, (from) => result.push(values[from] as number));
  return Float64Array.from(result);
}

/** What belongs to single examples. */
interface OfExamples {
  readonly inputs: Readonly<Record<string, Float64Array>>;
  readonly contexts: Readonly<Record<string, Float64Array>>;
  readonly states: Readonly<Record<string, Float64Array>>;
  readonly cotangents: {
    readonly outputs: Readonly<Record<string, Float64Array>>;
    readonly final: Readonly<Record<string, Float64Array>>;
  };
}

/** Example `b` as a call of its own. */
export function exampleOf<C extends CellCall>(manifest: Manifest, call: C, b: number): C & OfExamples {
  const own = call.examples[b] as Extent;
  const pick = (list: readonly TensorEntry[], from: Numbers): Record<string, Float64Array> =>
    Object.fromEntries(
      list.flatMap((entry) => {
        const values = from[entry.name];
        return values === undefined ? [] : [[entry.name, cut(entry, values, call, b, own)]];
      }),
    );
  return {
    ...call,
    ...own,
    batch: 1,
    examples: [own],
    inputs: pick(manifest.inputs, call.inputs),
    contexts: pick(manifest.contexts, call.contexts),
    states: pick(manifest.states, call.states),
    cotangents: {
      outputs: pick(manifest.outputs, call.cotangents.outputs),
      final: pick(manifest.states, call.cotangents.final),
    },
  };
}

/** The call with NaN wherever no example has an entry; indices, which have no NaN, become 0. */
export function withNaNPadding(manifest: Manifest, call: CellCall): CellCall & Omit<OfExamples, "states"> {
  const pad = (list: readonly TensorEntry[], from: Numbers): Record<string, Float64Array> =>
    Object.fromEntries(
      list.flatMap((entry) => {
        const values = from[entry.name];
        if (values === undefined) return [];
        if (entry.axes.length === 0) return [[entry.name, Float64Array.from(values)]];
        const isIndex = "dtype" in entry && entry.dtype === "index";
        const padded = new Float64Array(values.length).fill(isIndex ? 0 : NaN);
        for (const [b, own] of call.examples.entries()) {
          eachPlace(entry, call, b, own, (at) => (padded[at] = values[at] as number));
        }
        return [[entry.name, padded]];
      }),
    );
  return {
    ...call,
    inputs: pad(manifest.inputs, call.inputs),
    contexts: pad(manifest.contexts, call.contexts),
    cotangents: {
      outputs: pad(manifest.outputs, call.cotangents.outputs),
      final: pad(manifest.states, call.cotangents.final),
    },
  };
}
