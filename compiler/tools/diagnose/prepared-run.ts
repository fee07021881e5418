/** A cell that is compiled, loaded and ready to be run step by step over its data. */
import { type CompiledModule, elementCount, type ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { ofKey } from "../../base/at.js";
import type { Turn } from "../../driver/turns.js";
import type { RunData } from "./data.js";
import type { ProbedCell } from "./probe-cell.js";
import type { StateLayout } from "./state-vector.js";
import { writeStored } from "../calls/call.js";
import { emptyRecord } from "../calls/records.js";
import { partShape } from "../calls/sizes.js";

export interface PreparedRun {
  readonly data: RunData;
  readonly layout: StateLayout;
  readonly probed: ProbedCell;
  /** The probed cell with `backward`: one step of the whole batch. */
  readonly watcher: ModuleInstance;
  /** Zeros for its probes. */
  readonly zeros: Readonly<Record<string, Float64Array>>;
  /** The cell itself with `jvp` and `backward`; its parameters are in `parameters`. */
  readonly plain: CompiledModule;
  readonly parameters: Readonly<Record<string, Float64Array>>;
  /** Between two parts of a step. */
  readonly turn: Turn;
  /** Between two steps: tells how far it is, and ends the run where that is asked for. */
  progress(part: string, done: number, total: number): Promise<void>;
}

/** Arguments of one step for rows of the batch: row r is example `exampleOf(r)`. */
export function valuesAt(
  { data, plain }: Pick<PreparedRun, "data" | "plain">,
  t: number,
  rows: number,
  exampleOf: (row: number) => number = (row) => row,
): Record<string, unknown> {
  const values = emptyRecord<unknown>();
  const { inputs, contexts } = plain.manifest;
  for (const [entries, given] of [
    [inputs, data.inputs],
    [contexts, data.contexts],
  ] as const) {
    // prettier-ignore
    for (const entry of entries) {
      const all = ofKey(given, entry.name);
      const whole = elementCount(partShape(entry, data));
      const count = elementCount(partShape(entry, { ...data, steps: 1 }));
      // What has no axis of steps is the same at each.
      const from = (t * count) % whole;
      const own = entry.dtype === "index" ? new Int32Array(rows * count) : new Float64Array(rows * count);
      for (let row = 0; row < rows; row++) {
        const start = exampleOf(row) * whole + from;
        own.set(all.subarray(start, start + count), row * count);
      }
      values[entry.name] = own;
    }
  }
  return values;
}

/** An instance of the plain cell for one step of so many rows, with the run's parameters. */
export function plainInstance({ plain, parameters, data }: PreparedRun, rows: number): ModuleInstance {
  const instance = plain.instantiate({ batch: rows, steps: 1, sizes: data.sizes });
  writeStored(instance, parameters);
  return instance;
}
