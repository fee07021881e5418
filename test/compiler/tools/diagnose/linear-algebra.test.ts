import { describe, expect, it } from "vitest";
import { eigenvalues, spectralRadius } from "../../../../compiler/tools/diagnose/eigenvalues.js";
import {
  largestSingularValue,
  matrixMap,
  norm,
  orthonormalize,
  randomDirection,
} from "../../../../compiler/tools/diagnose/linear-algebra.js";
import { createRandom } from "../../../../runtime/index.js";

/** S D S⁻¹ for a random S, where D has the given diagonal blocks: a number, or [re, im] for a conjugate pair. */
function matrixWith(blocks: readonly (number | readonly [number, number])[], seed: number): [Float64Array, number] {
  const size = blocks.reduce<number>((sum, block) => sum + (typeof block === "number" ? 1 : 2), 0);
  let matrix = new Float64Array(size * size);
  let at = 0;
  for (const block of blocks) {
    if (typeof block === "number") matrix[at * size + at] = block;
    else {
      matrix[at * size + at] = matrix[(at + 1) * size + at + 1] = block[0];
      matrix[at * size + at + 1] = block[1];
      matrix[(at + 1) * size + at] = -block[1];
      at += 1;
    }
    at += 1;
  }
  // Similarity by shears, which have exact inverses: rows i += f j, columns j -= f i.
  const random = createRandom(seed);
  for (let n = 0; n < 4 * size; n++) {
    const i = random.integer(size);
    const j = random.integer(size);
    if (i === j) continue;
    const f = random.uniform(-0.5, 0.5);
    matrix = matrix.slice();
    for (let k = 0; k < size; k++) matrix[i * size + k]! += f * matrix[j * size + k]!;
    for (let k = 0; k < size; k++) matrix[k * size + j]! -= f * matrix[k * size + i]!;
  }
  return [matrix, size];
}

const sorted = (values: readonly { re: number; im: number }[]) =>
  [...values].sort((a, b) => a.re - b.re || a.im - b.im);

describe("eigenvalues", () => {
  it.each([1, 2, 3, 4])("of a matrix that was made from them, seed %i", (seed) => {
    const [matrix, size] = matrixWith([3, -2.5, [0.5, 2], 0.1, [-1, 0.25], 1.5, 0.9, [2, 1]], seed);
    const expected = [3, -2.5, 0.1, 1.5, 0.9].map((re) => ({ re, im: 0 }));
    for (const [re, im] of [
      [0.5, 2],
      [-1, 0.25],
      [2, 1],
    ] as const)
      expected.push({ re, im }, { re, im: -im });
    const found = sorted(eigenvalues(matrix, size));
    sorted(expected).forEach(({ re, im }, i) => {
      expect(found[i]!.re).toBeCloseTo(re, 7);
      expect(found[i]!.im).toBeCloseTo(im, 7);
    });
  });

  it("of small and special matrices", () => {
    expect(eigenvalues([], 0)).toEqual([]);
    expect(eigenvalues([5], 1)).toEqual([{ re: 5, im: 0 }]);
    expect(sorted(eigenvalues([2, 1, 1, 2], 2))).toEqual([
      { re: 1, im: 0 },
      { re: 3, im: 0 },
    ]);
    expect(spectralRadius(new Float64Array(25), 5)).toBe(0);
    // A cyclic shift: the roots of one, where unshifted and singly shifted iterations stand still.
    const shift = new Float64Array(49);
    for (let i = 0; i < 7; i++) shift[i * 7 + ((i + 1) % 7)] = 1;
    for (const { re, im } of eigenvalues(shift, 7)) expect(Math.hypot(re, im)).toBeCloseTo(1, 12);
    // A Jordan block, whose eigenvalue of multiplicity 4 rounding splits by about the fourth root of 1e-16.
    expect(spectralRadius([1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1], 4)).toBeCloseTo(1, 3);
  });

  it("keeps trace and sum of squares for a hundred rows, and the circular law", () => {
    const random = createRandom(3);
    const size = 100;
    const matrix = Float64Array.from({ length: size * size }, () => random.normal(1 / Math.sqrt(size)));
    const found = eigenvalues(matrix, size);
    let trace = 0;
    let squares = 0;
    for (let i = 0; i < size; i++) {
      trace += matrix[i * size + i]!;
      for (let j = 0; j < size; j++) squares += matrix[i * size + j]! * matrix[j * size + i]!;
    }
    expect(found.reduce((sum, { re }) => sum + re, 0)).toBeCloseTo(trace, 10);
    expect(found.reduce((sum, { re, im }) => sum + re * re - im * im, 0)).toBeCloseTo(squares, 10);
    expect(spectralRadius(matrix, size)).toBeGreaterThan(0.9);
    expect(spectralRadius(matrix, size)).toBeLessThan(1.2);
  });

  it.each(["close together", "of few whole numbers", "of very different sizes", "half zero"])(
    "converges and keeps the trace for matrices with elements or eigenvalues %s",
    (kind) => {
      for (let seed = 0; seed < 100; seed++) {
        const random = createRandom(seed);
        const size = 1 + random.integer(20);
        const entry = (i: number, j: number): number => {
          const unit = i === j ? 1 : 0;
          if (kind === "close together") return unit + random.normal(1e-9);
          if (kind === "of few whole numbers") return random.integer(3) - 1;
          if (kind === "half zero")
            return (i < size / 2 ? unit : 0) + (random.integer(3) === 0 ? random.normal(1e-3) : 0);
          return random.normal() * 10 ** random.uniform(-20, 5);
        };
        const matrix = Float64Array.from({ length: size * size }, (_, at) => entry(Math.floor(at / size), at % size));
        const trace = Array.from({ length: size }, (_, i) => matrix[i * size + i]!).reduce((sum, x) => sum + x, 0);
        const largest = matrix.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const found = eigenvalues(matrix, size);
        expect(found.length).toBe(size);
        const sum = found.reduce((total, { re }) => total + re, 0);
        expect(Math.abs(sum - trace), `seed ${seed}`).toBeLessThanOrEqual(1e-11 * largest * size);
      }
    },
  );

  it("refuses what has none", () => {
    expect(() => eigenvalues([1, NaN, 0, 1], 2)).toThrow(/not finite/u);
  });
});

describe("norms and directions", () => {
  it("norm neither overflows nor vanishes", () => {
    expect(norm(Float64Array.of(3e200, 4e200))).toBeCloseTo(5e200, -190);
    expect(norm(Float64Array.of(3e-200, 4e-200)) / 5e-200).toBeCloseTo(1, 12);
    expect(norm(new Float64Array(3))).toBe(0);
    expect(norm(Float64Array.of(1, NaN))).toBeNaN();
    expect(norm(Float64Array.of(1, -Infinity))).toBe(Infinity);
  });

  it("the largest singular value of a diagonal, a shear and a zero matrix", async () => {
    const random = createRandom(1);
    const value = (entries: readonly number[], size: number) =>
      largestSingularValue(matrixMap(Float64Array.from(entries), size), random, () => Promise.resolve());
    expect(await value([2, 0, 0, -3], 2)).toBeCloseTo(3, 8);
    // [[1, 1], [0, 1]] stretches by the golden ratio.
    expect(await value([1, 1, 0, 1], 2)).toBeCloseTo((1 + Math.sqrt(5)) / 2, 8);
    expect(await value([0, 0, 0, 0], 2)).toBe(0);
  });

  it("orthonormalize gives the diagonal of R, and a new direction for a dependent vector", () => {
    const random = createRandom(2);
    const a = Float64Array.of(3, 0, 4);
    const vectors = [a.slice(), a.map((entry) => 2 * entry), Float64Array.of(0, 2, 0)];
    expect(orthonormalize(vectors, random).map((r) => Math.round(r * 1e9) / 1e9)).toEqual([
      5,
      0,
      expect.any(Number) as number,
    ]);
    for (const [i, v] of vectors.entries()) {
      for (const [j, w] of vectors.entries()) {
        expect(v.reduce((sum, entry, k) => sum + entry * w[k]!, 0)).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
    expect(norm(randomDirection(10, random))).toBeCloseTo(1, 12);
  });
});
