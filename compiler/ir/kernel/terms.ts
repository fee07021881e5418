/** The terms of the sums of a product, counted in the order in which they are added. */
import { addAffine, AFFINE_ZERO, affineVariable, plainExtent, scaleAffine } from "./affine.js";
import { dimConstant } from "../../base/types/dim.js";
import type { Affine, LoopAxis } from "./kernel-program.js";

/** How many terms a sum has; undefined where a call decides. */
export function countTerms(contracted: readonly LoopAxis[]): number | undefined {
  return contracted.reduce<number | undefined>((terms, { extent }) => {
    const size = plainExtent(extent);
    return terms === undefined || size === undefined ? undefined : terms * size;
  }, 1);
}

/** The number of a term, over the contracted variables. Their extents are plain. */
export function termIndex(contracted: readonly LoopAxis[]): Affine {
  return contracted.reduce((index, { variable, extent }) => {
    return addAffine(scaleAffine(index, dimConstant(plainExtent(extent) ?? 0)), affineVariable(variable));
  }, AFFINE_ZERO);
}
