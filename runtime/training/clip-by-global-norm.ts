import type { TensorRecord } from "../module/compiled-module.js";

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
 * @throws RangeError for a `maxNorm` that is not above 0.
 */
export function clipByGlobalNorm(gradients: TensorRecord, maxNorm: number): number {
  if (!(maxNorm > 0)) throw new RangeError(`maxNorm must be above 0, got ${maxNorm}`);
  let squares = 0;
  for (const name in gradients) {
    const gradient = gradients[name]!;
    for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!;
  }
  const norm = Math.sqrt(squares);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1 && Number.isFinite(norm)) {
    for (const name in gradients) {
      const gradient = gradients[name]!;
      for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
    }
  }
  return norm;
}
