/**
 * How often property tests run: a few times with a fixed seed in `npm test`, RUNS times with a seed of their own in `npm run fuzz`, which
 * prints it; SEED repeats a run.
 */
import { afterAll } from "vitest";

export const isFuzzing = process.env["RUNS"] !== undefined;

/** For fast-check. */
export interface Parameters {
  readonly numRuns: number;
  readonly seed: number;
}

/** @param runs How often in `npm test`. */
export function fuzzParameters(runs: number): Parameters {
  if (!isFuzzing) return { numRuns: runs, seed: 1 };
  return { numRuns: Number(process.env["RUNS"]), seed: fuzzSeed };
}

const fuzzSeed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

if (isFuzzing) {
  afterAll(() => {
    console.log(`RUNS=${process.env["RUNS"] ?? ""} SEED=${fuzzSeed}`);
  });
}
