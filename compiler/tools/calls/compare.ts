/** Comparing what calls give. */

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** `Σ |a · b|`: what rounding of `dot` is relative to. */
export function dotOfSizes(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) * (b[i] as number));
  return sum;
}

/** The largest size; what is not finite has none. */
export function maxAbs(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (size < Infinity && size > most) most = size;
  }
  return most;
}

/** The first place where the bits of two lists differ, or one of them ends; NaN is one value. */
export function firstOtherBits(a: ArrayLike<number>, b: ArrayLike<number>): number | undefined {
  for (let i = 0; i < Math.max(a.length, b.length); i++)
    if (i >= a.length || i >= b.length || !Object.is(a[i], b[i])) return i;
  return undefined;
}

/** The first place where two lists are apart by more than a part of the largest number of the second, or of 1. */
export function firstApart(a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number): number | undefined {
  const most = tolerance * Math.max(1, maxAbs(b));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (!(Object.is(a[i], b[i]) || Math.abs((a[i] as number) - (b[i] as number)) <= most)) return i;
  }
  return undefined;
}

type NamedNumbers = Readonly<Record<string, ArrayLike<number>>>;

/** In words the first place where the bits of named tensors differ. */
export function firstDifference(a: NamedNumbers, b: NamedNumbers): string | undefined {
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [one, two] = [a[name], b[name]];
    if (one === undefined || two === undefined) return `${name} is there only once`;
    if (one.length !== two.length) return `${name} has ${one.length} and ${two.length} numbers`;
    const at = firstOtherBits(one, two);
    if (at !== undefined) return `${name}[${at}] is ${shown(one[at])} and ${shown(two[at])}`;
  }
  return undefined;
}

/** A number as text, in which the zeros differ. */
export const shown = (value: number | undefined): string => (Object.is(value, -0) ? "-0" : String(value));
