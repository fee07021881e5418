/** What the network is measured by: how often which letter followed the last few. */

/**
 * The bits that an n-gram model takes for each letter of a text: `order - 1` letters before it foretell it, and where these were seldom seen,
 * fewer, by interpolated Kneser-Ney smoothing (R. Kneser, H. Ney, "Improved backing-off for m-gram language modeling", 1995).
 */
export function ngramBits(learned: string, text: string, order: number, letters: number): number[] {
  // followers[k]: what follows each k letters. Below the top a pair counts once for each letter that stands before it.
  const followers = Array.from({ length: order }, () => new Map<string, Map<string, number>>());
  const count = (k: number, before: string, letter: string): void => {
    const of = followers[k]!.get(before) ?? new Map<string, number>();
    followers[k]!.set(before, of.set(letter, (of.get(letter) ?? 0) + 1));
  };
  for (let i = order - 1; i < learned.length; i++) count(order - 1, learned.slice(i - order + 1, i), learned[i]!);
  for (let k = order - 1; k > 0; k--) {
    for (const [before, of] of followers[k]!) for (const letter of of.keys()) count(k - 1, before.slice(1), letter);
  }
  const sums = followers.map(
    (all) => new Map([...all].map(([before, of]) => [before, [...of.values()].reduce((a, b) => a + b)])),
  );
  const discounts = followers.map((all) => {
    const [once, twice] = [1, 2].map((n) => [...all.values()].reduce((sum, of) => sum + [...of.values()].filter((c) => c === n).length, 0)); // prettier-ignore
    return once! / (once! + 2 * twice!) || 0;
  });
  return Array.from(text, (letter, i) => {
    let p = 1 / letters;
    for (let k = 0; k < order && k <= i; k++) {
      const before = text.slice(i - k, i);
      const of = followers[k]!.get(before);
      if (of === undefined) break;
      const [seen, discount] = [of.get(letter) ?? 0, discounts[k]!];
      p = (Math.max(0, seen - discount) + discount * of.size * p) / sums[k]!.get(before)!;
    }
    return -Math.log2(p);
  });
}
