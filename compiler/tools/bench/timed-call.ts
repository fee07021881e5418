/** Arguments for timing a module: every tensor of a call, from a seed. */
import type { CallValues } from "../../../runtime/module/compiled-module.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { createRandom } from "../../../runtime/base/random.js";
import { startOf, valuesOf } from "../calls/call.js";
import { drawCall, drawExtents } from "../calls/draw-call.js";
import { inputsAt } from "../calls/single-examples.js";
import type { CallSizes } from "../calls/sizes.js";

/** Run-time dimensions are the same for all examples. */
export type CallSettings = CallSizes;

export interface TimedCall {
  /** What `forward` takes. */
  readonly forward: CallValues;
  /** What `reset` takes before the first step. */
  readonly start: CallValues;
  /** What `step` takes; nothing where there is none. */
  readonly step: CallValues;
  /** What `backward` takes: derivatives by all outputs. */
  readonly cotangents: CallValues;
}

/** Inputs, contexts and derivatives are normal; states start as the cell says. All examples are as large as the call. */
export function drawTimedCall(manifest: Manifest, sizes: CallSettings, seed: number): TimedCall {
  const random = createRandom(seed);
  const extents = drawExtents(manifest, sizes, (most) => most);
  const call = drawCall(manifest, extents, random, {
    isDrawn: ({ role }) => role === "input" || role === "context" || role === "output",
    number: () => random.normal(),
  });
  // Numbers of the module's own type, as who counts time would give them.
  const reals = manifest.dtype === "f32" ? Float32Array : Float64Array;
  const typed = (from: Readonly<Record<string, Float64Array>>) =>
    Object.fromEntries(Object.entries(from).map(([name, values]) => [name, reals.from(values)]));
  const own = { ...call, inputs: typed(call.inputs), contexts: typed(call.contexts) };
  return {
    forward: valuesOf(manifest, own),
    start: startOf(manifest, own),
    step: manifest.has.step ? inputsAt(manifest, own, 0, 1) : {},
    cotangents: typed(call.cotangents.outputs),
  };
}
