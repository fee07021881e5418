/** From mails to a module that tells spam, beside a bag of words. `main.ts` runs it at full size. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, arrays, cosine, embedParams, train, type ModuleInstance } from "../../runtime/index.js";
import { follow } from "../shared/learn.js";
import { examples, runAlone, writeAll, type Say } from "../shared/project.js";
import { drawShadedTexts } from "../shared/svg.js";
import { logisticRegression } from "./bag-of-words.js";
import { createVocabulary, type Mail } from "./data.js";

export interface JobOptions {
  readonly mails: readonly Mail[];
  readonly dimensions: Readonly<Record<"V" | "E" | "H" | "A", number>>;
  /** Words of a mail that are read. */
  readonly most: number;
  readonly updates: number;
  readonly seed: number;
  readonly out: string;
  readonly say: Say;
}

/** Shares of held-out mails that are told right; and how far the written module, in a process of its own, is from this one. */
export type JobResult = Readonly<Record<"network" | "sameWords" | "allWords" | "difference", number>>;

export async function runJob({ mails, dimensions, most, updates, seed, out, say }: JobOptions): Promise<JobResult> {
  const cut = Math.round(mails.length / 5);
  const vocabulary = createVocabulary(mails.slice(cut), dimensions.V);
  const numbered = mails.map((mail) => ({ ...mail, all: mail.words.map((word) => vocabulary.get(word) ?? 0) }));
  const [test, learned] = [numbered.slice(0, cut), numbered.slice(cut)];
  type Numbered = (typeof test)[number];
  const first = ({ all }: Numbered): number[] => all.slice(0, most);
  const right = (p: readonly number[]): number => share(test.map(({ spam }, i) => p[i]! > 0.5 === spam));
  say(`${learned.length} mails to learn from, ${cut} held out, of which ${percent(share(test.map((mail) => mail.spam)))} are spam`); // prettier-ignore
  const spam = learned.map((mail) => mail.spam);
  const bag = (words: (mail: Numbered) => number[]): number =>
    right(logisticRegression(learned.map(words), spam, test.map(words), { words: dimensions.V, seed }));
  const [sameWords, allWords] = [bag(first), bag(({ all }) => all)];

  const module = await cell(readFileSync(join(examples, "spam", "spam.cell"), "utf8"), { dimensions });
  const batch = 32;
  const training = train({
    module,
    data: arrays({ words: learned.map(first), spam: spam.map(Number) }),
    optimizer: adam({ learningRate: cosine(0.004, { updates }) }),
    batch,
    shard: batch,
    updates,
    clip: { norm: 1 },
    seed,
  });
  await follow(training, Math.ceil(updates / 6), say);

  const net: ModuleInstance = module.instantiate({ sizes: { T: most } });
  net.setParams(training.instance.params);
  const tell = (mail: Numbered): { p: number; alpha: number[] } => {
    const words = first(mail);
    const { p, alpha } = net.forward({ words, sizes: { T: words.length } });
    return { p: p![0]!, alpha: [...alpha!] };
  };
  const network = right(test.map((mail) => tell(mail).p));
  say(`Told right of those held out: by the network, from the first ${most} words, ${percent(network)};`);
  say(`by logistic regression on a bag of these words ${percent(sameWords)}, of all words ${percent(allWords)}`);

  const shown = [true, false].flatMap((spam) => test.filter((mail) => mail.spam === spam).slice(0, 3));
  const texts = shown.map((mail) => {
    const { p, alpha } = tell(mail);
    const pieces = mail.words
      .slice(0, 60)
      .map((word, t) => ({ text: `${word} `, weight: alpha[t]! / Math.max(...alpha) }));
    return { label: `${mail.spam ? "spam" : "no spam"}, said to be spam with probability ${p.toFixed(4)}`, pieces };
  });
  writeAll(out, say, {
    "spam.mjs": embedParams(module.text, net.params),
    "words.json": JSON.stringify(Object.fromEntries(vocabulary)),
    "try.mjs": readFileSync(join(examples, "spam", "try.mjs"), "utf8"),
    "spam.svg": drawShadedTexts(
      "Where the network looks",
      "the stronger the ground, the more a word counts; held-out mails",
      texts,
    ),
  });
  const alone = await runAlone(join(out, "try.mjs"), [test[0]!.text]);
  say(`\nIn a process of its own it says of a held-out mail that is ${test[0]!.spam ? "" : "no "}spam:\n${alone}`);
  return {
    network,
    sameWords,
    allWords,
    difference: Math.abs(Number(/spam: (\S+)/u.exec(alone)?.[1]) - tell(test[0]!).p),
  };
}

const share = (told: readonly boolean[]): number => told.filter(Boolean).length / told.length;
const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
