/** Norms and orthonormal vectors, for matrices that are known by what they do to a vector. */
import type { Random } from "../../../runtime/base/random.js";
import type { Turn } from "../../driver/turns.js";

export function norm(vector: Float64Array): number {
  // Scaled, so that squares neither overflow nor vanish.
  let largest = 0;
  for (const entry of vector) {
    const size = Math.abs(entry);
    if (size > largest || Number.isNaN(size)) largest = size;
  }
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const entry of vector) sum += (entry / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** A direction of length 1, each as likely as any other. */
export function randomDirection(length: number, random: Random): Float64Array {
  const vector = Float64Array.from({ length }, () => random.normal());
  const size = norm(vector);
  return vector.map((entry) => entry / size);
}

/** A direction shorter than this part of the longest is rounding, not direction. */
const negligible = 1e-13;

/**
 * Makes `vectors` orthonormal in place, first to last, and returns their lengths beyond those before them: the diagonal of
 * R in a QR decomposition. One without anything new gives 0 and becomes a random direction.
 */
export function orthonormalize(vectors: readonly Float64Array[], random: Random): number[] {
  const longest = vectors.reduce((most, vector) => Math.max(most, norm(vector)), 0);
  return vectors.map((vector, i) => {
    const others = vectors.slice(0, i);
    removeComponents(vector, others);
    const length = norm(vector);
    if (length > negligible * longest) {
      divide(vector, length);
      return length;
    }
    do {
      vector.set(randomDirection(vector.length, random));
      removeComponents(vector, others);
    } while (norm(vector) < 1e-3);
    divide(vector, norm(vector));
    return 0;
  });
}

/** Twice, because what cancellation leaves of the others after the first time may be as large as the vector itself. */
function removeComponents(vector: Float64Array, units: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) for (const unit of units) removeComponent(vector, unit);
}

export function removeComponent(vector: Float64Array, unit: Float64Array): number {
  let product = 0;
  for (let i = 0; i < vector.length; i++) product += (vector[i] as number) * (unit[i] as number);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - product * (unit[i] as number);
  return product;
}

function divide(vector: Float64Array, length: number): void {
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
}

export interface LinearMap {
  readonly size: number;
  apply(vector: Float64Array): Float64Array;
  applyTransposed(vector: Float64Array): Float64Array;
}

/** A row-major matrix as a map. */
export function matrixMap(matrix: Float64Array, size: number): LinearMap {
  return {
    size,
    apply: (x) =>
      Float64Array.from({ length: size }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += (matrix[i * size + j] as number) * (x[j] as number);
        return sum;
      }),
    applyTransposed: (x) => {
      const result = new Float64Array(size);
      for (let i = 0; i < size; i++) {
        const factor = x[i] as number;
        for (let j = 0; j < size; j++) result[j] = (result[j] as number) + factor * (matrix[i * size + j] as number);
      }
      return result;
    },
  };
}

/**
 * The largest singular value, by power iteration on AᵀA. It rises towards the true one and stops where it no longer
 * does by a relative 1e-9; two values that lie closer together than that are not told apart, nor do they need to be.
 */
export async function largestSingularValue(map: LinearMap, random: Random, turn: Turn): Promise<number> {
  let direction = randomDirection(map.size, random);
  let value = 0;
  for (let i = 0; i < 1000; i++) {
    const image = map.apply(direction);
    await turn();
    const next = norm(image);
    if (next === 0 || !Number.isFinite(next)) return next;
    if (Math.abs(next - value) <= 1e-9 * next && i > 2) return next;
    value = next;
    direction = map.applyTransposed(image);
    const size = norm(direction);
    if (size === 0) return value;
    divide(direction, size);
  }
  return value;
}
