/** Examples that come one after the other, as from a file or a network that memory does not hold. */
import { CallTypeError } from "../../base/errors.js";
import { checkCount, checkOptionNames, describe, isRecord } from "../../base/options.js";
import type { Example } from "./source.js";

/** All examples of an epoch in turn. */
export interface ExampleStream {
  /** What training that goes on must have had before: other data have another text. */
  readonly fingerprint: string;
  /** How many examples wait at once, of which the next is drawn. */
  readonly shuffle: number;
  /** Gives the same examples in the same order for the same epoch, from 0. */
  open(epoch: number): AsyncIterable<Example> | Iterable<Example>;
}

export interface IterateOptions {
  /** Tells these data from others: the name and date of a file, a version. */
  readonly fingerprint: string;
  /**
   * Each example of a batch is drawn from so many that wait, 1000 by default, so that examples move about so far; 1 leaves them in
   * their order.
   */
  readonly shuffle?: number;
}

/**
 * Data for `train` that are read as they are needed. Training that goes on from a checkpoint reads its epoch again up to there. Batches
 * are of the lengths that come: for examples in memory, `arrays` puts those of like lengths together.
 *
 * @param open Called at the beginning of each epoch.
 * @throws TypeError where `open` is no function or there is no fingerprint.
 * @example
 *     const data = iterate(async function* () {
 *       for await (const line of lines("long.jsonl")) yield JSON.parse(line);
 *     }, { fingerprint: "long.jsonl of 3 May" });
 */
export function iterate(open: ExampleStream["open"], options: IterateOptions): ExampleStream {
  if (typeof open !== "function") {
    throw new CallTypeError(
      `iterate: the first argument must be a function that gives examples, got ${describe(open)}`,
    );
  }
  checkOptionNames("iterate", options, ["fingerprint", "shuffle"]);
  const { fingerprint, shuffle = 1000 } = options;
  if (typeof fingerprint !== "string" || fingerprint === "") {
    throw new CallTypeError(`iterate: fingerprint must be a text that tells these data from others, got ${describe(fingerprint)}`); // prettier-ignore
  }
  checkCount("iterate: shuffle", shuffle);
  return { fingerprint: `${fingerprint}, drawn from ${shuffle}`, shuffle, open };
}

/** Whether data come in turn, and not by their numbers. */
export const isStream = (data: unknown): data is ExampleStream => isRecord(data) && typeof data["open"] === "function";
