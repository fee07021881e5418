/** Random arguments for any compiled cell, from its manifest. */
import { drawCall, drawExtents, type DrawnCall } from "../../compiler/tools/calls/draw-call.js";
import type { CallSizes } from "../../compiler/tools/calls/sizes.js";
import { createRandom, type Manifest, type ModuleInstance } from "../../runtime/index.js";

/**
 * Examples as large as the call; values that float32 holds, so that both dtypes see the same ones; what a call is given deviates
 * by `scale` from 0.
 */
export function randomCall(manifest: Manifest, seed: number, sizes: CallSizes, scale = 1): DrawnCall {
  const random = createRandom(seed);
  return drawCall(
    manifest,
    drawExtents(manifest, sizes, (most) => most),
    random,
    {
      isDrawn: ({ role }) => role !== "param" && role !== "fixed",
      number: ({ role }) => Math.fround(random.normal(role === "output" || role === "final" ? 1 : scale)),
    },
  );
}

/** Random parameters of moderate size, also where the initialiser says zeros. */
export function randomParams(instance: ModuleInstance, seed: number): void {
  const random = createRandom(seed);
  for (const name of Object.keys(instance.params).sort()) {
    const own = instance.params[name]!;
    own.set(Float64Array.from(own, () => Math.fround(random.normal(0.4))));
  }
}
