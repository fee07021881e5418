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
export interface JobResult extends Readonly<Record<"network" | "five" | "six" | "both", number>> {
  readonly same: boolean;
}

/** Parts of the book that are read side by side, letters of them in a call, and letters that are written. */
const [batch, T, N] = [8, 64, 500];

export async function runJob(options: JobOptions): Promise<JobResult> {
  const { learned, heldOut, epochs, learningRate, seed, out, say } = options;
  say(`${learned.length} letters to learn from, ${heldOut.length} held out`);
  const source = readFileSync(join(examples, "moby-dick", "letters.cell"), "utf8");
  const module = await cell(source, { dimensions: { V: 96, ...options.dimensions } });
  const net: ModuleInstance = module.instantiate({ batch, sizes: { T, N } });
  net.init(seed);

  /** Reads a text in parts side by side, chunk by chunk, each from the state in which the one before has ended. */
  const read = (text: Int32Array, each: (result: CallResult, places: Int32Array) => void): void => {
    const part = Math.floor((text.length - 1) / batch);
    const first = new Int32Array(batch);
    let states: TensorRecord = {};
    for (let from = 0; from + T <= part; from += T) {
      const places = Int32Array.from({ length: batch * T }, (_, i) => Math.floor(i / T) * part + from + (i % T));
      const [previous, next] = [places.map((i) => text[i]!), places.map((i) => text[i + 1]!)];
      const result = net.forward({ previous, next, first, seed, sizes: { T, N: 0 }, ...states });
      states = Object.fromEntries(Object.entries(result.final).map(([name, state]) => [name, state.slice()]));
      each(result, places);
    }
  };

  const updates = epochs * Math.floor((learned.length - 1) / batch / T);
  const optimizer = adam({ learningRate: cosine(learningRate, { updates, warmup: 50 }) }).attach(net);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const losses: number[] = [];
    read(numbersOf(learned), ({ loss }) => {
      losses.push(loss![0]!);
      const { params } = net.backward!({ loss: [1] });
      clipByGlobalNorm(params, 1);
      optimizer.step(params);
    });
    say(`  epoch ${epoch} of ${epochs}: ${(mean(losses) / Math.LN2).toFixed(3)} bits by letter`);
  }

  // Bits by letter, of those that stand in a chunk.
  const [bits, text] = [new Map<number, number>(), numbersOf(heldOut)];
  read(text, ({ logp }, places) => {
    places.forEach((place, i) => bits.set(place + 1, -logp![96 * i + text[place + 1]!]! / Math.LN2));
  });
  const [five, six] = [5, 6].map((order) => ngramBits(learned, heldOut, order, 96)) as [number[], number[]];
  const both = (i: number): number => 1 - Math.log2(2 ** -bits.get(i)! + 2 ** -five[i]!);
  const meanOf = (of: (i: number) => number): number => mean([...bits.keys()].map(of));
  const result = { network: meanOf((i) => bits.get(i)!), five: meanOf((i) => five[i]!), six: meanOf((i) => six[i]!), both: meanOf(both) }; // prettier-ignore
  say("\nBits by letter of the text held out");
  say(`  the network                                ${result.network.toFixed(3)}`);
  say(`  an n-gram model of order 5                 ${result.five.toFixed(3)}`);
  say(`  an n-gram model of order 6                 ${result.six.toFixed(3)}`);
  say(`  half the network, half that of order 5     ${result.both.toFixed(3)}`);

  const shade = (label: string, of: (i: number) => number): ShadedText => {
    const shown = [...bits.keys()].filter((i) => i <= 660).sort((a, b) => a - b);
    const pieces = shown.map((i) => ({ text: heldOut[i]!.replace("\n", "¶"), weight: of(i) / 12 }));
    return { label: `${label}: ${mean(shown.map(of)).toFixed(2)} bits by letter`, pieces };
  };
  const texts = [shade("the network", (i) => bits.get(i)!), shade("an n-gram model of order 5", (i) => five[i]!)]; // prettier-ignore
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
  return { ...result, same: alone === `The whale ${textOf(written!)}\n` };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
