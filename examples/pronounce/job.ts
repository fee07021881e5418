/** From a dictionary to a module that says words. `main.ts` runs it at full size. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, beam, cosine, embedParams, train, type DataSource, type ModuleInstance } from "../../runtime/index.js";
import { follow } from "../shared/learn.js";
import { examples, runAlone, writeAll, type Say } from "../shared/project.js";
import { drawGrids } from "../shared/svg.js";
import { copyRule } from "./copy-rule.js";
import { score, type Score, type Word, type Words } from "./data.js";

export interface JobOptions extends Words {
  /** How many of the words are held out, and how many of those are said by beams, too. */
  readonly heldOut: number;
  readonly beamed: number;
  readonly dimensions: Readonly<Record<"E" | "H" | "A", number>>;
  readonly batch: number;
  readonly updates: number;
  readonly seed: number;
  readonly out: string;
  readonly say: Say;
}

/** How well words are said; and whether the written module, in a process of its own, says them as here. */
export interface JobResult extends Readonly<Record<"alone" | "between" | "greedy" | "greedyFew" | "beamFew", Score>> {
  readonly same: boolean;
}

/** Phonemes of a word at most. */
const N = 20;

export async function runJob(options: JobOptions): Promise<JobResult> {
  const { words, phonemes, batch, updates, seed, out, say } = options;
  const [test, learned] = [words.slice(0, options.heldOut), words.slice(options.heldOut)];
  say(`${learned.length} words to learn from, ${test.length} held out, ${phonemes.length - 1} phonemes`);
  const text = readFileSync(join(examples, "pronounce", "pronounce.cell"), "utf8");
  const module = await cell(text, {
    cell: "Pronounce",
    dimensions: { L: 27, P: phonemes.length, ...options.dimensions },
  });
  const data: DataSource = {
    count: learned.length,
    fingerprint: `${learned.length} words`,
    lengthOf: (i) => learned[i]!.letters.length,
    // The network says nothing by itself in training: N is 0.
    read: (i) => ({ letters: learned[i]!.letters, phonemes: [...learned[i]!.said[0]!, 0], sizes: { N: 0 } }),
  };
  const optimizer = adam({ learningRate: cosine(0.004, { updates, warmup: 100 }) });
  const training = train({ module, data, optimizer, batch, shard: batch, updates, clip: { norm: 1 }, seed });
  await follow(training, Math.ceil(updates / 6), say);

  const net: ModuleInstance = module.instantiate({ batch: 4, sizes: { S: 16, T: N, N } });
  net.setParams(training.instance.params);
  const pronounce = (word: Word): { said: number[]; alpha: number[][] } => {
    const { said, alpha } = net.forward({ letters: word.letters, phonemes: [], batch: 1, sizes: { S: word.letters.length, T: 0, N } }); // prettier-ignore
    const rows = [...said!.slice(0, said!.indexOf(0) >>> 0)];
    const S = word.letters.length;
    return { said: rows, alpha: rows.map((_, n) => [...alpha!.subarray(n * S, (n + 1) * S)]) };
  };
  const { listen, next } = net.entries!;
  const search = (word: Word): readonly number[] => {
    const sizes = { S: word.letters.length };
    const { memory, start } = listen!.forward({ letters: word.letters, batch: 1, sizes });
    const found = beam(next!, { output: "logp", feed: "previous", start: 0, end: 0, max: N, width: 4, given: { memory, start, sizes } }); // prettier-ignore
    return [...found[0]!.tokens];
  };
  const [few, said] = [test.slice(0, options.beamed), test.map(pronounce)];
  const [alone, between] = copyRule(learned.slice(0, 20_000), test).map((guesses) => score(test, guesses)) as [Score, Score]; // prettier-ignore
  const greedy = score(test, said.map((word) => word.said)); // prettier-ignore
  const greedyFew = score(few, said.map((word) => word.said)); // prettier-ignore
  const beamFew = score(few, few.map(search));
  say(`\n${"Held-out words".padEnd(62)} phonemes wrong   words right`);
  const row = (name: string, { errors, right }: Score): void => say(`  ${name.padEnd(60)} ${percent(errors)} ${percent(right)}`); // prettier-ignore
  row("each letter as it is said most often", alone);
  row("each letter as it is said most often between its neighbours", between);
  row("the network, the likeliest phoneme each time", greedy);
  row(`of the first ${few.length}: the likeliest phoneme each time`, greedyFew);
  row(`of the first ${few.length}: the likeliest of 4 ways`, beamFew);

  const grids = test.slice(0, 6).map((word, i) => ({
    label: word.text,
    columns: [...word.text],
    rows: said[i]!.said.map((phoneme) => phonemes[phoneme]!),
    weights: said[i]!.alpha,
  }));
  writeAll(out, say, {
    "pronounce.mjs": embedParams(module.text, net.params),
    "phonemes.json": JSON.stringify(phonemes),
    "try.mjs": readFileSync(join(examples, "pronounce", "try.mjs"), "utf8"),
    "attention.svg": drawGrids("Where the network looks", "for each phoneme of words that it has not learned", grids),
  });
  const fresh = await runAlone(join(out, "try.mjs"), few.map((word) => word.text)); // prettier-ignore
  const here = few.map((_, i) => said[i]!.said.map((phoneme) => `${phonemes[phoneme]!}`).join(" "));
  say(`\nIn a process of its own it says ${few[0]!.text} as ${fresh.split("\n")[0]}`);
  return { alone, between, greedy, greedyFew, beamFew, same: fresh === `${here.join("\n")}\n` };
}

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`.padStart(13);
