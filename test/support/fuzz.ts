/**
 * How often property tests run: a few times with a fixed seed in `npm test`, RUNS times, or a share of that, with a seed of their own in
 * `npm run fuzz`, which prints it; SEED repeats a run.
 */
import { afterAll } from "vitest";

export const isFuzzing = process.env["RUNS"] !== undefined;

/** For fast-check. */
export interface Parameters {
  readonly numRuns: number;
  readonly seed: number;
}

/**
 * @param runs How often in `npm test`.
 * @param cost How many times as long a run takes as one of the cheapest property: it runs as many times less often than RUNS says.
 */
export function fuzzParameters(runs: number, cost = 1): Parameters {
  if (!isFuzzing) return { numRuns: runs, seed: 1 };
  return { numRuns: Math.ceil(Number(process.env["RUNS"]) / cost), seed: fuzzSeed };
}

const fuzzSeed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

if (isFuzzing) {
  afterAll(() => {
    console.log(`RUNS=${process.env["RUNS"] ?? ""} SEED=${fuzzSeed}`);
  });
}
