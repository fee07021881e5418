/** Scores as logarithms of probabilities. */
import { exponentialOf, logarithmOf } from "./plain-logarithms.js";

/**
 * Of one row of scores, in double precision, in the order of the numbers. Logarithms of probabilities stay what they are, but for rounding.
 *
 * @throws TypeError where nothing can be chosen: a score is NaN or infinity, or none is above minus infinity.
 */
export function logProbabilities(where: string, scores: ArrayLike<number>, from: number, count: number): Float64Array {
  let most = -Infinity;
  for (let k = 0; k < count; k++) {
    const score = scores[from + k]!;
    if (Number.isNaN(score) || score === Infinity) throw new TypeError(`${where}: the score of ${k} is ${score}`);
    most = Math.max(most, score);
  }
  if (most === -Infinity) throw new TypeError(`${where}: all scores are -Infinity`);
  let sum = 0;
  for (let k = 0; k < count; k++) sum += exponentialOf(scores[from + k]! - most);
  const all = most + logarithmOf(sum);
  return Float64Array.from({ length: count }, (_, k) => scores[from + k]! - all);
}

/** So many numbers of those that can be, the likeliest first; of equal ones the smaller first. */
export function likeliest(logp: Float64Array, most: number): number[] {
  if (most >= logp.length) {
    return Array.from(logp.keys())
      .filter((k) => logp[k]! > -Infinity)
      .sort((a, b) => logp[b]! - logp[a]! || a - b);
  }
  const found: number[] = [];
  for (let k = 0; k < logp.length; k++) {
    if (logp[k] === -Infinity || (found.length === most && logp[k]! <= logp[found[most - 1]!]!)) continue;
    let at = found.length;
    while (at > 0 && logp[found[at - 1]!]! < logp[k]!) at--;
    found.splice(at, 0, k);
    if (found.length > most) found.pop();
  }
  return found;
}
