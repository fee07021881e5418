/** Arithmetic of affine integer expressions. */
import { addDims, constantOf, type Dim, dimConstant, multiplyDims } from "../../base/types/dim.js";
import type { Access, Affine, LoopAxis, LoopExtent } from "./kernel-program.js";

/** Most dimensions here are plain numbers, for which the arithmetic of polynomials would take most of the time. */
const numbers = new Map<number, Dim>();

function fromNumber(value: number): Dim {
  let dim = numbers.get(value);
  if (dim === undefined) {
    dim = dimConstant(value);
    if (numbers.size < 10_000) numbers.set(value, dim);
  }
  return dim;
}

function plus(a: Dim, b: Dim): Dim {
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x === 0) return b;
  if (y === 0) return a;
  return x === undefined || y === undefined ? addDims(a, b) : fromNumber(x + y);
}

function times(a: Dim, b: Dim): Dim {
  const [x, y] = [constantOf(a), constantOf(b)];
  if (x === 1) return b;
  if (y === 1) return a;
  return x === undefined || y === undefined ? multiplyDims(a, b) : fromNumber(x * y);
}

export const ZERO = fromNumber(0);
export const ONE = fromNumber(1);

export function affineConstant(constant: Dim | number): Affine {
  return { constant: typeof constant === "number" ? fromNumber(constant) : constant, terms: [] };
}

export const AFFINE_ZERO = affineConstant(0);

export function affineVariable(variable: string): Affine {
  return { constant: ZERO, terms: [{ variable, coefficient: ONE }] };
}

export function addAffine(a: Affine, b: Affine): Affine {
  if (b.terms.length === 0) {
    return b.constant.terms.length === 0 ? a : { constant: plus(a.constant, b.constant), terms: a.terms };
  }
  const sums = new Map(a.terms.map((term) => [term.variable, term.coefficient]));
  for (const { variable, coefficient } of b.terms) {
    const known = sums.get(variable);
    sums.set(variable, known === undefined ? coefficient : plus(known, coefficient));
  }
  return { constant: plus(a.constant, b.constant), terms: sortTerms(sums) };
}

export function scaleAffine(a: Affine, factor: Dim): Affine {
  if (factor.terms.length === 0) return AFFINE_ZERO;
  if (factor.key === ONE.key) return a;
  return {
    constant: times(a.constant, factor),
    terms: a.terms.map(({ variable, coefficient }) => ({ variable, coefficient: times(coefficient, factor) })),
  };
}

export function subtractAffine(a: Affine, b: Affine): Affine {
  return addAffine(a, scaleAffine(b, fromNumber(-1)));
}

/** The value where it is a plain number. */
export function plainValue(a: Affine): number | undefined {
  return a.terms.length === 0 ? constantOf(a.constant) : undefined;
}

/** Does `value` change with `variable`? */
export function moves(value: Affine, variable: string): boolean {
  return value.terms.some((term) => term.variable === variable);
}

/** How often a loop runs, where that is a plain number. */
export function plainExtent(extent: LoopExtent): number | undefined {
  return extent.kind === "affine" ? plainValue(extent.value) : undefined;
}

/** Where the values of an axis begin and end, as far as the axis itself says it. */
export function endsOf({ extent, from }: LoopAxis): Affine[] {
  const end = extent.kind === "affine" ? extent.value : extent.kind === "part" ? extent.from : undefined;
  return [end, from].filter((value) => value !== undefined);
}

/** Equal keys mean equal values. */
export function affineKey(a: Affine): string {
  return `${a.constant.key}${a.terms.map((term) => `|${term.variable}:${term.coefficient.key}`).join("")}`;
}

export function accessKey(access: Access): string {
  return `${access.buffer}[${affineKey(access.offset)}]`;
}

/** Replaces variables by affine expressions. */
export function substituteAffine(a: Affine, replacements: ReadonlyMap<string, Affine>): Affine {
  if (!a.terms.some((term) => replacements.has(term.variable))) return a;
  let sum: Affine = { constant: a.constant, terms: a.terms.filter((term) => !replacements.has(term.variable)) };
  for (const { variable, coefficient } of a.terms) {
    const replacement = replacements.get(variable);
    if (replacement !== undefined) sum = addAffine(sum, scaleAffine(replacement, coefficient));
  }
  return sum;
}

function sortTerms(sums: ReadonlyMap<string, Dim>): { variable: string; coefficient: Dim }[] {
  return [...sums]
    .filter(([, coefficient]) => coefficient.terms.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([variable, coefficient]) => ({ variable, coefficient }));
}
