import { CallRangeError } from "../../base/errors.js";
import type { SparseRecord, TensorRecord } from "../../module/compiled-module.js";
import { checkRecord, checkTensors } from "../../base/arguments.js";
import { describe } from "../../base/options.js";
import { numbersByName } from "./rows.js";

/** Squares of numbers between these neither overflow nor lose digits below the smallest normal number. */
const squaresFrom = 1e-140;
const squaresUpTo = 1e140;

/**
 * Limits the length of a gradient, taken as one long vector over all its tensors.
 *
 *     norm = sqrt(sum of all g^2);  where norm > maxNorm:  g = g * maxNorm / (norm + 1e-6)
 *
 * Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013); the small
 * addend is PyTorch's, so that both give the same numbers.
 *
 * A gradient with a NaN or an infinity in it has no direction to keep: it is left as it is, and the norm that comes
 * back is not finite, which tells the caller to skip the step.
 *
 * @param gradients Changed in place.
 * @param maxNorm Above 0.
 * @returns The norm before clipping.
 * @throws TypeError where the gradients are no float arrays by name; RangeError for a `maxNorm` that is not above 0.
 */
export function clipByGlobalNorm(gradients: SparseRecord, maxNorm: number): number {
  const what = "gradients by name (those of backward, .params or .sparse)";
  checkRecord("clipByGlobalNorm", "the first argument", what, gradients);
  const numbers = numbersByName(gradients);
  checkTensors("clipByGlobalNorm", "the first argument", what, numbers);
  if (typeof maxNorm !== "number" || !(maxNorm > 0)) {
    throw new CallRangeError(`maxNorm must be a number above 0, got ${describe(maxNorm)}`);
  }
  const norm = globalNorm(numbers);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1 && Number.isFinite(norm)) {
    for (const name in numbers) {
      const gradient = numbers[name]!;
      for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
    }
  }
  return norm;
}

/** The length of the vector of all numbers, in float64. Where their squares would leave the range of float64, they are scaled first. */
export function globalNorm(gradients: TensorRecord): number {
  const norm = Math.sqrt(sumOfSquares(gradients, 1));
  if ((norm > squaresFrom && norm < squaresUpTo) || Number.isNaN(norm)) return norm;
  let largest = 0;
  for (const name in gradients) {
    const gradient = gradients[name]!;
    for (let i = 0; i < gradient.length; i++) largest = Math.max(largest, Math.abs(gradient[i]!));
  }
  return largest === 0 || largest === Infinity ? largest : largest * Math.sqrt(sumOfSquares(gradients, largest));
}

/** In four sums, of every fourth number: an order that four at a time can keep. */
function sumOfSquares(gradients: TensorRecord, unit: number): number {
  let squares = 0;
  for (const name in gradients) {
    const gradient = gradients[name]!;
    const whole = gradient.length - (gradient.length % 4);
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = 0; i < whole; i += 4) {
      const [w, x, y, z] = [gradient[i]! / unit, gradient[i + 1]! / unit, gradient[i + 2]! / unit, gradient[i + 3]! / unit]; // prettier-ignore
      a += w * w;
      b += x * x;
      c += y * y;
      d += z * z;
    }
    for (let i = whole; i < gradient.length; i++) a += (gradient[i]! / unit) * (gradient[i]! / unit);
    squares += a + b + (c + d);
  }
  return squares;
}
