/** What could be said without learning: figures that those of a network are looked at beside. */

/** Of numbers that are no longer than need be. */
const short = (value: number): string => String(Number(value.toPrecision(4)));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function countOf<Key>(keys: Iterable<Key>): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/**
 * Characters by how often they were, and by how often after the one before: where a pair was seldom seen, the first counts for as much as the
 * number of kinds that followed (I. Witten, T. Bell, "The zero-frequency problem", 1991).
 *
 * @param size Kinds of characters, those that were never seen among them as one.
 */
export function baselineOfCharacters(learned: readonly string[], text: readonly string[], size: number): string {
  const counts = countOf(learned);
  const followers = new Map<string, { readonly of: Map<string, number>; all: number }>();
  let before = "";
  for (const next of learned) {
    const own = followers.get(before) ?? { of: new Map<string, number>(), all: 0 };
    own.of.set(next, (own.of.get(next) ?? 0) + 1);
    own.all += 1;
    followers.set(before, own);
    before = next;
  }
  const alone = (next: string): number => ((counts.get(next) ?? 0) + 1) / (learned.length + size);
  const after = (own: string, next: string): number => {
    const seen = followers.get(own);
    if (seen === undefined) return alone(next);
    const { of, all } = seen;
    return ((of.get(next) ?? 0) + of.size * alone(next)) / (all + of.size);
  };
  const one = mean(text.map((next) => -Math.log(alone(next))));
  const two = mean(text.map((next, i) => -Math.log(after(text[i - 1] ?? "", next))));
  return `${short(one)} nats a character by how often each is, ${short(two)} by the one before it`;
}

/** That a value stays what it was. @param values One after the other, by what they are called. */
export function baselineOfValues(values: Readonly<Record<string, ArrayLike<number>>>): string {
  return Object.entries(values)
    .map(([name, own]) => {
      const all = Array.from(own);
      const steps = all.slice(1).map((value, i) => value - (all[i] ?? NaN));
      const [square, length] = [mean(steps.map((step) => step * step)), mean(steps.map(Math.abs))];
      return `where ${name} stays as it was, a squared error of ${short(square)} and an absolute one of ${short(length)}`;
    })
    .join("; ");
}

/** The class that is the most frequent of those learned from, and all by how often they were. @param nameOf What a number stands for. */
export function baselineOfClasses(
  learned: readonly number[],
  classes: readonly number[],
  nameOf: (label: number) => string,
): string {
  const counts = countOf(learned);
  const kinds = new Set([...learned, ...classes]).size;
  const most = [...counts].reduce((best, own) => (own[1] > best[1] ? own : best))[0];
  const right = mean(classes.map((own) => (own === most ? 100 : 0)));
  const nats = mean(classes.map((own) => -Math.log(((counts.get(own) ?? 0) + 1) / (learned.length + kinds))));
  return `always ${nameOf(most)} is right for ${short(right)} %; ${short(nats)} nats by how often each class is`;
}
