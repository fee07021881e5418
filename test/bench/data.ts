/** Weights and inputs of a workload, from a seed: weights uniform within ±1/sqrt(H), inputs normal. */
import { createRandom } from "../../runtime/index.js";
import { cells, partSize } from "./cells.js";
import type { Workload } from "./workloads.js";

export type Weights<A> = Readonly<Record<string, A>>;

export interface Data {
  /** By name, `[gates, …]`; single precision. */
  readonly weights: Weights<Float32Array>;
  /** `[B, T, I]`; for steps `[stepCount, I]`. */
  readonly x: Float32Array;
}

/** Inputs of a streaming workload, taken in turn. */
export const stepCount = 64;

export function drawData(workload: Workload): Data {
  const { cell, kind, I, H, B, T } = workload;
  const random = createRandom(workload.id.split("").reduce((seed, c) => 31 * seed + c.charCodeAt(0), 0));
  const bound = 1 / Math.sqrt(H);
  const weights = Object.fromEntries(
    cells[cell].weights.map((entry) => {
      const length = entry.params.length * partSize(entry, workload);
      const draw = (): number => entry.center + random.uniform(-bound, bound);
      return [entry.name, Float32Array.from({ length }, draw)];
    }),
  );
  const length = (kind === "step" ? stepCount : B * T) * I;
  return { weights, x: Float32Array.from({ length }, () => random.normal()) };
}

/** One of the arrays, by a name that is there. */
export function get<A>(record: Readonly<Record<string, A>>, name: string): A {
  const found = record[name];
  if (found === undefined) throw new Error(`there is no ${name}, only ${Object.keys(record).join(", ")}`);
  return found;
}
