/** Lengths that values tell: where they end, that an example has the bits that it has alone, both targets, gradients with the length as it is. */
import { expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import { stages, textsAfter } from "../../compiler/driver/stages.js";
import { checkGradients } from "../../compiler/index.js";
import type { CompiledModule } from "../../runtime/index.js";

const text = `import { SimpleRNN } from "std/simple-rnn"
network Sayer(E, H; N) {
  input x: [N, E]
  input start: [H]
  input most: [1]
  param W: [E, H] ~ normal(0.5)
  use rnn = SimpleRNN(E, H)
  back = before(said, 0)
  h = rnn(back, h = start)
  output said[t] = tanh(W @ h[t] + x[t]) over L <= N until said[t, 0] > most[0]
  output all = sum(h, axis = 0)
  output halves = max(windows(h, 2, stride = 2, pad = [0, 1], fill = 0), axis = 1)
  output count[t < L] = L - t
  output backwards = reverse(h)
}`;
const [E, H, N] = [2, 3, 6];
const most = [2, 0.3, -2, 0.1, 0.6];
const each = [6, 6, 4, 3, 0];
const B = most.length;
const x = Array.from({ length: B * N * E }, (_, i) => 2 * Math.sin(1.3 * i));
const start = Array.from({ length: B * H }, (_, i) => Math.cos(2.1 * i));
const dimensions = { E, H };

function run({ instantiate }: CompiledModule, which: readonly number[]) {
  const net = instantiate({ batch: which.length, sizes: { N } });
  net.init(3);
  const own = (list: readonly number[], width: number): number[] => which.flatMap((b) => list.slice(b * width, (b + 1) * width)); // prettier-ignore
  const sizes = { N: { padded: N, each: which.map((b) => each[b]!) } };
  const values = { x: own(x, N * E), start: own(start, H), most: own(most, 1), sizes };
  const result = net.forward(values) as unknown as Record<string, Float64Array> & { sizes: { L: Int32Array } };
  const gradient = net.backward!({
    all: own(start, H),
    said: own(x, N * E),
    backwards: which.flatMap((b) => Array.from({ length: N * H }, (_, i) => Math.sin(b + i))),
  });
  const part = (values: ArrayLike<number>, i: number): number[] => {
    const width = values.length / which.length;
    return Array.from(values).slice(i * width, (i + 1) * width);
  };
  return which.map((_, i) => ({
    L: result.sizes.L[i]!,
    ...Object.fromEntries(
      ["said", "all", "halves", "count", "backwards"].map((name) => [name, part(result[name]!, i)]),
    ),
    x: part(gradient["x"]!, i),
    start: part(gradient["start"]!, i),
  })) as unknown as (Record<"said" | "count" | "x", number[]> & { readonly L: number })[];
}

it("each example ends where its values say, with the bits that it has alone, on both targets", async () => {
  const make = async (target: "js" | "wasm"): Promise<CompiledModule> =>
    (await cell(text, { dimensions, target, dtype: "f64" })) as unknown as CompiledModule;
  const [js, wasm] = [await make("js"), await make("wasm")];
  const all = run(js, [...most.keys()]);
  expect(run(wasm, [...most.keys()])).toEqual(all);
  for (const b of most.keys()) {
    expect(run(js, [b])).toEqual([all[b]]);
    const { L, said, count } = all[b]!;
    const first = Array.from({ length: N }, (_, t) => said[t * E]!);
    expect(L).toBeLessThanOrEqual(each[b]!);
    first.forEach((value, t) => {
      if (t < L - 1) expect(value).toBeLessThanOrEqual(most[b]!);
      else if (t === L - 1 && L < each[b]!) expect(value).toBeGreaterThan(most[b]!);
      else if (t >= L) expect(value).toBe(0);
    });
    expect(count).toEqual(Array.from({ length: N }, (_, t) => Math.max(0, L - t)));
    // What comes after the end has no gradient.
    expect(all[b]!.x.slice(L * E).every((slope) => slope === 0)).toBe(true);
  }
  const lengths = all.map(({ L }) => L);
  expect(lengths[0]).toBe(6);
  expect(lengths[2]).toBe(1);
  expect(lengths[4]).toBe(0);
  expect(lengths[1]! > 1 && lengths[1]! < 6).toBe(true);
});

it("its derivatives are those that are measured, of all kinds", async () => {
  const { passed } = await checkGradients(text, { dimensions: { E: 1, H: 2 }, seed: 2, runs: 1, precisions: ["f64"] }); // prettier-ignore
  expect(passed).toBe(true);
});

it("what is drawn up to an end is what finds it, and an example's own", async () => {
  const drawing = `network Dice(V, H; N) {
    input start: [H]
    param table: [V, H] ~ normal(0.2)
    y[t] = tanh(start + table[before(said, 0)][t])
    said[t] = sample(table @ y[t]) over L <= N until said[t] == 0
    output words = real(said)
    output count = sum(real(said))
  }`;
  const begun = Array.from({ length: 6 * H }, (_, i) => Math.sin(3 * i));
  const roll = async (target: "js" | "wasm", which: readonly number[]) => {
    const { instantiate } = await cell(drawing, { dimensions: { V: 3, H }, target, dtype: "f64" });
    const net = (instantiate as unknown as CompiledModule["instantiate"])({ batch: which.length, sizes: { N } });
    net.init(3);
    const found = net.forward({
      start: which.flatMap((b) => begun.slice(b * H, (b + 1) * H)),
      sizes: { N },
      seed: 5,
      examples: which,
    }) as unknown as Record<"words" | "count", Float64Array> & { sizes: { L: Int32Array } };
    return which.map((_, i) => ({
      words: [...found.words.slice(i * N, (i + 1) * N)],
      count: found.count[i]!,
      L: found.sizes.L[i]!,
    }));
  };
  const js = await roll("js", [0, 1, 2, 3, 4, 5]);
  expect(await roll("wasm", [0, 1, 2, 3, 4, 5])).toEqual(js);
  for (const [b, { words, count, L }] of js.entries()) {
    expect(await roll("js", [b])).toEqual([js[b]]);
    const end = words.indexOf(0);
    expect(L).toBe(end < 0 ? N : end + 1);
    expect(count).toBe(words.reduce((sum, word) => sum + word, 0));
  }
  expect(new Set(js.map(({ L }) => L)).size).toBeGreaterThan(1);
});

/** A writer in a network around it, called twice, and cut into entries. */
const nested = `network Told(V, H, eos: index(V) = 1; N >= 1) {
  input start: [H]
  param table: [V, H] ~ normal(1)
  y[t] = tanh(start + table[before(said, 0)][t])
  logits[t] = table @ y[t]
  output said[t] = argmax(logits[t]) over L <= N until said[t] == eos
  output worth = mean(logits, axis = 0) + logits[L - 1]
}
network Outer(V, H; M >= 1, S >= 1) {
  input x: [S, H]
  use told = Told(V, H)
  z = sum(x, axis = 0)
  w = told(z, N = M)
  u = told(-2 * z, N = 2 * M + 1)
  scores = x * 2
  output first = real(w.said)
  output worth = w.worth + u.worth
  output second = real(u.said)
  entry begin = z
  entry next = scores given x
  entry say = first given z
}`;

it("networks that find lengths stand in others, and in their entries: the same bits as alone", async () => {
  const sizes = { V: 4, H: 2 };
  const begun = Array.from({ length: 4 * 3 * 2 }, (_, i) => 2 * Math.sin(5 * i + 1));
  const roll = async (target: "js" | "wasm") => {
    const outer = await cell(nested, { cell: "Outer", dimensions: sizes, target, dtype: "f64" });
    const alone = await cell(nested, { cell: "Told", dimensions: sizes, target, dtype: "f64" });
    const [net, told] = [outer, alone].map(({ instantiate, manifest }) => {
      const largest = Object.fromEntries(manifest.axes.flatMap(({ name, option }) => (option === "sizes" ? [[name, 11]] : []))); // prettier-ignore
      const made = (instantiate as unknown as CompiledModule["instantiate"])({ batch: 4, sizes: largest });
      made.init(3);
      return made;
    }) as unknown as [Made, Made];
    told.setParams({ table: net.params["told.table"]! });
    const given = { x: begun, sizes: { S: [3, 2, 3, 1], M: [5, 2, 3, 5] } };
    const whole = net.forward(given);
    const [first, second] = [[...whole["first"]!], [...whole["second"]!]];
    const worth = [...whole["worth"]!];
    const lengths = [[...whole.sizes["w.L"]!], [...whole.sizes["u.L"]!]];
    const { z } = net.entries!["begin"]!.forward({ x: begun, sizes: { S: [3, 2, 3, 1] } });
    const start = [...z!];
    const one = told.forward({ start, sizes: { N: [5, 2, 3, 5] } });
    const [ofOne, ones] = [[...one["said"]!], [...one["worth"]!]];
    expect([ofOne, [...one.sizes["L"]!]]).toEqual([first, lengths[0]]);
    const other = told.forward({ start: start.map((value) => -2 * value), sizes: { N: [11, 5, 7, 11] } });
    expect([[...other["said"]!], [...other.sizes["L"]!]]).toEqual([second, lengths[1]]);
    expect(ones.map((value, i) => value + other["worth"]![i]!)).toEqual(worth);
    const say = net.entries!["say"]!.forward({ z: start, sizes: { M: [5, 2, 3, 5] } }) as unknown as Told;
    expect([[...say["first"]!], [...say.sizes["w.L"]!]]).toEqual([first, lengths[0]]);
    expect(net.entries!["next"]!.forward({ x: begun, sizes: { S: 3 } })["scores"]![0]).toBe(2 * begun[0]!);
    // Of examples that are alike but for what they find.
    net.forward({ x: begun, sizes: { S: 3, M: 5 } });
    const { params } = net.backward!({ worth: begun.slice(0, 16).map((value) => value + 1) });
    return { first, second, worth, lengths, slopes: [...params["told.table"]!] };
  };
  const js = await roll("js");
  expect(await roll("wasm")).toEqual(js);
  // Some end before they have to.
  expect(js.lengths.flat().some((length, i) => length < [5, 2, 3, 5, 11, 5, 7, 11][i]!)).toBe(true);
});

type Told = Readonly<Record<string, Float64Array>> & { readonly sizes: Record<string, Int32Array> };
type Made = Omit<ReturnType<CompiledModule["instantiate"]>, "forward"> & { forward: (values: object) => Told };

it("examples whose end is found take no more steps", () => {
  const { program } = lowerSource(text, { cell: "Sayer", dimensions }, "all sizes");
  const stage = stages.find(({ name }) => name === "kernels")!;
  const given = { gradient: false, jvp: false, hvp: false, target: "js", dtype: "f64" } as const;
  const staged = { program: program!, cell: undefined, network: undefined, written: undefined };
  const texts = textsAfter(staged, stage, given);
  expect(texts.get("lengths")).toMatch(/select \S+ .* from examples where t < N and lengths\.\w+\n/u);
  expect(texts.get("forward")).not.toMatch(/ where t < \w+ and /u);
});
