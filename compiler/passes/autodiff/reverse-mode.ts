/** What reverse mode makes of a function. */
import type { GraphFunction } from "../../ir/graph/graph-function.js";

export interface ReverseMode {
  /** As the primal, with residuals as further outputs. */
  readonly forward: GraphFunction;
  /** What the residuals are called. */
  readonly residuals: readonly string[];
  /** Cotangents of the outputs to cotangents of every real input, zero where nothing depends on it. */
  readonly backward: GraphFunction;
  /** Where each input of `backward` comes from. */
  readonly sources: readonly BackwardSource[];
  /** Which input of the primal each output of `backward` belongs to. */
  readonly targets: readonly number[];
  /** Outputs of `backward` that something depends on; the others are zero. */
  readonly reached: ReadonlySet<number>;
}

export type BackwardSource =
  /** An output of `forward`, after those of the primal, or an input of it. */
  | { readonly kind: "residual" | "input"; readonly index: number }
  /** The cotangent of an output of the primal. */
  | { readonly kind: "cotangent"; readonly index: number };
