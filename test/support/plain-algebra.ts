/** Vectors and matrices as lists, for formulas that tests compare with. */
import { invariant } from "../../compiler/base/diagnostics/invariant.js";
import type { Matrix, Vector } from "./published-run.js";

export const zip = (a: Vector, b: Vector, f: (x: number, y: number) => number): number[] => {
  invariant(a.length === b.length, "two vectors of one length");
  return a.map((x, i) => f(x, b[i]!));
};
export const add = (a: Vector, b: Vector): number[] => zip(a, b, (x, y) => x + y);
export const times = (a: Vector, b: Vector): number[] => zip(a, b, (x, y) => x * y);
export const scale = (by: number, v: Vector): number[] => v.map((x) => by * x);
export const total = (v: Vector): number => v.reduce((sum, x) => sum + x, 0);
export const dot = (a: Vector, b: Vector): number => total(times(a, b));
export const apply = (A: Matrix, v: Vector): number[] => A.map((row) => dot(row, v));
export const transpose = (A: Matrix): number[][] => (A[0] ?? []).map((_, j) => A.map((row) => row[j]!));
export const product = (A: Matrix, B: Matrix): number[][] => A.map((row) => apply(transpose(B), row));
export const outer = (a: Vector, b: Vector): number[][] => a.map((x) => scale(x, b));
export const plus = (A: Matrix, B: Matrix): number[][] => A.map((row, i) => add(row, B[i]!));
export const scaled = (by: number, A: Matrix): number[][] => A.map((row) => scale(by, row));
export const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));
export const diagonal = (v: Vector): number[][] => v.map((x, i) => v.map((_, j) => (i === j ? x : 0)));
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** The sum of what `f` is for 0, …, n - 1. */
export const sumOver = (n: number, f: (i: number) => Vector, length: number): number[] =>
  range(n).reduce((sum, i) => add(sum, f(i)), new Array<number>(length).fill(0));

/** By Gauss and Jordan; the determinant, too. */
export function inverse(A: Matrix): { readonly inverse: number[][]; readonly det: number } {
  const n = A.length;
  const rows = A.map((row, i) => [...row, ...identity(n)[i]!]);
  let det = 1;
  for (let k = 0; k < n; k++) {
    const p = range(n)
      .slice(k)
      .reduce((best, i) => (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!) ? i : best), k);
    if (p !== k) {
      [rows[k], rows[p]] = [rows[p]!, rows[k]!];
      det = -det;
    }
    const pivot = rows[k]!;
    det *= pivot[k]!;
    rows[k] = scale(1 / pivot[k]!, pivot);
    for (let i = 0; i < n; i++) if (i !== k) rows[i] = add(rows[i]!, scale(-rows[i]![k]!, rows[k]!));
  }
  return { inverse: rows.map((row) => row.slice(n)), det };
}

/** By its series. */
export function exponential(A: Matrix): number[][] {
  let [term, sum] = [identity(A.length), identity(A.length)];
  for (let k = 1; k < 40; k++) {
    term = scaled(1 / k, product(term, A));
    sum = plus(sum, term);
  }
  return sum;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);
export const softplus = (x: number): number => Math.log(1 + Math.exp(x));
export const gelu = (x: number): number => {
  // The error function by its series.
  let [term, sum] = [x / Math.SQRT2, x / Math.SQRT2];
  for (let n = 1; n < 80; n++) {
    term *= -(x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return (x / 2) * (1 + (2 / Math.sqrt(Math.PI)) * sum);
};
export const unit = (v: Vector): number[] => scale(1 / Math.sqrt(dot(v, v)), v);
export const mean = (v: Vector): number => total(v) / v.length;
export const standardised = (v: Vector, eps: number): number[] => {
  const variance = mean(v.map((x) => x * x)) - mean(v) ** 2;
  return v.map((x) => (x - mean(v)) / Math.sqrt(variance + eps));
};
export const rmsNormed = (v: Vector, eps: number): number[] => scale(1 / Math.sqrt(dot(v, v) / v.length + eps), v);

export type Complex = readonly [re: number, im: number];
export const polar = (size: number, angle: number): Complex => [size * Math.cos(angle), size * Math.sin(angle)];
export const timesComplex = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
export const overComplex = ([a, b]: Complex, [c, d]: Complex): Complex => {
  const size = c * c + d * d;
  return [(a * c + b * d) / size, (b * c - a * d) / size];
};

/** What is between steps s and t, both without s and with t, multiplied element by element. */
export const decayed = (decays: Matrix, s: number, t: number): number[] =>
  decays.slice(s + 1, t + 1).reduce<number[]>(
    (all, own) => times(all, own),
    decays[0]!.map(() => 1),
  );

/** What is before each step mixed by taps of each channel, the newest first. */
export const convolved = (rows: Matrix, taps: Matrix, bias: Vector): number[][] =>
  rows.map((_, t) =>
    taps.reduce<number[]>((sum, tap, j) => (t < j ? sum : add(sum, times(tap, rows[t - j]!))), [...bias]),
  );
