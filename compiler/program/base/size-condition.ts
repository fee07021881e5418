import type { Dim } from "../../base/types/dim.js";

/** What sizes of an example must fulfil, besides being at least what they are told to be. */
export interface SizeCondition {
  /** The dimension is a whole number, at least 0, or 0. */
  readonly kind: "whole" | "least" | "equal";
  readonly dim: Dim;
  /** What must be so, as people write it: `T / 2`, `T >= 3`, `F == ceil(T / 2)`. */
  readonly text: string;
  /** The equation that wants it; left out where it is demanded by itself. */
  readonly equation?: string;
}
