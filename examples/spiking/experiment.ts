/** A spiking network learns to tell spike patterns apart, by a declared derivative and by the true one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, type CompiledModule } from "../../runtime/index.js";
import { createPatterns, type Patterns } from "./patterns.js";

export interface ExperimentOptions {
  /** The repository. */
  readonly root: string;
  /** Channels of the patterns, steps, and classes, I, T and K. */
  readonly channels: number;
  readonly steps: number;
  readonly classes: number;
  /** Neurons that vote for each class, G. */
  readonly neurons: number;
  readonly batch: number;
  readonly rounds: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface Score {
  /** Mean cross-entropy on patterns that training never saw, in nats. */
  readonly loss: number;
  /** The share of them that is told right. */
  readonly accuracy: number;
}

export interface Learning {
  readonly before: Score;
  readonly after: Score;
  /** The largest number of any gradient in the first round. */
  readonly largestGradient: number;
}

export interface ExperimentResult {
  readonly declared: Learning;
  readonly true: Learning;
}

export async function runExperiment(options: ExperimentOptions): Promise<ExperimentResult> {
  const { root, channels, steps, classes, neurons, say } = options;
  const source = readFileSync(join(root, "examples", "spiking", "voters.cell"), "utf8");
  const library = readFileSync(join(root, "compiler", "language", "std", "lif.cell"), "utf8");
  const compile = (text: string, files: Readonly<Record<string, string>>): Promise<CompiledModule> =>
    cell(text, {
      file: "voters.cell",
      cell: "Patterns",
      dimensions: { I: channels, K: classes, G: neurons },
      gradient: true,
      readFile: (file) => files[file],
    });
  say(
    `${classes} classes of spike patterns on ${channels} channels in ${steps} steps; chance is ${percent(1 / classes)}`,
  );

  say("\nWith the derivative that std/lif declares for a spike");
  const declared = learn(await compile(source, {}), options);
  // The same equations, but for one line.
  say("\nWith the true derivative of a spike");
  const plain = library.replace(/^ *derivative\(.*\n/mu, "");
  const truth = learn(await compile(source.replace("std/lif", "./lif.cell"), { "lif.cell": plain }), options);
  return { declared, true: truth };
}

function learn(module: CompiledModule, options: ExperimentOptions): Learning {
  const { channels, steps, classes, batch, rounds, learningRate, seed, say } = options;
  const draw = createPatterns({ channels, steps, classes, jitter: 2, lost: 0.3, seed });
  const test = draw(batch);
  const instance = module.instantiate({ batch, sizes: { T: steps } });
  instance.init(seed);
  const optimizer = adam({ learningRate }).attach(instance);

  const score = ({ spikes, classes: shown }: Patterns): Score => {
    const { votes, loss } = instance.forward({ x: spikes, shown });
    let right = 0;
    for (const [b, own] of shown.entries()) {
      const mine = (votes as Float32Array).subarray(b * classes, (b + 1) * classes);
      if (mine.indexOf(Math.max(...mine)) === own) right += 1;
    }
    return { loss: loss![0]!, accuracy: right / batch };
  };
  const tell = (round: number, { loss, accuracy }: Score): void =>
    say(`  round ${String(round).padStart(3)}: loss ${loss.toFixed(3)}, right ${percent(accuracy)}`);

  const before = score(test);
  tell(0, before);
  let largestGradient = 0;
  for (let round = 1; round <= rounds; round++) {
    const { spikes, classes: shown } = draw(batch);
    const { params } = instance.gradient!({ x: spikes, shown });
    if (round === 1) {
      largestGradient = Math.max(...Object.values(params).map((values) => Math.max(...values.map(Math.abs))));
    }
    optimizer.step(params);
    if (round % 30 === 0) tell(round, score(test));
  }
  const after = score(test);
  say(`  largest number of the first gradient: ${String(Number(largestGradient.toPrecision(3)))}`);
  return { before, after, largestGradient };
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
