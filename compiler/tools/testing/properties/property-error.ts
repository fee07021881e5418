/** A property that does not hold. */
import { describe } from "../../../../runtime/base/options.js";
import { dot, dotOfSizes, firstApart, firstOtherBits, shown } from "../../calls/compare.js";

/** What does not hold, where, and with which numbers. */
export class PropertyError extends Error {
  override readonly name = "PropertyError";
  /** The function that checks the property: `reverseMatchesForward`. */
  readonly property: string;

  constructor(property: string, message: string) {
    super(`${property}: ${message}`);
    this.property = property;
  }
}

/** What a property has compared so far. One that has compared nothing does not hold: it says nothing. */
export class PropertyComparisons {
  readonly property: string;
  private count = 0;

  constructor(property: string) {
    this.property = property;
  }

  /** Notes so many comparisons that agreed. */
  add(count: number): void {
    this.count += count;
  }

  get compared(): number {
    return this.count;
  }

  /** @throws PropertyError where nothing was compared. */
  end(why: string): void {
    if (this.count === 0) throw new PropertyError(this.property, `nothing was compared: ${why}`);
  }
}

/** The tolerance to use where none is given. */
export function toleranceFor(dtype: "f32" | "f64", tolerance: number | undefined): number {
  const used = tolerance ?? (dtype === "f64" ? 1e-9 : 1e-3);
  if (typeof used !== "number" || !(used > 0))
    throw new RangeError(`tolerance must be a positive number, got ${describe(used)}`);
  return used;
}

/**
 * Counts as a comparison where a term is not zero: 0 agrees with 0 whatever is wrong.
 *
 * @param tolerance relative to the size of the terms
 * @param rounding a difference that rounding alone may make, however small the terms
 * @throws PropertyError where two sums differ by more
 */
export function expectEqualSums(
  comparisons: PropertyComparisons,
  what: string,
  sums: readonly { readonly text: string; readonly value: number; readonly size: number }[],
  tolerance: number,
  rounding: number,
): void {
  const [a, b] = sums as [(typeof sums)[0], (typeof sums)[0]];
  const off = Math.abs(a.value - b.value);
  const error = off / Math.max(a.size, b.size, Number.MIN_VALUE);
  if (error <= tolerance || off <= rounding) return comparisons.add(a.size > 0 || b.size > 0 ? 1 : 0);
  throw new PropertyError(
    comparisons.property,
    `${what}${a.text} is ${a.value}, ${b.text} is ${b.value} (relative error ${error})`,
  );
}

/** A sum of products, with the size that its rounding is relative to. */
export function sumOf(pairs: readonly (readonly [ArrayLike<number>, ArrayLike<number>])[]): {
  value: number;
  size: number;
} {
  return {
    value: pairs.reduce((sum, [a, b]) => sum + dot(a, b), 0),
    size: pairs.reduce((sum, [a, b]) => sum + dotOfSizes(a, b), 0),
  };
}

/** @throws PropertyError where two lists are not the same bits; NaN equals NaN, 0 is not -0 */
export function expectSameBits(
  comparisons: PropertyComparisons,
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): void {
  const at = firstOtherBits(actual, expected);
  if (at !== undefined)
    throw new PropertyError(
      comparisons.property,
      `${what}[${at}] is ${shown(actual[at])} instead of ${shown(expected[at])}`,
    );
  comparisons.add(expected.length);
}

/** @throws PropertyError where an element is off by more than the tolerance, relative to the largest element or 1 */
export function expectClose(
  comparisons: PropertyComparisons,
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const at = firstApart(actual, expected, tolerance);
  if (at !== undefined)
    throw new PropertyError(comparisons.property, `${what}[${at}] is ${actual[at]} instead of ${expected[at]}`);
  comparisons.add(expected.length);
}
