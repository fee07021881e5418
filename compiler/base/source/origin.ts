import type { Span } from "./span.js";

/** Where a value comes from: a place in the user's text, and in words what was derived from it ("cotangent of `r`"). */
export interface Origin {
  readonly span?: Span;
  readonly note?: string;
  /** It is taken out of an expression and put in again (the greatest entry of a softmax): what that gives does not depend on it. */
  readonly isShift?: true;
}
