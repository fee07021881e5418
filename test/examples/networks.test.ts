/** Whole networks: in their canonical form, with right derivatives and the same bits on both targets; and each learns something small. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkGradients, format } from "../../compiler/index.js";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, beam, generate } from "../../runtime/index.js";
import { cotangentsOf, gradientsOf, resultsOf, valuesOf } from "../../compiler/tools/calls/call.js";
import type { CallGradient, CompiledModule, ModuleInstance } from "../../runtime/module/compiled-module.js";
import { namedAxes } from "../../runtime/module/axes.js";
import { isFuzzing } from "../support/fuzz.js";
import { randomCall, randomParams } from "../support/random-call.js";

const folder = join(import.meta.dirname, "../../examples/networks");
const textOf = (file: string): string => readFileSync(join(folder, file), "utf8");
const files = readdirSync(folder);

type Sizes = Readonly<Record<string, number>>;

/** The network of each file, with small sizes. */
const networks: Readonly<Record<string, readonly [name: string, sizes: Sizes]>> = {
  "tagger.cell": ["Tagger", { V: 2, C: 2, E: 1, H: 1 }],
  "letters.cell": ["CharModel", { V: 2, E: 1, H: 1, L: 2 }],
  "vrnn.cell": ["VRNN", { X: 1, Z: 1, H: 1 }],
  "translator.cell": ["Translator", { V: 2, U: 2, E: 1, H: 1, A: 1 }],
  "speech.cell": ["Speech", { M: 1, D: 1, H: 1, L: 1, C: 2 }],
  "next-frame.cell": ["NextFrame", { Y: 2, X: 1, I: 1, C: 1, K: 3 }],
  "summary.cell": ["Summary", { V: 2, E: 1, H: 1, A: 1 }],
  "suppressor.cell": ["Suppressor", { F: 2, D: 1, H: 1 }],
};

const make = async (file: string, name: string, dimensions: Sizes, target: "js" | "wasm"): Promise<CompiledModule> =>
  (await cell(textOf(file), { cell: name, dimensions, target, dtype: "f64", file })) as unknown as CompiledModule;

it("are listed", () => {
  const readme = readFileSync(join(folder, "../README.md"), "utf8");
  for (const name of files) expect(readme).toContain(`(networks/${name})`);
  expect(files.sort()).toEqual(Object.keys(networks).sort());
});

describe.each(files)("%s", (file) => {
  const [name, dimensions] = networks[file] ?? ["", {}];

  it("is as `fmt` writes it, with right gradients", async () => {
    expect(format(textOf(file)).text).toBe(textOf(file));
    for (let larger = 0; larger < (isFuzzing ? 3 : 1); larger++) {
      // Windows of K elements have one in the middle.
      const sizes = Object.fromEntries(Object.entries(dimensions).map(([dim, size]) => [dim, size + (dim === "K" ? 2 : 1) * larger])); // prettier-ignore
      const report = await checkGradients(textOf(file), {
        cell: name,
        dimensions: sizes,
        seed: 3 + larger,
        runs: 1,
        coordinates: 1,
        precisions: ["f64"],
      });
      const failed = report.tensors.flatMap(({ name: tensor, methods }) => methods.flatMap((m) => (m.passed ? [] : [`${tensor} ${m.method}`]))); // prettier-ignore
      expect(failed).toEqual([]);
    }
  });

  it("has the same bits on both targets", async () => {
    const results = await Promise.all(
      (["js", "wasm"] as const).map(async (target) => {
        const { instantiate, manifest } = await make(file, name, dimensions, target);
        const sizes = Object.fromEntries(namedAxes(manifest).map((axis, i) => [axis, 3 + i]));
        const net = instantiate({ batch: 3, sizes });
        randomParams(net, 5);
        const call = randomCall(manifest, 5, { batch: 3, steps: 1, sizes }, 1);
        // Indices were drawn that are below X.
        const each = Object.fromEntries(Object.entries(sizes).map(([axis, size]) => [axis, { padded: size, each: axis === "X" ? [size, size, size] : [size, 1, size - 1] }])); // prettier-ignore
        const values = resultsOf(net.forward({ ...valuesOf(manifest, call), sizes: each }));
        return { ...values, ...gradientsOf(manifest, net.backward?.(cotangentsOf(call)) as CallGradient) };
      }),
    );
    expect(results[1]).toEqual(results[0]);
    expect(Object.keys(results[0] ?? {}).length).toBeGreaterThan(6);
  });
});

/** @returns the losses of all rounds */
function train(net: ModuleInstance, rounds: number, rate: number, values: (round: number) => object): number[] {
  const optimizer = adam({ learningRate: rate }).attach(net);
  return Array.from({ length: rounds }, (_, round) => {
    const { loss, params } = net.gradient?.(values(round) as never) ?? { loss: NaN, params: {} };
    optimizer.step(params);
    return loss;
  });
}

const list = (values: unknown): number[] => [...(values as Float64Array)];

/** Every chain of so many classes. */
function chains(classes: number, length: number): number[][] {
  if (length === 0) return [[]];
  return chains(classes, length - 1).flatMap((chain) => Array.from({ length: classes }, (_, c) => [...chain, c]));
}

it("the tagger learns to name words by what stands before them", async () => {
  const { instantiate } = await make("tagger.cell", "Tagger", { V: 4, C: 2, E: 4, H: 4 }, "wasm");
  const net = instantiate({ batch: 6, sizes: { T: 6 } });
  net.init(1);
  const words = Array.from({ length: 36 }, (_, i) => (i * i * 7 + 3 * i + (i >> 2)) % 4);
  const gold = words.map((_, i) => (i % 6 === 0 ? 0 : words[i - 1]! % 2));
  train(net, 60, 0.05, (round) => ({ words, gold, seed: round, train: true }));
  const { tags } = net.forward({ words });
  const right = list(tags).filter((tag, i) => tag === gold[i]).length;
  expect(right).toBeGreaterThan(32);
});

it("letters are written as they were read", async () => {
  const { instantiate } = await make("letters.cell", "CharModel", { V: 4, E: 4, H: 8, L: 2 }, "wasm");
  const net = instantiate({ batch: 1, sizes: { T: 12, N: 9 } });
  net.init(2);
  const cycle = [1, 2, 3];
  const text = [...cycle, ...cycle, ...cycle, ...cycle];
  train(net, 130, 0.05, (round) => ({ text, seed: round, train: true, "net.drop": 0.02 }));
  const { written } = net.forward({ text, seed: 5, temperature: 0.05 });
  expect(list(written)).toEqual([...cycle, ...cycle, ...cycle]);
  // Hot letters are drawn from all.
  const { written: hot } = net.forward({ text, seed: 5, temperature: 50 });
  expect(new Set(hot).size).toBe(4);
  expect(list(hot)).not.toEqual(list(net.forward({ text, seed: 6, temperature: 50 }).written));
});

it("the translator learns to say what it reads, backwards, and where to end", async () => {
  const { instantiate } = await make("translator.cell", "Translator", { V: 4, U: 6, E: 6, H: 8, A: 6 }, "wasm");
  const all = [...chains(4, 3), ...chains(4, 2)].filter((_, i) => i % 4 !== 3);
  const N = 6;
  const net = instantiate({ batch: all.length, sizes: { S: 3, T: 4, N } });
  net.init(3);
  const padded = (words: readonly number[], length: number): number[] => [...words, 0, 0].slice(0, length);
  const source = all.flatMap((chain) => padded(chain, 3));
  // The word 1 ends a sentence.
  const answers = all.map((chain) => [...chain.map((word) => word + 2).reverse(), 1]);
  const target = answers.flatMap((words) => padded(words, 4));
  const S = all.map((chain) => chain.length);
  const sizes = { S, T: S.map((length) => length + 1), N: 0 };
  train(net, 80, 0.04, (round) => ({ source, target, seed: round, train: true, sizes }));
  const { said, alpha, ...rest } = net.forward({ source, sizes: { S, N } });
  const lengths = [...(rest as unknown as { sizes: { L: Int32Array } }).sizes.L];
  const right = answers.filter((words, b) => {
    return lengths[b] === words.length && words.every((word, t) => word === said![b * N + t]);
  });
  expect(right.length / all.length).toBeGreaterThan(0.9);
  expect(list(alpha).slice(0, 3).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12); // prettier-ignore

  // The same by its entries: word by word, and along two ways.
  const { encode, next } = net.entries!;
  for (const b of [0, 7, 20]) {
    const { memory, start } = encode!.forward({ source: all[b], batch: 1 });
    const asked = { output: "scores", feed: "previous", start: 0, end: 1, max: N, given: { memory, start } };
    const words = list(said).slice(N * b, N * b + lengths[b]!);
    expect([...list(generate(next!, asked)[0]!), 1]).toEqual(words);
    expect([...list(beam(next!, { ...asked, width: 2 })[0]!.tokens), 1]).toEqual(answers[b]);
  }
});

it("the summary learns to say the ends of a text, and no more, of words that it has never read, too", async () => {
  const V = 5;
  const N = 5;
  const { instantiate } = await make("summary.cell", "Summary", { V, E: 4, H: 8, A: 4 }, "wasm");
  const texts = chains(6, 3).filter((_, i) => i % 5 === 0);
  const half = Math.ceil(texts.length / 2);
  const net = instantiate({ batch: half, sizes: { S: 3, T: 3, N, X: 8 } });
  net.init(1);
  // The word 0 is one that it does not know, and 1 ends what it says.
  const callOf = (some: readonly number[][]): Readonly<Record<"source" | "copied" | "target", number[]>> => ({
    source: some.flat().map((word) => (word + 2 < V ? word + 2 : 0)),
    copied: some.flat().map((word) => word + 2),
    target: some.flatMap(([first = 0, , last = 0]) => [last + 2, first + 2, 1]),
  });
  const read = callOf(texts.slice(0, half));
  train(net, 60, 0.04, () => ({ ...read, sizes: { N: 0 } }));
  const others = callOf(texts.slice(half));
  const { said, ...rest } = net.forward({ ...others, batch: texts.length - half });
  const lengths = [...(rest as unknown as { sizes: { L: Int32Array } }).sizes.L];
  const right = lengths.filter((length, b) => {
    return length === 3 && [0, 1, 2].every((t) => said![b * N + t] === others.target[b * 3 + t]);
  });
  expect(right.length / lengths.length).toBeGreaterThan(0.9);
});

it("the variational network learns a rhythm, with as much of its prior as is asked for", async () => {
  const { instantiate } = await make("vrnn.cell", "VRNN", { X: 2, Z: 2, H: 6 }, "wasm");
  const net = instantiate({ batch: 4, sizes: { T: 6, N: 6 } });
  net.init(4);
  const x = Array.from({ length: 48 }, (_, i) => ((i >> 1) + (i % 2) + (i >= 24 ? 1 : 0)) % 2);
  const losses = train(net, 120, 0.02, (round) => ({ x, seed: round, beta: Math.min(1, round / 60) }));
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
  const at = (beta: number): number => net.gradient?.({ x, seed: 1, beta }).losses["kl"]?.value ?? NaN;
  expect(at(0.5)).toBeCloseTo(at(1) / 2, 12);
  const { dreamt } = net.forward({ seed: 9 });
  expect(list(dreamt).every((value) => value > 0 && value < 1)).toBe(true);
});
