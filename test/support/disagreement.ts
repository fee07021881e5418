/** Comparing numbers that were rounded in another way. */

/**
 * The first element that is not as expected, in words; undefined where all are. Rounding grows with the numbers that met on the
 * way, which large intermediate values make large; what is left of numbers beyond 1e12, and where they overflow, is chance.
 *
 * @param tolerance of the largest finite number that is expected, and of 1
 */
export function disagreement(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): string | undefined {
  if (actual.length !== expected.length) return `has ${actual.length} elements instead of ${expected.length}`;
  const largest = expected.reduce((known, x) => (Number.isFinite(x) ? Math.max(known, Math.abs(x)) : known), 1);
  for (const [i, want] of expected.entries()) {
    const got = actual[i] as number;
    if (Object.is(got, want) || got === want || !Number.isFinite(want) || Math.abs(want) > 1e12) continue;
    if (!(Math.abs(got - want) <= tolerance * largest)) return `element ${i}: ${got} instead of ${want}`;
  }
  return undefined;
}
