/** Cells and modules that there is no check of. */
import { withComputed } from "../calls/computed-sizes.js";
import { roomFor } from "../calls/draw-call.js";
import { countNumbers } from "../calls/sizes.js";
import { realContexts, realStates } from "../calls/tensors.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { largestDraw } from "./draw-point.js";

/** There is nothing to compare, or no point to compare at. */
export class UncheckableError extends RangeError {
  override readonly name: string = "UncheckableError";
}

/** The cell gives values that are not finite wherever it is tried. */
export class NotFiniteError extends UncheckableError {
  override readonly name = "NotFiniteError";
}

/** Numbers of one call. More would take many minutes, and say no more than smaller sizes do. */
const mostNumbers = 2 ** 20;

/** @throws UncheckableError where nothing has a gradient, or calls at these sizes have too many numbers. */
export function ensureCheckable(manifest: Manifest): void {
  const { cell, dimensions, params, inputs, contexts, states, outputs } = manifest;
  const real = inputs.filter(({ dtype }) => dtype === "real");
  if ([params, real, realContexts(manifest), realStates(manifest)].every((tensors) => tensors.length === 0)) {
    throw new UncheckableError(`${cell} has no input of reals, parameter, context or state: nothing has a gradient`);
  }
  const { batch, steps, size } = largestDraw;
  const call = withComputed(manifest, { batch, steps, sizes: roomFor(manifest, () => size) });
  const numbers = [...params, ...contexts, ...states, ...inputs, ...outputs].reduce(
    (sum, tensor) => sum + countNumbers(tensor, call),
    0,
  );
  if (numbers > mostNumbers) {
    const sizes = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`);
    throw new UncheckableError(
      `${cell} with ${sizes.join(" ")} has ${numbers} numbers in a call; a gradient check takes at most ${mostNumbers}, and smaller sizes show the same faults`,
    );
  }
}
