/** What holds of dimensions for all sizes that symbols can stand for. */
import { divisorsOf, isSurelyWhole } from "./bounded-dim.js";
import {
  constantOf,
  divideDims,
  evaluateDim,
  symbolsOf,
  floorsOf,
  type Floor,
  addDims,
  type Dim,
  dimConstant,
  dimFactor,
  dimSymbol,
  keyOf,
  multiplyDims,
  type Power,
  substituteDim,
  subtractDims,
} from "./dim.js";

/** What is known of symbols before anything is proven. */
export interface Bounds {
  /** The least size of a symbol, which is never below 0. */
  readonly least: (symbol: string) => number;
  /** Dimensions that are at least 0, whatever the sizes. */
  readonly facts?: readonly Dim[];
  /** The same of what a proof takes as a symbol meanwhile, by its key. */
  readonly known?: ReadonlyMap<string, number>;
}

/** What holds where nothing else is said: every size is at least 1. */
export const plainBounds: Bounds = { least: () => 1 };

/** Coefficients that a proof may look at. */
const proofLimit = 4096;

/** True where `dim >= bound` holds for all sizes. False means "not proven". */
export function provenAtLeast(dim: Dim, bound: number, bounds: Bounds = plainBounds): boolean {
  const difference = addDims(subtractDims(dim, dimConstant(bound)), slackOf(dim));
  const raised = withLeast(bounds);
  if (isNeverNegative(difference, raised)) return true;
  return (bounds.facts ?? []).some((fact) => isNeverNegative(subtractDims(difference, fact), raised));
}

/** A fact `T - 3` is a least size of `T`, which proofs look into floors by. */
function withLeast(bounds: Bounds): Bounds {
  const raised = new Map<string, number>();
  for (const fact of bounds.facts ?? []) {
    const [symbol, ...others] = symbolsOf(fact);
    if (symbol === undefined || others.length > 0) continue;
    const beyond = constantOf(subtractDims(fact, dimSymbol(symbol)));
    if (beyond !== undefined) raised.set(symbol, Math.max(raised.get(symbol) ?? 0, Math.ceil(-beyond)));
  }
  if (raised.size === 0) return bounds;
  return { ...bounds, least: (symbol) => Math.max(bounds.least(symbol), raised.get(symbol) ?? 0) };
}

/** What is whole is at least 0 where it is above -1: how far below 0 that is in the steps of quotients of its floors. */
function slackOf(dim: Dim): Dim {
  const divisors = floorsOf(dim).map(({ divisor }) => constantOf(divisor) ?? 0);
  const steps = divisors.reduce((product, divisor) => product * Math.max(1, divisor), 1);
  if (steps === 1 || !(steps < 4096) || !isSurelyWhole(dim)) return ZERO;
  return divideDims(dimConstant(steps - 1), dimConstant(steps)) ?? ZERO;
}

const ZERO = dimConstant(0);

/** Floors that a proof looks into. */
const floorLimit = 4;

/**
 * A floor `f` of `a / k` is `(a - r) / k` with a rest `r` from 0 to `k - 1`: a proof may count the rest from below, or from
 * above, or take the floor as a symbol of its own.
 */
function isNeverNegative(difference: Dim, bounds: Bounds, looked = 0): boolean {
  const floor = floorsOf(difference).find(({ key }) => !bounds.known?.has(key));
  if (floor === undefined) return isNonNegativePolynomial(difference, bounds);
  if (looked === floorLimit) return false;
  const { dividend, divisor, key } = floor;
  const least = leastOf(dividend, bounds, looked + 1);
  const known = new Map(bounds.known).set(key, Math.floor((least ?? 0) / (constantOf(divisor) ?? Infinity)));
  if (least !== undefined && isNeverNegative(difference, { ...bounds, known }, looked + 1)) return true;
  const name = `rest of ${key}`;
  const rest = dimSymbol(name);
  const inner: Bounds = { ...bounds, known: new Map(bounds.known).set(name, 0) };
  return [rest, subtractDims(subtractDims(divisor, dimConstant(1)), rest)].some((own) => {
    const exact = divideDims(subtractDims(dividend, own), divisor);
    const replaced = exact && substituteOne(difference, floor, exact);
    return replaced !== undefined && isNeverNegative(replaced, inner, looked + 1);
  });
}

/** What it is surely at least, from 0 on. */
function leastOf(dim: Dim, bounds: Bounds, looked: number): number | undefined {
  const symbols = symbolsOf(dim);
  const smallest = evaluateDim(
    dim,
    new Map(symbols.map((symbol) => [symbol, bounds.known?.get(symbol) ?? bounds.least(symbol)])),
  );
  return [Math.floor(smallest), 0].find(
    (size) => size >= 0 && isNeverNegative(subtractDims(dim, dimConstant(size)), bounds, looked),
  );
}

/** Undefined where what is divided by would become a sum. */
function substituteOne(dim: Dim, { key }: Floor, by: Dim): Dim | undefined {
  return divisorsOf(dim).some((factor) => keyOf(factor) === key) ? undefined : substituteDim(dim, new Map([[key, by]]));
}

/** Whether no size of its symbols makes it smaller. */
export function isMonotone(dim: Dim, symbols: readonly string[], bounds: Bounds = plainBounds): boolean {
  return symbols.every((symbol) => {
    const grown = substituteDim(dim, new Map([[symbol, addDims(dimSymbol(symbol), dimConstant(1))]]));
    return provenAtLeast(subtractDims(grown, dim), 0, bounds);
  });
}

function isNonNegativePolynomial(difference: Dim, bounds: Bounds): boolean {
  const least = (key: string): number => bounds.known?.get(key) ?? bounds.least(key);
  const divisors = difference.terms.flatMap(({ powers }) => powers.filter(([, exponent]) => exponent < 0));
  if (divisors.some(([factor]) => least(keyOf(factor)) === 0)) return false;
  // A common monomial denominator is positive: multiply it away first.
  const { terms } = divisors.length === 0 ? difference : clearDenominators(difference, divisors);
  const scale = terms.reduce((product, { denominator }) => product * denominator, 1);
  if (!(scale <= 2 ** 20)) return false;
  const polynomial = terms.map(({ numerator, denominator, powers }) => ({
    factor: (numerator * scale) / denominator,
    powers: new Map(powers.map(([factor, exponent]) => [keyOf(factor), exponent])),
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

function clearDenominators(dim: Dim, divisors: readonly Power[]): Dim {
  const lowest = new Map<string, Power>();
  for (const [factor, exponent] of divisors) {
    const key = keyOf(factor);
    lowest.set(key, [factor, Math.min(lowest.get(key)?.[1] ?? 0, exponent)]);
  }
  let cleared = dim;
  for (const [factor, exponent] of lowest.values()) {
    for (let i = 0; i < -exponent; i++) cleared = multiplyDims(cleared, dimFactor(factor));
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
