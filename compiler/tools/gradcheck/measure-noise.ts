/**
 * How much a computed function jitters by rounding, from its values at neighbouring arguments: differences of high order of
 * a smooth function all but vanish over so short a way, those of noise grow by known factors (R. W. Hamming, "Introduction to
 * applied numerical analysis", 1971; J. J. Moré, S. M. Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33, 2011).
 */

const count = 7;

/**
 * The standard deviation of the rounding error of values of `f` right of 0; never below one rounding of the largest value.
 *
 * @param precision Unit of rounding: 2^-53 for float64, 2^-24 for float32.
 */
export function measureNoise(f: (t: number) => number, precision: number): number {
  // Far enough apart that arguments of about 1 are different numbers. Not 0 itself: it may be a jump. No power of two: what is
  // large multiplies it to whole units of its own, and seems to round nothing.
  const spacing = precision * 1021;
  const values = Array.from({ length: count }, (_, k) => f((k + 1) * spacing));
  const size = Math.max(...values.map(Math.abs));
  if (!Number.isFinite(size)) return 0;
  const deviations: number[] = [];
  let differences = values;
  let factor = 1;
  for (let order = 1; order < count; order++) {
    differences = differences.slice(1).map((value, i) => value - (differences[i] as number));
    // (k!)² / (2k)!: the variance of a k-th difference is that of a value over this.
    factor *= (order * order) / (2 * order * (2 * order - 1));
    const mean = differences.reduce((sum, d) => sum + d * d, 0) / differences.length;
    if (order >= 3) deviations.push(Math.sqrt(factor * mean));
  }
  deviations.sort((a, b) => a - b);
  const median = ((deviations[1] as number) + (deviations[2] as number)) / 2;
  return Math.max(median, precision * size);
}
