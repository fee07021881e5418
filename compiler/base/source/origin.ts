import type { Span } from "./span.js";

/** Where a value comes from: a place in the user's text, and in words what was derived from it ("cotangent of `r`"). */
export interface Origin {
  readonly span?: Span;
  readonly note?: string;
}
