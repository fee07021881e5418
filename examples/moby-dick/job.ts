/** From a book to a module that writes on. `main.ts` runs it at full size. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, clipByGlobalNorm, cosine, embedParams, type CallResult, type ModuleInstance, type TensorRecord } from "../../runtime/index.js"; // prettier-ignore
import { examples, runAlone, writeAll, type Say } from "../shared/project.js";
import { drawShadedTexts, type ShadedText } from "../shared/svg.js";
import { numbersOf, textOf } from "./data.js";
import { ngramBits } from "./n-gram.js";

export interface JobOptions {
  readonly learned: string;
  readonly heldOut: string;
  readonly dimensions: Readonly<Record<"E" | "H", number>>;
  readonly epochs: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly out: string;
  readonly say: Say;
}

/** Bits by letter of what is held out; and whether the written module, in a process of its own, writes what this one does. */
export interface JobResult extends Readonly<Record<"network" | "ngram" | "longer", number>> {
  readonly same: boolean;
}

/** Parts of the book that are read side by side, letters of them in a call, and letters that are written. */
const [batch, T, N] = [8, 64, 500];

export async function runJob(options: JobOptions): Promise<JobResult> {
  const { learned, heldOut, epochs, learningRate, seed, out, say } = options;
  say(`${learned.length} letters to learn from, ${heldOut.length} held out`);
  const text = readFileSync(join(examples, "moby-dick", "letters.cell"), "utf8");
  const module = await cell(text, { dimensions: { V: 96, ...options.dimensions } });
  const net: ModuleInstance = module.instantiate({ batch, sizes: { T, N } });
  net.init(seed);

  /** Reads a text in parts side by side, piece by piece, each from the state in which the one before has ended. */
  const read = (text: string, each: (result: CallResult, next: readonly number[]) => void): void => {
    const numbers = numbersOf(text);
    const part = Math.floor((numbers.length - 1) / batch);
    let states: TensorRecord = {};
    for (let from = 0; from + T <= part; from += T) {
      const rows = (shift: number): number[] =>
        Array.from({ length: batch }, (_, b) => [...numbers.subarray(b * part + from + shift).subarray(0, T)]).flat();
      const values = { previous: rows(0), next: rows(1), first: Array(batch).fill(0), seed, sizes: { T, N: 0 } };
      const result = net.forward({ ...values, ...states });
      states = Object.fromEntries(Object.entries(result.final).map(([name, state]) => [name, state.slice()]));
      each(result, values.next);
    }
  };

  const updates = epochs * Math.floor((learned.length - 1) / batch / T);
  const optimizer = adam({ learningRate: cosine(learningRate, { updates, warmup: 50 }) }).attach(net);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses: number[] = [];
    read(learned, ({ loss }) => {
      losses.push(loss![0]!);
      const { params } = net.backward!({ loss: [1] });
      clipByGlobalNorm(params, 1);
      optimizer.step(params);
    });
    say(`  epoch ${epoch} of ${epochs}: ${(mean(losses) / Math.LN2).toFixed(3)} bits by letter`);
  }

  const told: number[][] = Array.from({ length: batch }, () => []);
  read(heldOut, ({ logp }, next) => {
    for (const [i, letter] of next.entries()) told[Math.floor(i / T)]!.push(-logp![i * 96 + letter]! / Math.LN2);
  });
  const counted = [5, 6].map((order) => ngramBits(learned, heldOut, order, 96));
  const [network, ngram, longer] = [told.flat(), ...counted].map(mean) as [number, number, number];
  say(`\nBits by letter of the text held out: the network ${network.toFixed(3)}; an n-gram model of order 5 ${ngram.toFixed(3)}, of order 6 ${longer.toFixed(3)}`); // prettier-ignore

  const shade = (label: string, bits: readonly number[]): ShadedText => ({
    label: `${label}: ${mean(bits).toFixed(2)} bits by letter`,
    pieces: [...heldOut.slice(1, 1 + bits.length)].map((letter, i) => ({
      text: letter.replace("\n", "¶"),
      weight: bits[i]! / 12,
    })),
  });
  const texts = [shade("the network", told[0]!.slice(0, 660)), shade("an n-gram model of order 5", counted[0]!.slice(1, 661))]; // prettier-ignore
  writeAll(out, say, {
    "moby-dick.mjs": embedParams(module.text, net.params),
    "try.mjs": readFileSync(join(examples, "moby-dick", "try.mjs"), "utf8"),
    "surprise.svg": drawShadedTexts(
      "How surprising each letter is",
      "the stronger the ground, the more bits it takes; from the text held out",
      texts,
    ),
  });
  const alone = await runAlone(join(out, "try.mjs"), ["The whale ", "0.7", `${seed}`]);
  const start = [...numbersOf("The whale ")];
  const { written } = net.forward({ previous: start.slice(0, -1), first: start.slice(-1), temperature: 0.7, seed, batch: 1, sizes: { T: start.length - 1, N } }); // prettier-ignore
  say(`\nIn a process of its own it writes:\n\n${alone}`);
  return { network, ngram, longer, same: alone === `The whale ${textOf(written!)}\n` };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
