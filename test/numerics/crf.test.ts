/** `std/crf` beside a walk through every chain of classes: values, gradients and the likeliest chain, in padded batches, on both targets. */
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import type { CompiledModule } from "../../runtime/index.js";
import { randomSource } from "../support/evaluate-helpers.js";
import { bits } from "../support/several-axes.js";

const C = 3;
const text = 'import { CRF } from "std/crf"';

interface Weights {
  readonly A: number[];
  readonly start: number[];
  readonly stop: number[];
}

interface Example {
  /** `[T, C]` */
  readonly emit: readonly number[];
  readonly gold: readonly number[];
}

const make = async (target: "js" | "wasm"): Promise<CompiledModule> =>
  (await cell(text, { cell: "CRF", dimensions: { C }, target, dtype: "f64" })) as unknown as CompiledModule;

function chains(length: number): number[][] {
  return length === 0
    ? [[]]
    : chains(length - 1).flatMap((chain) => Array.from({ length: C }, (_, c) => [...chain, c]));
}

/** What is added up for a chain, as names of its terms. */
const termsOf = (chain: readonly number[]): (readonly [keyof Weights | "emit", number])[] =>
  chain.flatMap((c, t) => [
    ["emit", t * C + c] as const,
    t === 0 ? (["start", c] as const) : (["A", chain[t - 1]! * C + c] as const),
    ...(t === chain.length - 1 ? [["stop", c] as const] : []),
  ]);

function bruteForce({ emit, gold }: Example, weights: Weights) {
  const all = { ...weights, emit };
  const scoreOf = (chain: readonly number[]): number =>
    termsOf(chain).reduce((sum, [name, i]) => sum + all[name][i]!, 0);
  const scored = chains(gold.length).map((chain) => ({ chain, score: scoreOf(chain) }));
  const best = scored.reduce((first, one) => (one.score > first.score ? one : first));
  const total = scored.reduce((sum, { score }) => sum + Math.exp(score - best.score), 0);
  const own = scoreOf(gold);
  const slopes = { A: new Array<number>(C * C).fill(0), start: [0, 0, 0], stop: [0, 0, 0], emit: emit.map(() => 0) };
  for (const { chain, score } of own === -Infinity ? [] : scored)
    for (const [name, i] of termsOf(chain)) slopes[name][i]! += Math.exp(score - best.score) / total;
  for (const [name, i] of own === -Infinity ? [] : termsOf(gold)) slopes[name][i]! -= 1;
  return { nll: own === -Infinity ? Infinity : best.score + Math.log(total) - own, tags: best.chain, slopes };
}

const random = randomSource(5);
const numbers = (count: number): number[] => Array.from({ length: count }, () => 4 * random() - 2);
const example = (length: number, gold: readonly number[]): Example => ({ emit: numbers(length * C), gold });

const plain: Weights = { A: numbers(C * C), start: numbers(C), stop: numbers(C) };
/** Some steps, and some ends, that no chain takes. */
const strict: Weights = {
  A: plain.A.map((weight, i) => ([1, 5, 6].includes(i) ? -Infinity : weight)),
  start: [plain.start[0]!, -Infinity, plain.start[2]!],
  stop: [-Infinity, plain.stop[1]!, plain.stop[2]!],
};

const far: Example = { emit: numbers(5 * C).map((value) => 700 * value), gold: [0, 2, 2, 1, 2] };
/** 0 to 1 is a step that is impossible above, and so is an end with 0. */
const examples = [example(5, [0, 2, 1, 0, 2]), example(1, [2]), example(4, [0, 1, 2, 2]), far, example(2, [0, 0])];
const T = 5;
const padded = <Item>(list: readonly Item[], length: number, fill: Item): Item[] => [...list, ...new Array<Item>(length - list.length).fill(fill)]; // prettier-ignore

function run({ instantiate }: CompiledModule, some: readonly Example[], weights: Weights, room: number) {
  const net = instantiate({ batch: some.length, sizes: { T: T + room } });
  net.setParams({ A: weights.A, start: weights.start, stop: weights.stop });
  const result = net.forward({
    emit: some.flatMap(({ emit }) => padded(emit, (T + room) * C, NaN)),
    gold: some.flatMap(({ gold }) => padded(gold, T + room, 0)),
    sizes: { T: { padded: T + room, each: some.map(({ gold }) => gold.length) } },
  });
  const { emit, params } = net.backward!({ nll: new Array<number>(some.length).fill(1) });
  const width = (T + room) * C;
  return some.map(({ gold }, b) => ({
    nll: result["nll"]![b]!,
    tags: [...result["tags"]!.slice(b * (T + room), b * (T + room) + gold.length)],
    emit: [...emit!.slice(b * width, b * width + gold.length * C)],
    params: { A: [...params["A"]!], start: [...params["start"]!], stop: [...params["stop"]!] },
  }));
}

const expectClose = (own: readonly number[], wanted: readonly number[], what: string): void =>
  wanted.forEach((value, i) => {
    if (Number.isFinite(value))
      expect(Math.abs(own[i]! - value), `${what}[${i}]`).toBeLessThan(1e-12 * Math.max(1, Math.abs(value))); // prettier-ignore
    else expect(own[i], `${what}[${i}]`).toBe(value);
  });

describe("std/crf", () => {
  it.each([
    ["weights", plain],
    ["impossible steps", strict],
  ])("is right about every chain, with %s", async (_, weights) => {
    const module = await make("js");
    for (const [b, own] of examples.entries()) {
      const { nll, tags, slopes } = bruteForce(own, weights);
      const [found] = run(module, [own], weights, 0);
      expectClose([found!.nll], [nll], `nll of ${b}`);
      expect(found!.tags, `chain of ${b}`).toEqual(tags);
      expectClose(found!.emit, slopes.emit, `slope of ${b} by emit`);
      for (const name of ["A", "start", "stop"] as const) expectClose(found!.params[name], slopes[name], `slope of ${b} by ${name}`); // prettier-ignore
    }
  });

  it("gives an example the bits that it has alone, on both targets", async () => {
    const [js, wasm] = [await make("js"), await make("wasm")];
    for (const weights of [plain, strict]) {
      const together = run(js, examples, weights, 2);
      expect(run(wasm, examples, weights, 2)).toEqual(together);
      for (const [b, own] of examples.entries()) {
        const [alone] = run(js, [own], weights, 0);
        expect(bits(alone!.emit), `${b}`).toBe(bits(together[b]!.emit));
        expect([alone!.nll, alone!.tags]).toEqual([together[b]!.nll, together[b]!.tags]);
      }
    }
  });
});
