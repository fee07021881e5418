/** Sizes of examples that calls compute, as kernels read them: by the name of what is computed, where they are no polynomials. */
import type { GraphFunction } from "../../ir/graph/graph-function.js";
import type { ShapeContext } from "../../ir/graph/shape-rules.js";
import type { ComputedSizes } from "../../program/computed-sizes.js";
import type { Pass } from "../pass.js";

/** What passes know that run just before kernels. */
export interface SizedContext extends ShapeContext {
  /** undefined where no size is computed. */
  readonly sizes: ComputedSizes | undefined;
}

export const nameSizes: Pass<GraphFunction, SizedContext> = {
  name: "name-sizes",
  summary: "call sizes that are computed in each call by their names",
  run: (fn, { sizes }) => sizes?.inFunction(fn) ?? fn,
};
