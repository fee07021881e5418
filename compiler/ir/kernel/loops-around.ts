import type { Axis, Statement } from "./types.js";

/** A loop over each axis, the first one outermost, from 0 in steps of 1, around `statements`. */
export function loopsAround(axes: readonly Axis[], statements: readonly Statement[]): Statement[] {
  return axes.reduceRight<Statement[]>(
    (body, { variable, extent }) => [{ kind: "for", variable, extent, step: 1, reverse: false, body }],
    [...statements],
  );
}
