import type { Dim } from "../../base/types/dim.js";
import type { Span } from "../../base/source/span.js";

/** What stands in front of a sequence, or goes through its loop, and is a state where the sequence comes in chunks. */
export interface OriginOfState {
  /** By path: of the equation, or of the run and its own state. */
  readonly name: string;
  readonly documentation: string;
  /** Of an index. */
  readonly bound?: Dim;
  /** What `before` has in front of the first element, rather than the state of a run. */
  readonly isBefore: boolean;
}

/** Where a value comes from: a place in the user's text, and in words what was derived from it ("cotangent of `r`"). */
export interface Origin {
  readonly span?: Span;
  readonly note?: string;
  /**
   * A derivative is stopped or declared here and that of the result is right all the same: of what is taken out of an expression and put in
   * again (the greatest element of a softmax), of implicit rounds.
   */
  readonly isExact?: true;
  /** One for each value that a loop carries, or for what is put in front; what has no name is undefined. */
  readonly states?: readonly (OriginOfState | undefined)[];
  /** The places along an axis as numbers of the equations, which go on from chunk to chunk. */
  readonly isPlace?: true;
  /** It is of a derivative, and no value of the equations. */
  readonly isDerivative?: true;
}
