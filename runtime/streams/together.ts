/** One input each of several streams, in one step, and what comes of it for each to keep. */
import { isList } from "../base/options.js";
import type { CallValues, FloatArray, TensorRecord } from "../module/compiled-module.js";
import type { Streams } from "./stream-types.js";

export interface WaitingStep {
  readonly id: number;
  readonly input: CallValues;
}

/**
 * Steps them together; where what one of them is given is wrong, all of them one by one, so that it is that one's error alone.
 *
 * @returns For each its outputs, or its error.
 */
export function stepTogether(
  streams: Streams,
  pending: readonly WaitingStep[],
  now?: number,
): (TensorRecord | Error)[] {
  const options = now === undefined ? {} : { now };
  try {
    const outputs = streams.step(pending.map(({ id }) => id), joined(pending), options); // prettier-ignore
    return pending.map((_, row) => rowOf(outputs, row, pending.length));
  } catch (error) {
    if (pending.length > 1) return pending.flatMap((one) => stepTogether(streams, [one], now));
    if (error instanceof TypeError || error instanceof RangeError) return [error];
    throw error;
  }
}

/** Rows after each other; those of one alone as they are, so that their faults are told as they were given. */
function joined(pending: readonly WaitingStep[]): CallValues {
  const [first] = pending;
  if (pending.length === 1) return first!.input;
  const names = Object.keys(first!.input);
  if (pending.some(({ input }) => Object.keys(input).length !== names.length))
    throw new TypeError("not the same names");
  return Object.fromEntries(
    names.map((name) => {
      const rows = pending.map(({ input }) => input[name]).filter(isList);
      const width = rows[0]?.length;
      if (rows.length < pending.length || rows.some((row) => row.length !== width)) {
        throw new TypeError(`${name} is not as long in all`);
      }
      return [name, rows.flatMap((row) => Array.from(row))];
    }),
  );
}

const rowOf = (outputs: TensorRecord, row: number, rows: number): Record<string, FloatArray> =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, data]) => {
      const width = data.length / rows;
      return [name, data.slice(row * width, (row + 1) * width)];
    }),
  );
