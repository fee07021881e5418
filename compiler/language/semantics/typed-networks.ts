/** What networks have beside what cells have. */
import type { Span } from "../../base/source/span.js";

/** An output, or a state by its path: before the first step, after the last, or after every one. */
export interface TypedRunRead {
  readonly what: "output" | "before" | "after" | "trace";
  readonly name: string;
}

/** A loss of a network: a number of each example, summed over the batch and divided by the sum of another one. */
export interface TypedLoss {
  readonly name: string;
  readonly span: Span;
  readonly documentation: string;
  /** The key of the node with what it is divided by; 1 for each example where there is none. */
  readonly weight: string | undefined;
}
