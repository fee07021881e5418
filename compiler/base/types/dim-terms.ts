/** Sums of terms in one normal form, which dimensions are (`dim.ts` has what is computed with them). */

export interface Dim {
  /** Normal form: sorted by key, no zero coefficients. */
  readonly terms: readonly DimTerm[];
  /** Canonical text; equal keys mean equal dimensions. */
  readonly key: string;
}

export interface DimTerm {
  readonly numerator: number;
  readonly denominator: number;
  /** Factor to exponent, sorted by the factor's key, exponents not zero. */
  readonly powers: readonly Power[];
}

export type Power = readonly [factor: Factor, exponent: number];

/** What dimensions are polynomials of: a symbol by its name, or what is rounded down. */
export type Factor = string | Floor;

/** `floor(dividend / divisor)`. */
export interface Floor {
  /** A polynomial with whole coefficients. */
  readonly dividend: Dim;
  /** One such term. */
  readonly divisor: Dim;
  /** Canonical text, `floor(T / 2)`: no name of a symbol, so equal keys mean equal factors. */
  readonly key: string;
}

export const isFloor = (factor: Factor): factor is Floor => typeof factor !== "string";

/** What replacements and facts of a factor are found by. */
export const keyOf = (factor: Factor): string => (isFloor(factor) ? factor.key : factor);

export function termKey(term: DimTerm): string {
  return term.powers.map(([factor, exponent]) => (exponent === 1 ? keyOf(factor) : `${keyOf(factor)}^${exponent}`)).join("*"); // prettier-ignore
}

export function multiplyTerms(a: DimTerm, b: DimTerm): DimTerm {
  const powers = new Map(a.powers.map((power) => [keyOf(power[0]), power]));
  for (const [factor, exponent] of b.powers) {
    const key = keyOf(factor);
    powers.set(key, [factor, (powers.get(key)?.[1] ?? 0) + exponent]);
  }
  return {
    numerator: a.numerator * b.numerator,
    denominator: a.denominator * b.denominator,
    powers: [...powers.values()].filter(([, exponent]) => exponent !== 0),
  };
}

export function normalize(terms: readonly DimTerm[]): Dim {
  const [only, ...others] = terms;
  if (only !== undefined && others.length === 0 && only.powers.length < 2) return ofOneTerm(only);
  const byKey = new Map<string, DimTerm>();
  for (const raw of terms) {
    const term: DimTerm = { ...raw, powers: [...raw.powers].sort(([a], [b]) => (keyOf(a) < keyOf(b) ? -1 : 1)) };
    const key = termKey(term);
    const previous = byKey.get(key);
    byKey.set(key, reduceFraction(previous === undefined ? term : sumOfLikeTerms(previous, term)));
  }
  const kept = [...byKey].filter(([, term]) => term.numerator !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    terms: kept.map(([, term]) => term),
    key: kept.map(([key, { numerator, denominator }]) => `${numerator}/${denominator}:${key}`).join("+"),
  };
}

/** As nearly all are, with nothing to sort. */
function ofOneTerm(term: DimTerm): Dim {
  if (term.numerator === 0) return { terms: [], key: "" };
  const reduced = reduceFraction(term);
  return { terms: [reduced], key: `${reduced.numerator}/${reduced.denominator}:${termKey(reduced)}` };
}

function sumOfLikeTerms(a: DimTerm, b: DimTerm): DimTerm {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
    powers: a.powers,
  };
}

function reduceFraction(term: DimTerm): DimTerm {
  const [a, b] = [Math.abs(term.numerator), Math.abs(term.denominator)];
  const divisor = greatestCommonDivisor(a, b) * Math.sign(term.denominator);
  return { numerator: term.numerator / divisor, denominator: term.denominator / divisor, powers: term.powers };
}

/** 1 of two zeros. Ends with NaN too, which numbers beyond the range of doubles lead to: bounded-dim.ts refuses them. */
export function greatestCommonDivisor(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a === 0 ? 1 : a;
}
