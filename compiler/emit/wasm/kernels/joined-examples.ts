/** Loops over examples and what each of them has that are one loop where every example has all of it: kernels say which may be. */
import type { Affine, ForStatement, JoinedAxis, ProductStatement } from "../../../ir/kernel/kernel-program.js";
import type { Dim } from "../../../base/types/dim.js";
import type { Local } from "../assembler/function-code.js";

export interface JoinedLoops extends JoinedAxis {
  /** Of sums in pieces: the examples of one, all steps that an example has, and as many as may be in one piece. */
  readonly range?: { readonly first: Affine; readonly end: Affine; readonly steps: Dim; readonly most: number };
  /** Of these, what `withCounts` found. */
  readonly counts?: PieceCounts;
}

interface PieceCounts {
  /** Rounds of the loop over examples: one where it is one loop. */
  readonly examples: Local;
  /** Steps of all examples where they are one loop; 0 where every example has its own. */
  readonly steps: Local;
}

/** The rows of the product that is all of a loop over examples. */
export function joinedRows({ variable, body: [product] }: ForStatement): JoinedLoops | undefined {
  const joined = product?.kind === "product" ? product.schedule?.joined : undefined;
  return joined?.example === variable ? joined : undefined;
}

/** The two outermost sums of a product in pieces. */
export function joinedSums({ contracted: [outer, inner], schedule }: ProductStatement): JoinedLoops | undefined {
  if (schedule?.joined === undefined || outer?.from === undefined) return undefined;
  if (outer.extent.kind !== "affine" || inner?.extent.kind !== "part") return undefined;
  const { dim, most } = inner.extent;
  return { ...schedule.joined, range: { first: outer.from, end: outer.extent.value, steps: dim, most } };
}
