/**
 * Symbolic dimensions: Laurent polynomials with rational coefficients over named symbols.
 *
 * `4*H`, `I + H`, `H / N` are kept in one normal form, so two dimensions are equal for all sizes exactly when their
 * keys are equal: `N * (H / N)` is `H`. Division is by a monomial only (`divideDims`); that the quotient is whole for
 * the sizes at hand is an obligation of whoever divides.
 */
export interface Dim {
  /** Normal form: sorted by key, no zero coefficients. */
  readonly terms: readonly DimTerm[];
  /** Canonical text; equal keys mean equal dimensions. */
  readonly key: string;
}

interface DimTerm {
  readonly numerator: number;
  readonly denominator: number;
  /** Symbol to exponent, sorted by symbol, exponents not zero. */
  readonly powers: readonly (readonly [symbol: string, exponent: number])[];
}

/** What symbols begin with that are no names of a source: nobody can spell them, so they cannot collide. */
const MARK = "%";

/** The number of time steps of one example. */
export const TIME_SYMBOL = `${MARK}T`;
/** The number of examples of a call. Appears in kernels only: graphs are written for one example. */
export const BATCH_SYMBOL = `${MARK}B`;

/** Is it the examples or a sequence, and not a dimension that a source names? */
export const isBuiltIn = (symbol: string): boolean => symbol.startsWith(MARK);

/** Is it a sequence, which may have no steps? */
export const isSequence = (symbol: string): boolean => isBuiltIn(symbol) && symbol !== BATCH_SYMBOL;

/** As people write it: `T`, `S`. */
export const symbolName = (symbol: string): string => (isBuiltIn(symbol) ? symbol.slice(MARK.length) : symbol);

export function dimConstant(value: number): Dim {
  const known = smallConstants[value];
  if (known !== undefined) return known;
  const dim = normalize([{ numerator: value, denominator: 1, powers: [] }]);
  if (Number.isInteger(value) && value >= 0 && value < 4096) smallConstants[value] = dim;
  return dim;
}

/** Sizes of compiled cells are constants, and the same few again and again. */
const smallConstants: Dim[] = [];

export function dimSymbol(name: string): Dim {
  return normalize([{ numerator: 1, denominator: 1, powers: [[name, 1]] }]);
}

export function addDims(a: Dim, b: Dim): Dim {
  if (a.terms.length === 0) return b;
  if (b.terms.length === 0) return a;
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x !== undefined && y !== undefined && Number.isInteger(x) && Number.isInteger(y)) return dimConstant(x + y);
  return normalize([...a.terms, ...b.terms]);
}

export function subtractDims(a: Dim, b: Dim): Dim {
  return addDims(a, multiplyDims(dimConstant(-1), b));
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
    powers: divisor.powers.map(([symbol, exponent]) => [symbol, -exponent] as const),
  };
  return multiplyDims(a, normalize([inverse]));
}

export function equalDims(a: Dim, b: Dim): boolean {
  return a.key === b.key;
}

/** The value where the dimension is a plain number, else undefined. */
export function constantOf(dim: Dim): number | undefined {
  const [term, ...others] = dim.terms;
  if (term === undefined) return 0;
  if (others.length > 0 || term.powers.length > 0) return undefined;
  return term.numerator / term.denominator;
}

/** Symbols in order of their names. */
export function symbolsOf(dim: Dim): string[] {
  return [...new Set(dim.terms.flatMap((term) => term.powers.map(([symbol]) => symbol)))].sort();
}

/** Value under sizes for all symbols; may be fractional, which the caller reports as a division that leaves a rest. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const term of dim.terms) {
    let top = term.numerator;
    let bottom = term.denominator;
    for (const [symbol, exponent] of term.powers) {
      const size = sizes.get(symbol);
      if (size === undefined) throw new Error(`no size for dimension ${symbol} of ${printDim(dim)}`);
      if (exponent > 0) top *= size ** exponent;
      else bottom *= size ** -exponent;
    }
    sum += top / bottom;
  }
  return sum;
}

/** Replaces symbols by dimensions; symbols without a replacement stay. A symbol in a divisor needs a monomial. */
export function substituteDim(dim: Dim, replacements: ReadonlyMap<string, Dim>): Dim {
  if (!dim.terms.some((term) => term.powers.some(([symbol]) => replacements.has(symbol)))) return dim;
  let sum = dimConstant(0);
  for (const term of dim.terms) {
    let product = normalize([{ ...term, powers: [] }]);
    for (const [symbol, exponent] of term.powers) {
      const base = replacements.get(symbol) ?? dimSymbol(symbol);
      for (let i = 0; i < Math.abs(exponent); i++) {
        const next = exponent > 0 ? multiplyDims(product, base) : divideDims(product, base);
        if (next === undefined) throw new Error(`cannot divide by ${printDim(base)}`);
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
  // Highest degree first, constants last: `I + H - 1`.
  const ordered = [...dim.terms].sort((a, b) => degree(b) - degree(a) || (termKey(a) < termKey(b) ? -1 : 1));
  let text = "";
  for (const [position, term] of ordered.entries()) {
    const magnitude = printTerm({ ...term, numerator: Math.abs(term.numerator) });
    if (position === 0) text = term.numerator < 0 ? `-${magnitude}` : magnitude;
    else text += term.numerator < 0 ? ` - ${magnitude}` : ` + ${magnitude}`;
  }
  return text;
}

const ONE = dimConstant(1);
const ONE_KEY = "1/1:";

function degree(term: DimTerm): number {
  return term.powers.reduce((sum, [, exponent]) => sum + exponent, 0);
}

function printTerm(term: DimTerm): string {
  const top: string[] = [];
  const bottom: string[] = [];
  for (const [symbol, exponent] of term.powers) {
    for (let i = 0; i < Math.abs(exponent); i++) (exponent > 0 ? top : bottom).push(symbol);
  }
  if (term.numerator !== 1 || top.length === 0) top.unshift(String(term.numerator));
  if (term.denominator !== 1) bottom.unshift(String(term.denominator));
  const divisor = bottom.length > 1 ? `(${bottom.join("*")})` : bottom[0];
  return divisor === undefined ? top.join("*") : `${top.join("*")} / ${divisor}`;
}

function termKey(term: DimTerm): string {
  return term.powers.map(([symbol, exponent]) => (exponent === 1 ? symbol : `${symbol}^${exponent}`)).join("*");
}

function multiplyTerms(a: DimTerm, b: DimTerm): DimTerm {
  const powers = new Map(a.powers);
  for (const [symbol, exponent] of b.powers) powers.set(symbol, (powers.get(symbol) ?? 0) + exponent);
  return {
    numerator: a.numerator * b.numerator,
    denominator: a.denominator * b.denominator,
    powers: [...powers].filter(([, exponent]) => exponent !== 0),
  };
}

function normalize(terms: readonly DimTerm[]): Dim {
  const byKey = new Map<string, DimTerm>();
  for (const raw of terms) {
    const term: DimTerm = { ...raw, powers: [...raw.powers].sort(([a], [b]) => (a < b ? -1 : 1)) };
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

function sumOfLikeTerms(a: DimTerm, b: DimTerm): DimTerm {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
    powers: a.powers,
  };
}

function reduceFraction(term: DimTerm): DimTerm {
  let [a, b] = [Math.abs(term.numerator), Math.abs(term.denominator)];
  // Ends with NaN too, which numbers beyond the range of doubles lead to: bounded-dim.ts refuses them.
  while (b > 0) [a, b] = [b, a % b];
  const divisor = (a === 0 ? 1 : a) * Math.sign(term.denominator);
  return { numerator: term.numerator / divisor, denominator: term.denominator / divisor, powers: term.powers };
}
