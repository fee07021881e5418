/** Gradients of sequences that are longer than the memory has room for, with the bits that they have as a whole. */
import { isModule, moduleKind, refuse } from "../base/arguments.js";
import { CallTypeError } from "../base/errors.js";
import { checkCount, checkOptionNames, checkPositive } from "../base/options.js";
import { leastSizes } from "../module/axes.js";
import type { CallValues, CompiledModule, InstantiateOptions, ModuleInstance } from "../module/compiled-module.js";
import { asModule, type ModuleNamespace } from "../module/load-js.js";
import type { Manifest } from "../module/manifest.js";
import { isOfSteps, optionsOf, planSegments, type SegmentsRoom } from "./plan-segments.js";
import {
  SegmentedCall,
  type SegmentsGradient,
  type SegmentsGradientOptions,
  type SegmentsInstance,
} from "./segmented-call.js";

/** As `instantiate` has them, for whole sequences. */
export interface SegmentsOptions extends Omit<InstantiateOptions, "maxBytes"> {
  /** A budget: what the instance and the states between segments may take; 4 GiB by default. Sequences, which the caller has, do not count. */
  readonly maxBytes?: number;
}

export interface Segments {
  /** Whose params are used. It has room for calls of one segment. */
  readonly instance: ModuleInstance;
  /** Steps of a segment. */
  readonly segment: number;
  /** How many segments the longest sequences have: all but the last of them are computed twice. */
  readonly count: number;
  /** What the instance and the states between segments take. */
  readonly bytes: number;
  /** `values` as `forward` takes them, of any number of steps up to those that were asked for. */
  gradient(values: CallValues, options?: SegmentsGradientOptions): SegmentsGradient;
}

const known = ["batch", "steps", "sizes", "maxBytes", "wasm", "variant"];

/**
 * Makes an instance for gradients of long sequences by params, in little memory: the states before each segment are kept, and all else of it is
 * computed again when its turn comes, from the last segment to the first. The segments are as long as the budget has room for; results do not
 * depend on that.
 *
 * @param module One that was built with `--segments`.
 * @throws TypeError or RangeError for wrong options; RangeError, with the number of `bytes`, where the budget is too small.
 * @example
 *     const long = openSegments(module, { batch: 1, steps: 1_000_000, maxBytes: 64 * 2 ** 20 });
 *     long.instance.init(7);
 *     const { params } = long.gradient({ x }, { cotangents: { y: dy } });
 */
export function openSegments(module: CompiledModule | ModuleNamespace, options: SegmentsOptions): Segments {
  if (!isModule(module)) refuse("openSegments", "the first argument", moduleKind, module);
  checkOptionNames("openSegments", options, known);
  const own = asModule(module);
  const { manifest } = own;
  const axis = manifest.has.segments?.axis;
  if (axis === undefined)
    throw new CallTypeError(`openSegments: ${manifest.cell} was compiled without segments; build it with --segments`);
  const { maxBytes = 2 ** 32 } = options;
  checkPositive("openSegments: maxBytes", maxBytes);
  const room = roomOf(manifest, axis, options);
  const { segment, bytes } = planSegments(own, room, maxBytes, "openSegments");
  const instance = own.instantiate(optionsOf(manifest, room, segment));
  if (!hasBackward(instance)) return refuse("openSegments", "the first argument", "a module whose instances have backward", module); // prettier-ignore
  return Object.freeze({
    ...{ instance, segment, bytes, count: Math.max(1, Math.ceil(room.steps / segment)) },
    gradient: (values: CallValues, given: SegmentsGradientOptions = {}) =>
      new SegmentedCall({ manifest, instance, room, segment }, values, given).run(),
  });
}

const hasBackward = (instance: ModuleInstance): instance is ModuleInstance & SegmentsInstance["instance"] =>
  instance.backward !== undefined;

function roomOf(manifest: Manifest, axis: string, options: SegmentsOptions): SegmentsRoom {
  const { batch = 1, steps, sizes = {}, wasm, variant } = options;
  checkCount("openSegments: batch", batch);
  const ofSteps = isOfSteps(manifest, axis);
  const asked = ofSteps ? checkCount("openSegments: steps", steps) : checkCount(`openSegments: sizes.${axis}`, sizes[axis]); // prettier-ignore
  const others = Object.entries(sizes).filter(([name]) => name !== axis);
  const least = Object.entries(leastSizes(manifest)).filter(([name]) => name !== axis);
  const more = { ...(wasm !== undefined && { wasm }), ...(variant !== undefined && { variant }) };
  return { axis, batch, steps: asked, sizes: Object.fromEntries([...least, ...others]), more };
}
