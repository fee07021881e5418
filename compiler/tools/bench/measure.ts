/** Timing by turns: machines drift, so only figures of one run are compared, and those taken in turn. */
import { invariant } from "../../base/diagnostics/invariant.js";

export interface Contestant {
  readonly name: string;
  /** One call; where it gives a promise, the call ends when that is settled. */
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** Microseconds per call. */
  readonly median: number;
  readonly minimum: number;
  /** Turns that were timed, each the mean of some calls. */
  readonly turns: number;
}

interface MeasureOptions {
  /** For all contestants together, warming up included. */
  readonly seconds: number;
  /** At least so many turns each, however long that takes. */
  readonly leastTurns?: number;
  /** Told now and then which share of the time is over. */
  readonly progress?: (done: number) => void;
}

/** Longest turn of a contestant whose calls are shorter, in milliseconds. */
const longestTurn = 20;

/** Calls `run` until `milliseconds` are over, at least `least` times; gives the mean time of a call in milliseconds. */
async function spend(run: () => unknown, milliseconds: number, least = 1): Promise<number> {
  const start = performance.now();
  for (let calls = 1; ; calls++) {
    const result = run();
    if (result instanceof Promise) await result;
    const elapsed = performance.now() - start;
    if (elapsed >= milliseconds && calls >= least) return elapsed / calls;
  }
}

/** Runs `count` calls; gives the mean time of one in milliseconds. */
async function callsInTurn(run: () => unknown, count: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < count; call++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / count;
}

/** Times all contestants in turn, round after round, until the time is over. */
export async function measure(contestants: readonly Contestant[], options: MeasureOptions): Promise<Timing[]> {
  const { seconds, leastTurns = 5, progress } = options;
  const total = seconds * 1000;
  const start = performance.now();
  // Long enough for the engine to have optimised what it will; the first pass carries what happens only once.
  const warmUp = Math.max(20, total / (4 * contestants.length));
  for (const { run } of contestants) await spend(run, warmUp, 3);
  const counts: number[] = [];
  const turn = Math.min(longestTurn, Math.max(1, total / (40 * contestants.length)));
  for (const { run } of contestants) {
    const call = await spend(run, turn);
    counts.push(Math.max(1, Math.round(turn / call)));
  }
  const samples = contestants.map((): number[] => []);
  for (let round = 0; round < leastTurns || performance.now() - start < total; round++) {
    for (const [i, { run }] of contestants.entries()) samples[i]!.push(await callsInTurn(run, counts[i]!));
    progress?.(Math.min(1, (performance.now() - start) / total));
  }
  return contestants.map(({ name }, i) => {
    const sorted = samples[i]!.map((milliseconds) => 1000 * milliseconds).sort((a, b) => a - b);
    return { name, median: medianOf(sorted), minimum: sorted[0]!, turns: sorted.length };
  });
}

/** The middle of sorted numbers. */
function medianOf(sorted: readonly number[]): number {
  const upper = sorted[sorted.length >> 1]!;
  return sorted.length % 2 === 1 ? upper : (upper + sorted[(sorted.length >> 1) - 1]!) / 2;
}

export function find(timings: readonly Timing[], name: string): Timing {
  const timing = timings.find((t) => t.name === name);
  invariant(timing !== undefined, `no timing of ${name}`);
  return timing;
}
