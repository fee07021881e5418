/** What the network is measured by: a rule that copies letter by letter, each as it is said most often, alone or between its neighbours. */
import type { Word } from "./data.js";

type Cost = (letter: number, phonemes: readonly number[], off: number) => number;

/** None to two phonemes for each letter, in the cheapest way to share those of a word out; undefined where there are too many. */
function shareOut({ letters, said: [way = []] }: Word, cost: Cost): number[][] | undefined {
  const best = Array.from({ length: letters.length + 1 }, () => way.map(() => Infinity).concat(Infinity));
  const taken = best.map((row) => row.map(() => 0));
  best[0]![0] = 0;
  for (const [i, letter] of letters.entries()) {
    for (let j = 0; j <= way.length; j++) {
      for (let count = 0; count <= Math.min(2, way.length - j); count++) {
        const off = Math.abs((i + 1) / letters.length - (j + count) / way.length);
        const sum = best[i]![j]! + cost(letter, way.slice(j, j + count), off);
        if (sum < best[i + 1]![j + count]!) [best[i + 1]![j + count], taken[i + 1]![j + count]] = [sum, count];
      }
    }
  }
  if (best.at(-1)!.at(-1) === Infinity) return undefined;
  const parts: number[][] = [];
  for (let [i, j] = [letters.length, way.length]; i > 0; i--) {
    parts.unshift(way.slice(j - taken[i]![j]!, j));
    j -= taken[i]![j]!;
  }
  return parts;
}

const places = (letters: readonly number[], i: number): readonly string[] => [
  `${letters[i]}`,
  [letters[i - 1], letters[i], letters[i + 1]].join(" "),
];

/** Learns from words, and says others: by each letter alone, and by each letter between its neighbours. */
export function copyRule(
  learned: readonly Word[],
  others: readonly Word[],
): readonly [alone: number[][], between: number[][]] {
  let counts = new Map<string, Map<string, number>>();
  // At first one phoneme a letter, along the diagonal; then as the rounds before have found it.
  for (let round = 0; round < 4; round++) {
    const now = new Map<string, Map<string, number>>();
    const cost: Cost = (letter, phonemes, off) => {
      const of = counts.get(`${letter}`);
      return of ? -Math.log((of.get(phonemes.join(" ")) ?? 0) + 0.1) : off + Number(phonemes.length !== 1);
    };
    for (const word of learned) {
      for (const [i, part] of shareOut(word, cost)?.entries() ?? []) {
        for (const place of places(word.letters, i)) {
          const of = now.get(place) ?? new Map<string, number>();
          now.set(place, of.set(part.join(" "), (of.get(part.join(" ")) ?? 0) + 1));
        }
      }
    }
    counts = now;
  }
  const most = new Map([...counts].map(([place, of]) => [place, [...of].reduce((a, b) => (b[1] > a[1] ? b : a))[0]]));
  const say = (kind: 0 | 1): number[][] =>
    others.map(({ letters }) =>
      letters.flatMap((_, i) => {
        const [alone, between] = places(letters, i);
        const part = (kind === 1 ? most.get(between!) : undefined) ?? most.get(alone!) ?? "";
        return part === "" ? [] : part.split(" ").map(Number);
      }),
    );
  return [say(0), say(1)];
}
