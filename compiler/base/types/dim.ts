/**
 * Symbolic dimensions: Laurent polynomials with rational coefficients over named symbols, and over floors of dimensions.
 *
 * `4*H`, `I + H`, `H / N` are kept in one normal form, so two dimensions are equal for all sizes exactly when their
 * keys are equal: `N * (H / N)` is `H`. Division is by a monomial only (`divideDims`); that the quotient is whole for
 * the sizes at hand is an obligation of whoever divides. What is rounded down, `floor(T / 2)`, is a factor of its own
 * (`floorDim`).
 */
import { InvariantError } from "../diagnostics/invariant.js";
import {
  type Dim,
  type DimTerm,
  type Factor,
  type Floor,
  greatestCommonDivisor,
  isFloor,
  keyOf,
  multiplyTerms,
  normalize,
  type Power,
  termKey,
} from "./dim-terms.js";

export { isFloor, keyOf };
export type { Dim, Factor, Floor, Power };

/** The name of a symbol, where only symbols can be: sizes that are rounded have symbols of their own in kernels. */
export function symbolOf(factor: Factor): string {
  if (isFloor(factor)) throw new InvariantError(`${factor.key} is no symbol`);
  return factor;
}

/** A symbol that is no name of a source: nobody can spell it there, so it cannot collide. What it stands for is told beside it. */
export const madeSymbol = (word: string): string => `%${word}`;

/** The number of steps of a cell in one example. */
export const TIME_SYMBOL = madeSymbol("T");
/** The number of examples of a call. Appears in kernels only: graphs are written for one example. */
export const BATCH_SYMBOL = madeSymbol("B");

export function dimConstant(value: number): Dim {
  const known = smallConstants[value];
  if (known !== undefined) return known;
  const dim = normalize([{ numerator: value, denominator: 1, powers: [] }]);
  if (Number.isInteger(value) && value >= 0 && value < 4096) smallConstants[value] = dim;
  return dim;
}

/** Sizes of compiled cells are constants, and the same few again and again. */
const smallConstants: Dim[] = [];

export const dimSymbol = (name: string): Dim => dimFactor(name);

export function dimFactor(factor: Factor): Dim {
  return normalize([{ numerator: 1, denominator: 1, powers: [[factor, 1]] }]);
}

export function addDims(a: Dim, b: Dim): Dim {
  if (a.terms.length === 0) return b;
  if (b.terms.length === 0) return a;
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== undefined && y !== undefined && Number.isInteger(x) && Number.isInteger(y)) return dimConstant(x + y);
  return normalize([...a.terms, ...b.terms]);
}

export function subtractDims(a: Dim, b: Dim): Dim {
  return addDims(a, negate(b));
}

export function multiplyDims(a: Dim, b: Dim): Dim {
  if (a.key === ONE_KEY) return b;
  if (b.key === ONE_KEY) return a;
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== undefined && y !== undefined && Number.isInteger(x) && Number.isInteger(y)) return dimConstant(x * y);
  return normalize(a.terms.flatMap((x) => b.terms.map((y) => multiplyTerms(x, y))));
}

/** `a / b` where `b` is a monomial (`N`, `2*N`, `4`); undefined where `b` is a sum or zero. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const divisor = b.terms[0];
  if (divisor === undefined || b.terms.length !== 1) return a.key === b.key && b.terms.length > 0 ? ONE : undefined;
  const inverse: DimTerm = {
    numerator: divisor.denominator,
    denominator: divisor.numerator,
    powers: divisor.powers.map(([factor, exponent]) => [factor, -exponent] as const),
  };
  return multiplyDims(a, normalize([inverse]));
}

export const equalDims = (a: Dim, b: Dim): boolean => a.key === b.key;

/** The value where the dimension is a plain number, else undefined. */
export function constantOf(dim: Dim): number | undefined {
  const [term, ...others] = dim.terms;
  if (term === undefined) return 0;
  if (others.length > 0 || term.powers.length > 0) return undefined;
  return term.numerator / term.denominator;
}

/** Symbols in order of their names, also those in floors. */
export function symbolsOf(dim: Dim): string[] {
  const [factor, ...others] = factorsOf(dim);
  if (factor === undefined) return [];
  if (others.length === 0 && !isFloor(factor)) return [factor];
  return [...new Set([factor, ...others].flatMap(symbolsIn))].sort();
}

const symbolsIn = (factor: Factor): readonly string[] =>
  isFloor(factor) ? [...symbolsOf(factor.dividend), ...symbolsOf(factor.divisor)] : [factor];

/** Symbols and floors that it is a polynomial of, in order of their keys. */
export function factorsOf(dim: Dim): Factor[] {
  const [term, ...others] = dim.terms;
  // Nearly all are numbers or one size.
  if (term === undefined) return [];
  if (others.length === 0 && term.powers.length < 2) return term.powers.map(([factor]) => factor);
  const byKey = new Map(dim.terms.flatMap(({ powers }) => powers.map(([factor]) => [keyOf(factor), factor] as const)));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, factor]) => factor);
}

export const floorsOf = (dim: Dim): Floor[] => factorsOf(dim).filter(isFloor);

/**
 * The dimension rounded down: what is whole of it as it stands, and a factor for the floor of the rest.
 *
 * `floor(q + b)` is `floor(q) + b` for a whole `b`, `floor(floor(q) / n)` is `floor(q / n)`, and of `floor(a / k)` and
 * `-floor((k - 1 - a) / k)`, which are the same, the one with smaller coefficients stands for both: so the two halves of
 * `T`, one rounded down and one up, are `T` together.
 */
export function floorDim(dim: Dim): Dim {
  const merged = withoutInnerFloor(dim);
  if (merged !== undefined) return merged;
  const { whole, rest } = splitWhole(dim);
  if (rest.terms.length === 0) return whole;
  const turned = turnedRound(rest);
  const other = turned && splitWhole(turned);
  if (other !== undefined && isSmaller(other.rest, rest)) return subtractDims(whole, floorDim(addDims(other.whole, other.rest))); // prettier-ignore
  return addDims(whole, dimFactor(floorFactor(rest)));
}

function floorFactor(rest: Dim): Floor {
  const divisor = commonDivisor(rest);
  const dividend = multiplyDims(rest, divisor);
  const [over, under] = [dividend, divisor].map(printFactor);
  return { dividend, divisor, key: `floor(${over ?? ""} / ${under ?? ""})` };
}

/** `q'` with `floor(q) = -floor(q')`; undefined where the divisor is no number. */
function turnedRound(quotient: Dim): Dim | undefined {
  if (!isPolynomial(quotient)) return undefined;
  const steps = commonDenominator(quotient.terms);
  return subtractDims(normalize([{ numerator: steps - 1, denominator: steps, powers: [] }]), quotient);
}

const isPolynomial = ({ terms }: Dim): boolean =>
  terms.every(({ powers }) => powers.every(([, exponent]) => exponent > 0));

function isSmaller(a: Dim, b: Dim): boolean {
  const sizeOf = ({ terms }: Dim, ofConstant: boolean): number =>
    terms.reduce((sum, { numerator, denominator, powers }) => (powers.length === 0) === ofConstant ? sum + numerator / denominator : sum, 0); // prettier-ignore
  const distance = sizeOf(a, false) - sizeOf(b, false);
  return Math.abs(distance) > 1e-9 ? distance < 0 : sizeOf(a, true) < sizeOf(b, true) - 1e-9;
}

/** `ceil(a / k)` for whole `a` and `k`. */
export const ceilDim = (dim: Dim): Dim => negate(floorDim(negate(dim)));

/** The terms that are whole for all sizes, and others with coefficients from 0 up to 1. */
function splitWhole(dim: Dim): { readonly whole: Dim; readonly rest: Dim } {
  const [whole, rest]: [DimTerm[], DimTerm[]] = [[], []];
  for (const term of dim.terms) {
    const { numerator, denominator, powers } = term;
    if (powers.some(([, exponent]) => exponent < 0)) rest.push(term);
    else {
      const times = Math.floor(numerator / denominator);
      whole.push({ numerator: times, denominator: 1, powers });
      rest.push({ ...term, numerator: numerator - times * denominator });
    }
  }
  return { whole: normalize(whole), rest: withRoundedConstant(normalize(rest)) };
}

/** `floor((2*T + 1) / 4)` is `floor(T / 2)`: a constant counts in steps of the others' common denominator. */
function withRoundedConstant(rest: Dim): Dim {
  const others = rest.terms.filter(({ powers }) => powers.length > 0);
  const constant = rest.terms.find(({ powers }) => powers.length === 0);
  if (constant === undefined || others.some(({ powers }) => powers.some(([, exponent]) => exponent < 0))) return rest;
  const step = commonDenominator(others);
  const steps = Math.floor((constant.numerator * step) / constant.denominator);
  return normalize([...others, { numerator: steps, denominator: step, powers: [] }]);
}

/** The floor of `floor(q) / n + b`, where all of `n * b` is whole and `b` has no floors: that of `q / n + b`. */
function withoutInnerFloor(dim: Dim): Dim | undefined {
  const [term, ...more] = dim.terms.filter(({ powers }) => powers.some(([factor]) => isFloor(factor)));
  if (term === undefined || more.length > 0) return undefined;
  const [own, ...others] = term.powers.filter(([, exponent]) => exponent > 0);
  if (own === undefined || own[1] !== 1 || others.length > 0 || !isFloor(own[0])) return undefined;
  const floor = dimFactor(own[0]);
  const quotient = divideDims(own[0].dividend, own[0].divisor);
  if (quotient === undefined) return undefined;
  const beside = normalize(dim.terms.filter((one) => one !== term));
  const factor: Dim = normalize([{ ...term, powers: term.powers.filter((power) => power !== own) }]);
  const turned = isPolynomial(factor) ? turnedRound(quotient) : undefined;
  const asItIs = (): Dim | undefined => mergedFloor(floor, factor, quotient, beside);
  const asRoundedUp = (): Dim | undefined => turned && mergedFloor(negate(floor), negate(factor), turned, beside);
  // What is taken away is added to what is above it: so the half of a half that is rounded up is a quarter.
  return term.numerator < 0 ? (asRoundedUp() ?? asItIs()) : (asItIs() ?? asRoundedUp());
}

const negate = (dim: Dim): Dim => multiplyDims(dimConstant(-1), dim);

/** Of `factor * value + beside`, where `value` is the floor of `quotient`. */
function mergedFloor(value: Dim, factor: Dim, quotient: Dim, beside: Dim): Dim | undefined {
  const [{ numerator, denominator, powers } = { numerator: 0, denominator: 1, powers: [] }] = factor.terms;
  const times = powers.length > 0 ? 0 : Math.floor(numerator / denominator);
  if (numerator - times * denominator !== 1 || (denominator === 1 && powers.length === 0)) return undefined;
  const part = subtractDims(factor, dimConstant(times));
  const count = divideDims(ONE, part);
  const isWhole = count !== undefined && isPolynomial(count) && isWholePolynomial(multiplyDims(beside, count));
  if (!isWhole) return undefined;
  return addDims(multiplyDims(dimConstant(times), value), floorDim(addDims(multiplyDims(quotient, part), beside)));
}

const isWholePolynomial = (dim: Dim): boolean =>
  isPolynomial(dim) && dim.terms.every(({ denominator }) => denominator === 1);

/** A term that makes all of it whole. */
export function commonDivisor(dim: Dim): Dim {
  const lowest = new Map<string, Power>();
  for (const { powers } of dim.terms) {
    for (const [factor, exponent] of powers) {
      const key = keyOf(factor);
      if (exponent < 0) lowest.set(key, [factor, Math.max(lowest.get(key)?.[1] ?? 0, -exponent)]);
    }
  }
  return normalize([{ numerator: commonDenominator(dim.terms), denominator: 1, powers: [...lowest.values()] }]);
}

/** The least common multiple of denominators. */
function commonDenominator(terms: Dim["terms"]): number {
  return terms.reduce((product, { denominator }) => (product / greatestCommonDivisor(product, denominator)) * denominator, 1); // prettier-ignore
}

/** Value under sizes for all symbols; may be fractional, which the caller reports as a division that leaves a rest. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const term of dim.terms) {
    let top = term.numerator;
    let bottom = term.denominator;
    for (const [factor, exponent] of term.powers) {
      const size = isFloor(factor) ? floorValue(factor, sizes) : sizes.get(factor);
      if (size === undefined) throw new InvariantError(`no size for dimension ${keyOf(factor)} of ${printDim(dim)}`);
      if (exponent > 0) top *= size ** exponent;
      else bottom *= size ** -exponent;
    }
    sum += top / bottom;
  }
  return sum;
}

const floorValue = ({ dividend, divisor }: Floor, sizes: ReadonlyMap<string, number>): number =>
  Math.floor(evaluateDim(dividend, sizes) / evaluateDim(divisor, sizes));

/** Whether one of the symbols is in it, or one of the floors as it stands, by its key. */
export function mentions(dim: Dim, keys: { has: (key: string) => boolean }): boolean {
  return factorsOf(dim).some((factor) => keys.has(keyOf(factor)) || (isFloor(factor) && symbolsIn(factor).some((s) => keys.has(s)))); // prettier-ignore
}

/** The factor under replacements of symbols, or of what it is itself. */
function substituteFactor(factor: Factor, replacements: ReadonlyMap<string, Dim>): Dim {
  const known = replacements.get(keyOf(factor));
  if (!isFloor(factor) || known !== undefined) return known ?? dimFactor(factor);
  const [dividend, divisor] = [factor.dividend, factor.divisor].map((part) => substituteDim(part, replacements)) as [Dim, Dim]; // prettier-ignore
  const quotient = divideDims(dividend, divisor);
  if (quotient === undefined) throw new InvariantError(`cannot divide by ${printDim(divisor)}`);
  return floorDim(quotient);
}

/** Replaces symbols, and floors by their keys, by dimensions; others stay. A symbol in a divisor needs a monomial. */
export function substituteDim(dim: Dim, replacements: ReadonlyMap<string, Dim>): Dim {
  if (!mentions(dim, replacements)) return dim;
  let sum = dimConstant(0);
  for (const term of dim.terms) {
    let product = normalize([{ ...term, powers: [] }]);
    for (const [factor, exponent] of term.powers) {
      const base = substituteFactor(factor, replacements);
      for (let i = 0; i < Math.abs(exponent); i++) {
        const next = exponent > 0 ? multiplyDims(product, base) : divideDims(product, base);
        if (next === undefined) throw new InvariantError(`cannot divide by ${printDim(base)}`);
        product = next;
      }
    }
    sum = addDims(sum, product);
  }
  return sum;
}

/** As the language writes it: `4*H`, `I + H - 1`, `H / N`. */
export function printDim(dim: Dim): string {
  if (dim.terms.length === 0) return "0";
  let text = "";
  for (const [position, term] of termsInOrder(dim).entries()) {
    const magnitude = printTerm({ ...term, numerator: Math.abs(term.numerator) });
    if (position === 0) text = term.numerator < 0 ? `-${magnitude}` : magnitude;
    else text += term.numerator < 0 ? ` - ${magnitude}` : ` + ${magnitude}`;
  }
  return text;
}

/** As a part of a quotient, or after `mod`: `(L + 1)`, and what is spelled in one word without parentheses, `H`. */
export const printFactor = (dim: Dim): string => (isSymbolOrNumber(dim) ? printDim(dim) : `(${printDim(dim)})`);

export const isSymbolOrNumber = ({ terms: [term, ...others] }: Dim): boolean =>
  term === undefined || (others.length === 0 && term.denominator === 1 && (term.powers.length === 0 || isOnce(term)));

const isOnce = ({ numerator, powers: [power, ...more] }: DimTerm): boolean =>
  numerator === 1 && power?.[1] === 1 && more.length === 0 && !isFloor(power[0]);

/** Highest degree first, constants last: `I + H - 1`. */
export const termsInOrder = ({ terms }: Dim): readonly DimTerm[] =>
  [...terms].sort((a, b) => degree(b) - degree(a) || (termKey(a) < termKey(b) ? -1 : 1));

const ONE = dimConstant(1);
const ONE_KEY = "1/1:";

const degree = (term: DimTerm): number => term.powers.reduce((sum, [, exponent]) => sum + exponent, 0);

function printTerm(term: DimTerm): string {
  const top: string[] = [];
  const bottom: string[] = [];
  for (const [factor, exponent] of term.powers) {
    for (let i = 0; i < Math.abs(exponent); i++) (exponent > 0 ? top : bottom).push(keyOf(factor));
  }
  if (term.numerator !== 1 || top.length === 0) top.unshift(String(term.numerator));
  if (term.denominator !== 1) bottom.unshift(String(term.denominator));
  const divisor = bottom.length > 1 ? `(${bottom.join("*")})` : bottom[0];
  return divisor === undefined ? top.join("*") : `${top.join("*")} / ${divisor}`;
}
