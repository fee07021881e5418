/** Words with how they are said, and how far a guess is from it. */
import { createRandom } from "../../runtime/index.js";

export interface Word {
  readonly text: string;
  readonly letters: readonly number[];
  /** Each way to say it, by the numbers of its phonemes, which are from 1 on. */
  readonly said: readonly (readonly number[])[];
}

export interface Words {
  readonly words: readonly Word[];
  /** Names by number; 0, the silence, has none. */
  readonly phonemes: readonly string[];
}

const letterOf = (letter: string): number => (letter === "'" ? 26 : letter.charCodeAt(0) - 97);

/** Words of 2 to 16 letters, without what tells stress from their phonemes, in random order. */
export function readWords(dictionary: Readonly<Record<string, string>>, seed: number): Words {
  const ways = new Map<string, string[][]>();
  for (const [key, way] of Object.entries(dictionary)) {
    const text = key.replace(/\(\d+\)$/u, ""); // `read(2)` is another way to say `read`
    const phonemes = way.replace(/ #.*|\d/gu, "").split(" ");
    if (/^[a-z][a-z']{1,15}$/u.test(text) && phonemes.length <= 16)
      ways.set(text, [...(ways.get(text) ?? []), phonemes]);
  }
  const phonemes = ["", ...[...new Set([...ways.values()].flat(2))].sort()];
  const words = [...ways].map(([text, said]) => ({
    text,
    letters: [...text].map(letterOf),
    said: said.map((way) => way.map((name) => phonemes.indexOf(name))),
  }));
  return { words: createRandom(seed).shuffle(words), phonemes };
}

/** The least number of phonemes to leave out, put in or change. */
export function distance(a: readonly number[], b: readonly number[]): number {
  let row = [0, ...b.keys()].map((_, j) => j);
  for (const [i, x] of a.entries()) {
    const next = [i + 1];
    for (const [j, y] of b.entries()) next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + Number(x !== y)));
    row = next;
  }
  return row.at(-1)!;
}

export interface Score {
  /** Phonemes left out, put in or changed, by phoneme. */
  readonly errors: number;
  /** The share of words without any. */
  readonly right: number;
}

/** Each guess is compared with the way of saying its word that it is nearest to. */
export function score(words: readonly Word[], guesses: readonly (readonly number[])[]): Score {
  let [errors, phonemes, right] = [0, 0, 0];
  for (const [i, { said }] of words.entries()) {
    const ways = said.map((way) => ({ wrong: distance(guesses[i]!, way), length: way.length }));
    const { wrong, length } = ways.reduce((a, b) => (b.wrong / b.length < a.wrong / a.length ? b : a));
    [errors, phonemes, right] = [errors + wrong, phonemes + length, right + Number(wrong === 0)];
  }
  return { errors: errors / phonemes, right: right / words.length };
}
