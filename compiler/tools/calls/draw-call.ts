/** Random calls. Each tool says how its numbers are distributed; how many there are, and of which tensors, is said here. */
import { leastOf, meetsCondition, sizeOfAxis } from "../../../runtime/module/axes.js";
import type { Initializer, Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import type { CallTangents, CellCall } from "./call.js";
import { areAllowed, withComputed, withComputedSizes } from "./computed-sizes.js";
import { makeDefinite, type Ranges, rangeOf } from "./ranges.js";
import { recordOf } from "./records.js";
import { type CallExtents, type CallSizes, countNumbers, type Extent, withStreamSteps } from "./sizes.js";
import { boundOf, type ByTensor, type CallTensor, extentAt, mapTensors } from "./tensors.js";

/**
 * Examples for a call: the first is as large as the call.
 *
 * @param own a size of another one, at most and at least as told
 */
export function drawExtents(
  manifest: SizedManifest,
  { batch, steps, sizes }: CallSizes,
  own: (most: number, least: number) => number,
): CallExtents {
  const named = manifest.axes.filter(({ option }) => option === "sizes");
  const stepAxis = manifest.axes.find(({ option }) => option === "steps");
  const whole: Extent = { steps, sizes: recordOf(named.map(({ name }) => [name, sizes[name] ?? 1])) };
  const draw = (): Extent => ({
    steps: own(steps, stepAxis === undefined ? 0 : leastOf(stepAxis)),
    sizes: recordOf(named.map((axis) => [axis.name, own(whole.sizes[axis.name] as number, leastOf(axis))])),
  });
  const examples = Array.from({ length: batch }, (_, b) => (b === 0 ? whole : (firstAllowed(manifest, draw) ?? whole)));
  return withStreamSteps(manifest, withComputedSizes(manifest, { batch, ...whole, examples }));
}

type SizedManifest = Pick<Manifest, "axes" | "requires" | "stream">;

/** Draws until sizes fulfil what is demanded of them. */
const manyDraws = 200;

function firstAllowed(manifest: SizedManifest, draw: () => Extent): Extent | undefined {
  for (let i = 0; i < manyDraws; i++) {
    const extent = draw();
    if (areAllowed(manifest, extent)) return extent;
  }
  return undefined;
}

/**
 * A size for each axis that calls name, where it may not be less.
 *
 * @param isOpen May it be larger than `size` says, where a demand asks that?
 * @throws RangeError where sizes that a module takes are not found.
 */
export function drawSizes(
  manifest: SizedManifest,
  size: (name: string) => number,
  isOpen: (name: string) => boolean = () => true,
): Record<string, number> {
  const draw = (): Extent => ({ steps: 1, sizes: roomFor(manifest, size) });
  const found = firstAllowed(manifest, draw) ?? enlarged(manifest, draw(), isOpen);
  if (found !== undefined) return recordOf(Object.entries(found.sizes));
  const demands = (manifest.requires ?? []).map(({ text }) => text).join(", ");
  throw new RangeError(`found no sizes that fulfil ${demands}`);
}

/** With as much more of axes as demands ask, `X >= V` of a large V. */
function enlarged(manifest: SizedManifest, first: Extent, isOpen: (name: string) => boolean): Extent | undefined {
  let extent = first;
  for (let i = 0; i < manyDraws; i++) {
    const { axes, requires = [] } = manifest;
    const sizeOf = (name: string): number => withComputed({ axes }, extent).sizes[name] ?? 1;
    const unmet = requires.find((condition) => !meetsCondition(condition, sizeOf));
    if (unmet === undefined) return extent;
    const lacks = sizeOfAxis(unmet.size, sizeOf) < 0;
    const name = unmet.size.dividend.flatMap(([factor, ...names]) => (factor > 0 === lacks ? names : [])).find((own) => extent.sizes[own] !== undefined && isOpen(own)); // prettier-ignore
    if (name === undefined) return undefined;
    extent = { ...extent, sizes: { ...extent.sizes, [name]: (extent.sizes[name] ?? 0) + 1 } };
  }
  return undefined;
}

/** The same where it need be none that a call may have, but has room for some. */
export const roomFor = ({ axes }: SizedManifest, size: (name: string) => number): Record<string, number> =>
  recordOf(axes.flatMap((axis) => (axis.option === "sizes" ? [[axis.name, Math.max(leastOf(axis), size(axis.name))] as const] : []))); // prettier-ignore

/** How numbers are drawn. */
export interface Draws {
  /** Of a tensor of reals; `drawn` has those before it. */
  readonly number: (tensor: CallTensor, drawn: Float64Array, at: number) => number;
  /** Which tensors are drawn; all unless told. */
  readonly isDrawn?: (tensor: CallTensor) => boolean;
  /** Of which some are drawn as matrices, and what becomes of a number that is computed then. */
  readonly ranges?: Ranges;
  readonly round?: (value: number) => number;
}

/** Numbers for the tensors of a call, padding too; indices are drawn from all that may be. */
export function drawTensors(
  manifest: Manifest,
  call: CallExtents,
  random: Random,
  draws: Draws,
): ByTensor<Float64Array> {
  return mapTensors(manifest, (tensor) => {
    if (draws.isDrawn?.(tensor) === false) return undefined;
    const values = new Float64Array(countNumbers(tensor, call));
    const draw = numberDrawer(tensor, values, call, random, draws);
    for (let i = 0; i < values.length; i++) values[i] = draw(i);
    const isDefinite = draws.ranges !== undefined && rangeOf(draws.ranges, tensor) === "spd";
    if (isDefinite) makeDefinite(values, Number(tensor.shape[tensor.shape.length - 1]), draws.round ?? plain);
    return values;
  });
}

/** What draws the numbers of one tensor, one after the other: `drawn` has those before. */
export function numberDrawer(
  tensor: CallTensor,
  drawn: Float64Array,
  call: CallExtents,
  random: Random,
  { number }: Pick<Draws, "number">,
): (at: number) => number {
  const { dtype, role } = tensor;
  if (dtype !== "index") return (at) => number(tensor, drawn, at);
  const own = drawn.length / call.batch;
  return (at) => drawIndex(role, boundOf(tensor, extentAt(call, at, own)), random);
}

const plain = (value: number): number => value;

/** How far steps and elements are counted: then from 0 on again. */
const mostCounted = 2 ** 24;

/** Half of what is counted begins, as equations may say something of the beginning. */
function drawIndex(role: CallTensor["role"], bound: number, random: Random): number {
  const drawn = random.integer(bound);
  return role === "state" && bound === mostCounted && drawn % 2 === 1 ? 0 : drawn;
}

/** A call whose numbers are all in float64. */
export interface DrawnCall extends CellCall, ByTensor<Float64Array> {
  readonly params: Readonly<Record<string, Float64Array>>;
  readonly inputs: Readonly<Record<string, Float64Array>>;
  readonly contexts: Readonly<Record<string, Float64Array>>;
  readonly states: Readonly<Record<string, Float64Array>>;
  readonly cotangents: ByTensor<Float64Array>["cotangents"];
}

/** A call with a direction, of everything that has a gradient; missing initial states start as the module says. */
export interface DirectedCall extends DrawnCall {
  readonly tangents: CallTangents;
}

/** Extents with numbers: a call. */
export const drawCall = (manifest: Manifest, extents: CallExtents, random: Random, draws: Draws): DrawnCall => ({
  ...extents,
  ...drawTensors(manifest, extents, random, draws),
  seed: 0,
});

/**
 * A value near what the initialiser would give, as a cell may take the logarithm of a parameter that starts at 1, and it is in
 * order there.
 *
 * @param distance from -1 to 1, or a bit more
 * @param width how far those go that the initialiser does not bound
 */
export function nearInitial(initializer: Initializer, distance: number, width: number): number {
  switch (initializer.kind) {
    case "ones":
      return 1 + 0.4 * distance;
    case "constant":
      return initializer.value + 0.4 * distance * Math.min(1, Math.abs(initializer.value) || 1);
    case "uniform":
      return aroundMean(initializer, distance, initializer.bound);
    case "normal":
      return aroundMean(initializer, distance, initializer.deviation);
    default:
      return width * distance;
  }
}

/** As wide as the draws of the initialiser, and no wider than 1 where they are around 0. */
function aroundMean({ mean = 0 }: { readonly mean?: number }, distance: number, width: number): number {
  return mean === 0 ? distance * Math.min(1, width || 1) : mean + distance * (width || 0.4 * Math.abs(mean));
}
