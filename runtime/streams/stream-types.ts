/** What streams are to those who use them, and to their parts. */
import type { FileBytes } from "../io/bytes.js";
import type { CallValues, TensorRecord } from "../module/compiled-module.js";
import type { Manifest } from "../module/manifest.js";
import type { Arena } from "./arena.js";
import type { RecordLayout } from "./layout.js";
import type { CommonValues, StreamInstance, StreamRunner } from "./runner.js";
import type { ParamValues, Weights } from "./weights.js";

export interface OpenOptions {
  /** The caller's time, in any unit, for `expire`; that of the last call where left out. It never goes back. */
  readonly now?: number;
  /** Of modules that draw: the number that the stream draws by; how many were opened before it where left out. */
  readonly example?: number;
}

export interface StreamStepOptions {
  /** How many steps each stream makes, one where left out; its rows of inputs and outputs follow each other. */
  readonly counts?: ArrayLike<number>;
  readonly now?: number;
}

export interface RestoreOptions extends Pick<OpenOptions, "now"> {
  /** "any": goes on with other params than those that the stream had. */
  readonly weights?: "same" | "any";
}

export interface Streams {
  /** Bytes of memory for each stream that there is room for. */
  readonly bytesPerStream: number;
  readonly capacity: number;
  /** The most streams that one call of the instance steps. */
  readonly batch: number;
  /** How many are open. */
  readonly size: number;
  /** How often weights were set. */
  readonly version: number;
  /** Starts a stream, and gives its id, which no other stream ever has. `values` are of one example: its contexts, initial states and `sizes`. */
  open(values?: CallValues, options?: OpenOptions): number;
  close(id: number): void;
  /** A stream that goes on from where another is. */
  fork(id: number, options?: OpenOptions): number;
  /** How many steps it has made. */
  stepsOf(id: number): number;
  /**
   * A step of each stream that is named, or `counts[i]` of `ids[i]`; one that is named again makes a further step. Inputs and outputs have a
   * row for each step, in that order. The outputs are overwritten by the next call.
   *
   * @throws TypeError or RangeError where anything is wrong; no stream has made a step then.
   */
  step(ids: ArrayLike<number>, inputs: CallValues, options?: StreamStepOptions): TensorRecord;
  /** The stream as bytes, for `restore`, here or elsewhere: of the same equations, sizes and dtype, on any target. */
  snapshot(id: number): Uint8Array;
  /** A new stream that goes on from a snapshot. @throws SnapshotError where it cannot. */
  restore(bytes: FileBytes, options?: RestoreOptions): number;
  /** Other params from the next step on, for all streams, which keep their states. Gives the `version`. */
  swap(weights: FileBytes | ParamValues): number;
  /** Closes what was last used before a time; `onExpire` is told of each while it is still open. Gives their number. */
  expire(before: number, onExpire?: (id: number, snapshot: Uint8Array) => void): number;
}

export interface StreamsParts extends CommonValues {
  readonly manifest: Manifest;
  readonly layout: RecordLayout;
  readonly arena: Arena;
  readonly runner: StreamRunner;
  readonly instance: StreamInstance;
  readonly params: Weights;
  readonly batch: number;
}
