/** Comparing numbers that were rounded in another way. */

/** Beyond these, what is left of numbers is chance. */
const isComparable = (expected: number): boolean => Number.isFinite(expected) && Math.abs(expected) <= 1e12;

/** How many numbers there were, and how many of them were compared: tests ask for many, or nothing was shown. */
export class ComparedNumbers {
  private all = 0;
  private compared = 0;

  /** As {@link disagreement}. */
  disagreement(actual: readonly number[], expected: readonly number[], tolerance: number): string | undefined {
    this.all += expected.length;
    this.compared += expected.filter(isComparable).length;
    return disagreement(actual, expected, tolerance);
  }

  get share(): number {
    return this.all === 0 ? 0 : this.compared / this.all;
  }
}

/**
 * The first element that is not as expected, in words; undefined where all are. Rounding grows with the numbers that met on the
 * way, which large intermediate values make large; what is left of numbers beyond 1e12, and where they overflow, is chance.
 *
 * @param tolerance of the largest finite number that is expected, and of 1
 */
function disagreement(actual: readonly number[], expected: readonly number[], tolerance: number): string | undefined {
  if (actual.length !== expected.length) return `has ${actual.length} elements instead of ${expected.length}`;
  const largest = expected.reduce((known, x) => (Number.isFinite(x) ? Math.max(known, Math.abs(x)) : known), 1);
  for (const [i, want] of expected.entries()) {
    const got = actual[i] as number;
    if (Object.is(got, want) || got === want || !isComparable(want)) continue;
    if (!(Math.abs(got - want) <= tolerance * largest)) return `element ${i}: ${got} instead of ${want}`;
  }
  return undefined;
}
