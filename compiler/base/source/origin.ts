import type { Span } from "./span.js";

/** Where a value comes from: a place in the user's text, and in words what was derived from it ("cotangent of `r`"). */
export interface Origin {
  readonly span?: Span;
  readonly note?: string;
  /**
   * A derivative is stopped or declared here and that of the result is right all the same: of what is taken out of an expression and put in
   * again (the greatest entry of a softmax), of implicit rounds.
   */
  readonly isExact?: true;
}
