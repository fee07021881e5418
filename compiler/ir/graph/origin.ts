import type { Span } from "../../base/source/span.js";

/**
 * Where a value comes from: a place in the user's text, and in words what was derived from it ("cotangent of `r`").
 *
 * For messages alone. Nothing that computes, rewrites, derives or verifies reads a field of it: they hand it on. The text form of graphs has
 * no origins, so what decides anything is said by the operation, or by the instruction (`graph-function.ts`).
 */
export interface Origin {
  /** What a diagnostic, a check of gradients or a picture points at. */
  readonly span?: Span;
  readonly note?: string;
}
