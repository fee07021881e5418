import type { LoopAxis, Statement } from "./kernel-program.js";

/** A loop over each axis, the first one outermost, in steps of 1, around `statements`. */
export function loopsAround(axes: readonly LoopAxis[], statements: readonly Statement[]): Statement[] {
  return axes.reduceRight<Statement[]>(
    (body, axis) => [{ kind: "for", ...axis, step: 1, reverse: false, body }],
    [...statements],
  );
}
