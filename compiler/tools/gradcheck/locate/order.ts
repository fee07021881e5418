/** The order in which the values of a function with scans are computed. */

/** A scan around an instruction. */
export interface ScanAxis {
  /** Position of the first instruction in the scan. */
  readonly start: number;
  readonly reverse: boolean;
}

export interface Computed {
  /** Position of the instruction in the text of the function. */
  readonly position: number;
  /** The scans around it, outermost first. */
  readonly scans: readonly ScanAxis[];
}

/**
 * Comparable by `compareMoments`: when the instruction runs in the given steps of its scans.
 *
 * @param steps the step of each scan
 */
export function momentOf({ position, scans }: Computed, steps: readonly number[]): number[] {
  const moments = scans.flatMap(({ start, reverse }, i) => {
    const step = steps[i] as number;
    return [start, reverse ? -step : step];
  });
  return [...moments, position];
}

/** Negative where `a` is earlier. */
export function compareMoments(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
