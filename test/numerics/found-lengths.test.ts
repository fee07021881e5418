/** Lengths that values tell: where they end, that an example has the bits that it has alone, both targets, gradients with the length as it is. */
import { expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
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
