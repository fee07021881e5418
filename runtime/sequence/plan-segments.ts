/** How many steps a segment has, so that a gradient of a long sequence takes no more memory than it may. */
import { CallRangeError } from "../base/errors.js";
import { type CompiledModule, elementCount, type InstantiateOptions } from "../module/compiled-module.js";
import type { Manifest, TensorEntry } from "../module/manifest.js";

/** Steps of the blocks that sums are cut into: segments are a multiple of them. */
export const BLOCK = 64;

/** A sequence of so many steps, and what an instance may be asked for beside these. */
export interface SegmentsRoom {
  readonly axis: string;
  readonly steps: number;
  readonly batch: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly more: Pick<InstantiateOptions, "wasm" | "variant">;
}

export interface SegmentsPlan {
  /** Steps of a segment: a multiple of 64, or all. */
  readonly segment: number;
  /** What the instance takes, with the states at the seams and, of several examples, what is copied of their sequences. */
  readonly bytes: number;
}

/** Is it the axis of the steps of a cell? */
export const isOfSteps = ({ axes }: Pick<Manifest, "axes">, axis: string): boolean =>
  axes.some(({ name, option }) => name === axis && option === "steps");

/** What an instance for segments of so many steps is asked for. */
export function optionsOf(manifest: Manifest, room: SegmentsRoom, steps: number): InstantiateOptions {
  const { axis, batch, sizes, more } = room;
  const named = isOfSteps(manifest, axis) ? sizes : { ...sizes, [axis]: steps };
  return {
    ...more,
    batch,
    ...(isOfSteps(manifest, axis) && { steps }),
    ...(Object.keys(named).length > 0 && { sizes: named }),
  };
}

/**
 * The longest segments that fit.
 *
 * @param where what messages begin with: who asks
 * @throws RangeError, with the number of bytes that there would have to be, where none do
 */
export function planSegments(
  module: CompiledModule,
  room: SegmentsRoom,
  maxBytes: number,
  where: string,
): SegmentsPlan {
  const { manifest } = module;
  const most = Math.max(1, Math.ceil(room.steps / BLOCK));
  const stepsOf = (blocks: number): number => Math.max(1, Math.min(blocks * BLOCK, room.steps));
  const bytesOf = (blocks: number): number => {
    const steps = stepsOf(blocks);
    const seams = Math.max(0, Math.ceil(room.steps / steps) - 1) * seamBytes(manifest, room);
    return instanceBytes(module, optionsOf(manifest, room, steps)) + stepBytes(manifest, room) * steps + seams;
  };
  // Short segments take little themselves and have many seams; from the least on, longer ones take more.
  let [low, high] = [1, most];
  while (high - low > 2) {
    const third = Math.floor((high - low) / 3);
    if (bytesOf(low + third) <= bytesOf(high - third)) high -= third;
    else low += third;
  }
  const near = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const least = near.reduce((best, blocks) => (bytesOf(blocks) < bytesOf(best) ? blocks : best));
  if (!(bytesOf(least) <= maxBytes)) {
    const bytes = bytesOf(least);
    const message = `${where}: segments of ${stepsOf(least)} steps take the least, ${bytes} bytes, more than the ${maxBytes} that there may be`;
    throw Object.assign(new CallRangeError(message), { bytes });
  }
  [low, high] = [least, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bytesOf(middle) <= maxBytes) low = middle;
    else high = middle - 1;
  }
  return { segment: stepsOf(low), bytes: bytesOf(low) };
}

/** Asked for none, a module says how many it takes, and takes none. */
function instanceBytes(module: CompiledModule, options: InstantiateOptions): number {
  try {
    module.instantiate({ ...options, maxBytes: 0 });
  } catch (error) {
    if (typeof error === "object" && error !== null && "bytes" in error && typeof error.bytes === "number")
      return error.bytes;
    throw error;
  }
  return 0;
}

const bytesOfTensor = (
  { dtype: numbers }: Manifest,
  { shape, dtype }: TensorEntry & { readonly dtype?: string },
  { sizes, batch }: SegmentsRoom,
): number => batch * elementCount(shape, sizes) * (dtype !== "index" && numbers === "f64" ? 8 : 4);

/** The states of all examples. */
const seamBytes = (manifest: Manifest, room: SegmentsRoom): number =>
  manifest.states.reduce((sum, state) => sum + bytesOfTensor(manifest, state, room), 0);

/** What a step of all examples is copied into; of one example nothing is. */
function stepBytes(manifest: Manifest, room: SegmentsRoom): number {
  if (room.batch === 1) return 0;
  return alongAxis(manifest, room.axis).reduce((sum, tensor) => sum + bytesOfTensor(manifest, tensor, room), 0);
}

/** Inputs and outputs of each step, as one step has them. */
export function alongAxis(manifest: Manifest, axis: string): readonly TensorEntry[] {
  return [...manifest.inputs, ...manifest.outputs].flatMap((tensor): TensorEntry[] => {
    const own = withoutAxis(tensor, axis);
    return own === undefined ? [] : [own];
  });
}

/** A tensor as one step has it; undefined where it has none. */
export function withoutAxis<Entry extends TensorEntry>(tensor: Entry, axis: string): Entry | undefined {
  if (tensor.axes.includes(axis)) return { ...tensor, axes: tensor.axes.filter((name) => name !== axis) };
  // A network that does not stream has its sequences in front of the shape.
  return tensor.shape[0] === axis ? { ...tensor, shape: tensor.shape.slice(1) } : undefined;
}
