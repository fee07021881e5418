/** What holds of dimensions for all sizes that symbols can stand for. */
import {
  addDims,
  type Dim,
  dimConstant,
  dimSymbol,
  isSequence,
  multiplyDims,
  substituteDim,
  subtractDims,
} from "./dim.js";

/** What is known of symbols before anything is proven. */
export interface Bounds {
  /** The least size of a symbol, which is never below 0. */
  readonly least: (symbol: string) => number;
  /** Dimensions that are at least 0, whatever the sizes. */
  readonly facts?: readonly Dim[];
}

/** Sequences may have no steps, everything else has at least one entry. */
export const leastSize = (symbol: string): number => (isSequence(symbol) ? 0 : 1);

/** What holds where nothing else is said. */
export const plainBounds: Bounds = { least: leastSize };

/** Coefficients that a proof may look at. */
const proofLimit = 4096;

/** True where `dim >= bound` holds for all sizes. False means "not proven". */
export function provenAtLeast(dim: Dim, bound: number, bounds: Bounds = plainBounds): boolean {
  const difference = subtractDims(dim, dimConstant(bound));
  if (isNeverNegative(difference, bounds)) return true;
  return (bounds.facts ?? []).some((fact) => isNeverNegative(subtractDims(difference, fact), bounds));
}

/** Whether no size of its symbols makes it smaller. */
export function isMonotone(dim: Dim, symbols: readonly string[], bounds: Bounds = plainBounds): boolean {
  return symbols.every((symbol) => {
    const grown = substituteDim(dim, new Map([[symbol, addDims(dimSymbol(symbol), dimConstant(1))]]));
    return provenAtLeast(subtractDims(grown, dim), 0, bounds);
  });
}

function isNeverNegative(difference: Dim, { least }: Bounds): boolean {
  const divisors = difference.terms.flatMap(({ powers }) => powers.filter(([, exponent]) => exponent < 0));
  if (divisors.some(([symbol]) => least(symbol) === 0)) return false;
  // A common monomial denominator is positive: multiply it away first.
  const { terms } = divisors.length === 0 ? difference : clearDenominators(difference, divisors);
  const scale = terms.reduce((product, { denominator }) => product * denominator, 1);
  if (!(scale <= 2 ** 20)) return false;
  const polynomial = terms.map(({ numerator, denominator, powers }) => ({
    factor: (numerator * scale) / denominator,
    powers: new Map(powers),
  }));
  // Every symbol s is its least size and s' >= 0 more: a polynomial whose coefficients in s' are all non-negative is
  // non-negative. Only monomials that divide a negative term can have negative ones.
  let looked = 0;
  for (const { factor, powers } of polynomial) {
    if (factor >= 0) continue;
    for (const monomial of divisorsOfMonomial(powers)) {
      looked += 1;
      if (looked > proofLimit || shiftedCoefficient(polynomial, monomial, least) < 0) return false;
    }
  }
  return true;
}

function clearDenominators(dim: Dim, divisors: readonly (readonly [symbol: string, exponent: number])[]): Dim {
  const lowest = new Map<string, number>();
  for (const [symbol, exponent] of divisors) lowest.set(symbol, Math.min(lowest.get(symbol) ?? 0, exponent));
  let cleared = dim;
  for (const [symbol, exponent] of lowest) {
    for (let i = 0; i < -exponent; i++) cleared = multiplyDims(cleared, dimSymbol(symbol));
  }
  return cleared;
}

type Powers = ReadonlyMap<string, number>;

function* divisorsOfMonomial(powers: Powers): Generator<Powers> {
  const symbols = [...powers];
  const exponents = symbols.map(() => 0);
  for (;;) {
    yield new Map(symbols.map(([symbol], i) => [symbol, exponents[i] as number]));
    let place = 0;
    while (place < symbols.length && exponents[place] === symbols[place]?.[1]) exponents[place++] = 0;
    if (place === symbols.length) return;
    exponents[place] = (exponents[place] as number) + 1;
  }
}

/** The coefficient of a monomial in s' once every symbol s is written as its least size plus s'. */
function shiftedCoefficient(
  polynomial: readonly { readonly factor: number; readonly powers: Powers }[],
  monomial: Powers,
  least: (symbol: string) => number,
): number {
  let sum = 0;
  for (const { factor, powers } of polynomial) {
    let product = factor;
    for (const symbol of new Set([...powers.keys(), ...monomial.keys()])) {
      const [own, wanted] = [powers.get(symbol) ?? 0, monomial.get(symbol) ?? 0];
      // (m + s')^own has m^(own - wanted) of each choice of `wanted` factors s'; of m = 0 only s'^own is left.
      product *= choose(own, wanted) * least(symbol) ** Math.max(0, own - wanted);
    }
    sum += product;
  }
  return sum;
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 0; i < k; i++) result = (result * (n - i)) / (i + 1);
  return result;
}
