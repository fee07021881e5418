import { runInThisContext } from "node:vm";
import { readFileSync } from "node:fs";
import type { FloatType } from "../../../../compiler/base/math/expr.js";
import { evaluateFunction } from "../../../../compiler/base/math/evaluate.js";
import type { MathName } from "../../../../compiler/base/math/functions.js";
import { mathFunctions, mathNames } from "../../../../compiler/base/math/functions.js";
import { printInlined, printMathHelpers } from "../../../../compiler/base/math/print-js.js";

export type Compiled = Record<MathName, (...args: number[]) => number>;

/** The functions, each around the block that a generated module would hold. */
export function compileMath(dtype: FloatType, names: readonly MathName[] = mathNames): Compiled {
  const functions = names.map((name) => mathFunctions[name][dtype]);
  const members = functions.map((f) => {
    const params = f.params.map((p) => p.name);
    return `${f.name}(${params.join(", ")}) {\n${printInlined(f, params, "$result").join("\n")}\nreturn $result; }`;
  });
  const text = `"use strict";\n${printMathHelpers(functions)}\nreturn { ${members.join(", ")} };`;
  return runInThisContext(`(function () {${text}})()`) as Compiled;
}

/** The functions as the evaluator defines them. */
export function evaluated(name: MathName, dtype: FloatType): (...args: number[]) => number {
  return (...args) => evaluateFunction(mathFunctions[name][dtype], ...args);
}

interface Format {
  readonly precision: number;
  readonly smallestNormal: number;
  readonly largest: number;
}

export const formats: Record<FloatType, Format> = {
  f32: { precision: 24, smallestNormal: 2 ** -126, largest: (2 - 2 ** -23) * 2 ** 127 },
  f64: { precision: 53, smallestNormal: 2 ** -1022, largest: Number.MAX_VALUE },
};

const bits = new DataView(new ArrayBuffer(8));

/** floor(log2 |x|) of a normal float64. */
function exponentOf(x: number): number {
  bits.setFloat64(0, x);
  return ((bits.getInt32(0) >>> 20) & 2047) - 1023;
}

/** The size of a unit in the last place of `x`, which must be normal in the format. */
export function ulp(x: number, dtype: FloatType): number {
  return 2 ** (exponentOf(x) - formats[dtype].precision + 1);
}

export interface WorstError {
  /** In units in the last place, where the exact result is normal; infinite where NaN or an infinity is wrong. */
  ulp: number;
  at: readonly number[];
  /** Absolute, where the exact result is subnormal. */
  subnormal: number;
}

/** Collects the worst error of a function. The exact result is `high + low`. */
export class ErrorMeter {
  readonly worst: WorstError = { ulp: 0, at: [], subnormal: 0 };
  readonly dtype: FloatType;

  constructor(dtype: FloatType) {
    this.dtype = dtype;
  }

  add(got: number, high: number, low: number, ...args: readonly number[]): void {
    const { smallestNormal, largest } = formats[this.dtype];
    const size = Math.abs(high);
    if (!(size <= largest)) {
      const wanted = this.dtype === "f32" ? Math.fround(high) : high;
      if (!Object.is(got, wanted) && !(Math.abs(wanted) === Infinity && Math.abs(got) === largest)) this.#wrong(args);
    } else if (size < smallestNormal) {
      this.worst.subnormal = Math.max(this.worst.subnormal, Math.abs(got - high - low));
    } else {
      const error = Math.abs(got - high - low) / ulp(high, this.dtype);
      if (!(error <= this.worst.ulp)) {
        this.worst.ulp = Number.isNaN(error) ? Infinity : error;
        this.worst.at = args;
      }
    }
  }

  #wrong(args: readonly number[]): void {
    this.worst.ulp = Infinity;
    this.worst.at = args;
  }
}

export const float32 = new Float32Array(1);
const word32 = new Uint32Array(float32.buffer);

export function float32FromBits(pattern: number): number {
  word32[0] = pattern;
  return float32[0]!;
}

/** Every `stride`th of all 2^32 float32. */
export function sweepFloat32(stride: number, visit: (x: number) => void): void {
  for (let pattern = 0; pattern < 2 ** 32; pattern += stride) {
    word32[0] = pattern;
    visit(float32[0]!);
  }
}

/** The neighbours of x in its format, `count` on either side, and x. */
export function neighbours(x: number, dtype: FloatType, count: number): number[] {
  const step = ulp(x, dtype);
  return Array.from({ length: 2 * count + 1 }, (_, i) => x + (i - count) * step);
}

/** A reproducible sequence of numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** Rows of arguments followed by the exact value as `high, low`. */
export function readReferences(): Record<string, number[][]> {
  const text = readFileSync(new URL("./references.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { functions: Record<string, number[][]> }).functions;
}

/** Arguments where functions like to go wrong. */
export const awkward: readonly number[] = [
  0,
  1,
  0.5,
  2,
  3,
  0.25,
  1e-3,
  10,
  20,
  40,
  80,
  88.5,
  104,
  709,
  745,
  1e5,
  134217728,
  134217729,
  1e10,
  1e20,
  1e38,
  Math.PI,
  Math.SQRT2,
  Math.LN2,
  2 ** -126,
  2 ** -149,
  2 ** -130,
  2 ** -1022,
  2 ** -1074,
  2 ** 1023,
  Number.MAX_VALUE,
  Infinity,
  NaN,
].flatMap((x) => [x, -x]);

/** Arguments of every size, awkward ones first. */
export function argumentsFor(dtype: FloatType, count: number): number[] {
  const random = randomNumbers(7);
  const scales = dtype === "f32" ? 149 : 1074;
  const wide = Array.from({ length: count }, () => (random() * 2 - 1) * 2 ** ((random() * 2 - 1) * scales));
  const usual = Array.from({ length: count }, () => (random() * 2 - 1) * 2 ** (random() * 12 - 4));
  return [...awkward, ...wide, ...usual].map((x) => (dtype === "f32" ? Math.fround(x) : x));
}

/** Such arguments for a function; of two and more, also all pairs of awkward ones. */
export function argumentRows(name: MathName, dtype: FloatType, count: number): number[][] {
  const xs = argumentsFor(dtype, count);
  const { arity } = mathFunctions[name];
  if (arity === 1) return xs.map((x) => [x]);
  return [
    ...xs.map((x, i) => [x, xs[(i * 7 + 3) % xs.length]!, xs[(i * 5 + 1) % xs.length]!].slice(0, arity)),
    ...awkward.flatMap((x) => awkward.map((y) => [x, y, 1].slice(0, arity))),
  ].map((row) => row.map((x) => (dtype === "f32" ? Math.fround(x) : x)));
}
