/** Timing by turns: machines drift, so only figures of one run are compared, and those taken in turn. */

export interface Contestant {
  readonly name: string;
  readonly run: () => void;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds per call. */
  readonly median: number;
  readonly minimum: number;
}

/** Runs all contestants in turn, `rounds` times, each for about `slice` milliseconds a turn. */
export function measure(contestants: readonly Contestant[], rounds = 15, slice = 40): Timing[] {
  const samples = contestants.map((): number[] => []);
  const repeats = contestants.map(({ run }) => {
    // Long enough for the engine to have optimised what it will.
    const warm = performance.now();
    let calls = 0;
    while (performance.now() - warm < 400) {
      run();
      calls++;
    }
    return Math.max(1, Math.round((calls * slice) / 400));
  });
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contestants.entries()) {
      const count = repeats[i] as number;
      const start = performance.now();
      for (let call = 0; call < count; call++) run();
      samples[i]?.push((performance.now() - start) / count);
    }
  }
  return contestants.map(({ name }, i) => {
    const sorted = [...(samples[i] as number[])].sort((a, b) => a - b);
    return { name, median: sorted[sorted.length >> 1] as number, minimum: sorted[0] as number };
  });
}
