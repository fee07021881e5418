/** Mails as words. */
import { createRandom } from "../../runtime/index.js";

export interface Mail {
  readonly text: string;
  readonly words: readonly string[];
  readonly spam: boolean;
}

/** Words, signs that shout, and 0 for any number; the same line is in try.mjs. */
const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[a-z]{1,20}|[0-9]+|[$!?]/gu) ?? []).map((word) => (/^[0-9]/u.test(word) ? "0" : word));

/**
 * Subjects and bodies of a corpus in random order, each once. Of the other headers many tell by their dates, lists and routes which of
 * the corpus's folders a mail is from, which is not what is to be learned.
 */
export function readMails(corpus: readonly { readonly group: string; readonly text: string }[], seed: number): Mail[] {
  const mails = new Map<string, Mail>();
  for (const { group, text } of corpus) {
    const [head = "", ...body] = text.split(/\r?\n\r?\n/u);
    const subject = /^subject:(.*)$/imu.exec(head)?.[1] ?? "";
    const plain = body.join("\n").replace(/=\r?\n/gu, "").replace(/<[^>]*>|&\w+;/gu, " "); // prettier-ignore
    const words = wordsOf(`${subject}\n${plain}`);
    const key = words.slice(0, 50).join(" ");
    if (words.length > 0 && !mails.has(key)) {
      mails.set(key, { text: `${subject}\n${plain}`, words, spam: group.startsWith("spam") });
    }
  }
  return createRandom(seed).shuffle([...mails.values()]);
}

/** The words that are in most mails, by their numbers from 1 on; 0 is for all others. */
export function createVocabulary(mails: readonly Mail[], size: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { words } of mails) for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Map(order.slice(0, size - 1).map(([word], i) => [word, i + 1]));
}
