/** What the network is measured by: logistic regression on how often which words are in a mail, in any order. */
import { createRandom } from "../../runtime/index.js";

/** A mail as the logarithms of 1 + its counts of words, to the length 1. */
function bagOf(words: readonly number[]): readonly (readonly [word: number, value: number])[] {
  const counts = new Map<number, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const length = Math.hypot(...[...counts.values()].map(Math.log1p));
  return [...counts].map(([word, count]) => [word, Math.log1p(count) / length]);
}

/** Learns from mails by AdaGrad, one at a time, and gives how likely each of others is spam. */
export function logisticRegression(
  mails: readonly (readonly number[])[],
  spam: readonly boolean[],
  others: readonly (readonly number[])[],
  options: { readonly words: number; readonly seed: number },
): number[] {
  const weights = new Float64Array(options.words + 1);
  const squares = new Float64Array(options.words + 1).fill(1e-8);
  const bags = mails.map(bagOf);
  const bias = [options.words, 1] as const;
  const p = (bag: ReturnType<typeof bagOf>): number =>
    1 / (1 + Math.exp(-[...bag, bias].reduce((sum, [word, value]) => sum + weights[word]! * value, 0)));
  const random = createRandom(options.seed);
  for (let round = 0; round < 30; round++) {
    for (const i of random.shuffle([...bags.keys()])) {
      const miss = p(bags[i]!) - Number(spam[i]);
      for (const [word, value] of [...bags[i]!, bias]) {
        const slope = miss * value + 1e-5 * weights[word]!;
        squares[word]! += slope * slope;
        weights[word]! -= (0.5 * slope) / Math.sqrt(squares[word]!);
      }
    }
  }
  return others.map((words) => p(bagOf(words)));
}
