/** From a book to a module that writes on. `main.ts` runs it at full size. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, cosine, type DataSource, embedParams, type ModuleInstance, type TensorRecord, train } from "../../runtime/index.js"; // prettier-ignore
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
  const text = numbersOf(learned);
  const part = Math.floor((text.length - 1) / batch);
  const parts: DataSource = {
    count: batch,
    fingerprint: `${batch} parts`,
    read: (i) => ({ previous: text.subarray(i * part, (i + 1) * part), next: text.subarray(i * part + 1, (i + 1) * part + 1), first: [0], sizes: { N: 0 } }), // prettier-ignore
  };
  const updates = epochs * Math.ceil(part / T);
  const optimizer = adam({ learningRate: cosine(learningRate, { updates, warmup: 50 }) });
  const training = train({ module, data: parts, optimizer, batch, truncate: T, updates, clip: { norm: 1 }, seed });
  const losses: number[] = [];
  for await (const event of training) {
    if (event.kind !== "update") continue;
    losses.push(event.loss);
    if (event.update % (updates / epochs) !== 0) continue;
    say(`  epoch ${event.epoch + 1} of ${epochs}: ${(mean(losses.splice(0)) / Math.LN2).toFixed(3)} bits by letter`);
  }

  const net: ModuleInstance = module.instantiate({ sizes: { T: 1024, N } });
  net.setParams(training.instance.params);
  // Bits by letter of all but the first.
  const [bits, held] = [new Map<number, number>(), numbersOf(heldOut)];
  let states: TensorRecord = {};
  for (let from = 0; from + 1 < held.length; from += 1024) {
    const [previous, next] = [held.slice(from, Math.min(from + 1024, held.length - 1)), held.slice(from + 1, from + 1025)]; // prettier-ignore
    const { logp, final } = net.forward({ previous, next, first: [0], seed, sizes: { T: next.length, N: 0 }, ...states }); // prettier-ignore
    states = Object.fromEntries(Object.entries(final).map(([name, state]) => [name, state.slice()]));
    next.forEach((letter, i) => bits.set(from + 1 + i, -logp![96 * i + letter]! / Math.LN2));
  }
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
