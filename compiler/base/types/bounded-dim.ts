/**
 * Arithmetic of dimensions within limits. Dimensions of a text nobody has looked at yet can grow without end (squares of
 * squares, sums multiplied out); everything that computes with them uses these functions, which give undefined where a
 * result is too large to be meant.
 */
import {
  addDims,
  ceilDim,
  type Dim,
  dimConstant,
  dimFactor,
  divideDims,
  type Factor,
  floorDim,
  isFloor,
  keyOf,
  mentions,
  multiplyDims,
  subtractDims,
} from "./dim.js";

const termLimit = 32;
const degreeLimit = 10;
const numeratorLimit = 2 ** 31;
const denominatorLimit = 2 ** 20;
const factorLimit = 128;

/** False where a dimension has too many terms, too high a degree or coefficients that are not exact. */
export function isWithinLimits({ terms }: Dim): boolean {
  return (
    terms.length <= termLimit &&
    terms.every(
      ({ numerator, denominator, powers }) =>
        Math.abs(numerator) <= numeratorLimit &&
        denominator <= denominatorLimit &&
        powers.reduce((sum, [, exponent]) => sum + Math.abs(exponent), 0) <= degreeLimit,
    )
  );
}

function bounded(dim: Dim | undefined): Dim | undefined {
  return dim !== undefined && isWithinLimits(dim) ? dim : undefined;
}

export function boundedAdd(a: Dim, b: Dim): Dim | undefined {
  return bounded(addDims(a, b));
}

export function boundedSubtract(a: Dim, b: Dim): Dim | undefined {
  return bounded(subtractDims(a, b));
}

export function boundedMultiply(a: Dim, b: Dim): Dim | undefined {
  return bounded(multiplyDims(a, b));
}

export function boundedDivide(a: Dim, b: Dim): Dim | undefined {
  return bounded(divideDims(a, b));
}

/** `floor(a / k)` of a quotient. */
export function boundedFloor(quotient: Dim): Dim | undefined {
  return boundedRounding(floorDim, quotient);
}

/** `ceil(a / k)`. */
export function boundedCeil(quotient: Dim): Dim | undefined {
  return boundedRounding(ceilDim, quotient);
}

/** The key of a floor has its parts in it, and would double where one stands in another twice. */
function boundedRounding(round: (dim: Dim) => Dim, quotient: Dim): Dim | undefined {
  const isShort = quotient.terms.every(({ powers }) => powers.every(([factor]) => keyOf(factor).length < factorLimit));
  return isWithinLimits(quotient) && isShort ? bounded(round(quotient)) : undefined;
}

/** Number of elements. */
export function boundedProduct(dims: readonly Dim[]): Dim | undefined {
  let product: Dim | undefined = dimConstant(1);
  for (const dim of dims) product = product && boundedMultiply(product, dim);
  return product;
}

/** Replaces symbols; undefined where a symbol that divides would become a sum, or the result is too large. */
export function boundedSubstitute(dim: Dim, replacements: ReadonlyMap<string, Dim>): Dim | undefined {
  if (!mentions(dim, replacements)) return dim;
  let sum: Dim | undefined = dimConstant(0);
  for (const { numerator, denominator, powers } of dim.terms) {
    let product = boundedDivide(dimConstant(numerator), dimConstant(denominator));
    for (const [factor, exponent] of powers) {
      const base = boundedFactor(factor, replacements);
      if (base === undefined) return undefined;
      for (let i = 0; i < Math.abs(exponent) && product !== undefined; i++) {
        product = exponent > 0 ? boundedMultiply(product, base) : boundedDivide(product, base);
      }
    }
    sum = sum && product && boundedAdd(sum, product);
  }
  return sum;
}

function boundedFactor(factor: Factor, replacements: ReadonlyMap<string, Dim>): Dim | undefined {
  const known = replacements.get(keyOf(factor));
  if (!isFloor(factor) || known !== undefined) return known ?? dimFactor(factor);
  const dividend = boundedSubstitute(factor.dividend, replacements);
  const divisor = boundedSubstitute(factor.divisor, replacements);
  const quotient = dividend && divisor && boundedDivide(dividend, divisor);
  return quotient && boundedFloor(quotient);
}

/** What `dim` divides by. */
export function divisorsOf(dim: Dim): Factor[] {
  return dim.terms.flatMap(({ powers }) => powers.filter(([, exponent]) => exponent < 0).map(([factor]) => factor));
}

/** Symbols among these: for each of them a product can stand there, but no sum. */
export const dividingSymbols = (dim: Dim): string[] =>
  divisorsOf(dim).flatMap((factor) => (isFloor(factor) ? [] : [factor]));

/** True where the dimension is whole for all sizes, as far as its form shows. */
export function isSurelyWhole({ terms }: Dim): boolean {
  return terms.every(({ denominator, powers }) => denominator === 1 && powers.every(([, exponent]) => exponent > 0));
}
