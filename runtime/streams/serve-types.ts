/** What goes into `serve`, and what comes out. */
import type { CallValues, TensorRecord } from "../module/compiled-module.js";

/** What comes in: of a stream, by its key, one step, or its end where there is no input. */
export interface ServedInput<K> {
  readonly key: K;
  readonly input?: CallValues | undefined;
}

/** What goes out: the outputs of one step, to keep, or why there are none. */
export type ServedOutput<K> =
  | { readonly key: K; readonly output: TensorRecord; readonly error?: never }
  | { readonly key: K; readonly output?: never; readonly error: Error };

export interface ServeOptions<K> {
  /** Milliseconds that inputs wait for others to step with; 2 by default. Where a call is full they wait no longer. */
  readonly gather?: number;
  /** Inputs of one stream that wait, at most; 16 by default. */
  readonly queue?: number;
  /** What becomes of one more: nothing is taken from the source until there is room; it is refused; or the oldest is left out. */
  readonly overflow?: "wait" | "error" | "drop-oldest";
  /** Milliseconds without inputs after which a stream is closed, as soon as anything comes. */
  readonly idle?: number;
  /** What a stream begins with: its contexts, initial states and sizes. */
  readonly begin?: (key: K) => CallValues;
  readonly signal?: AbortingSignal;
}

/** An `AbortSignal`. */
export interface AbortingSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener?(type: "abort", listener: () => void): void;
  removeEventListener?(type: "abort", listener: () => void): void;
}
