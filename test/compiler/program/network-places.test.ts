/** Runs in index equations: one loop for all places, each with a state of its own; what does not read the index stands before them. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../../runtime/index.js";

const gru = `import { GRU } from "std/gru"`;
const words = `${gru}
network Words(I, H; W, C) {
  input x: [W, C, I]
  input h0: [W, H]
  use spell = GRU(I, H)
  output word[w] = spell(x[w], h = h0[w]).h'
  output all[w] = spell(x[w], h = h0[w])
}`;
const beside = `${gru}
network Beside(I, H; W, C) {
  input x: [C, I]
  input v: [W]
  use read = GRU(I, H)
  y = read(x)
  output z[w] = y.h' * v[w] + read(x).h'
  output last = y.h'
}`;
const word = `${gru}
network Word(I, H; C) {
  input x: [C, I]
  input h0: [H]
  use spell = GRU(I, H)
  y = spell(x, h = h0)
  output word = y.h'
  output all = y
}`;

const some = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(seed + 1.3 * i));
const [I, H] = [2, 3];

describe.each(["js", "wasm"] as const)("runs in index equations on %s", (target) => {
  const options = { target, dtype: "f64", gradient: true, dimensions: { I, H } } as const;

  function start(instance: ModuleInstance): void {
    let seed = 0;
    for (const [name, values] of Object.entries(instance.params)) {
      seed += 1;
      if (name.startsWith("spell.")) values.set(some(values.length, seed));
    }
  }

  it("go over every place as if each were alone, and so do gradients", async () => {
    const [whole, one] = await Promise.all([cell(words, { ...options, cell: "Words" }), cell(word, { ...options, cell: "Word" })]); // prettier-ignore
    const [W, C] = [3, 4];
    const all = whole.instantiate({ batch: 2, sizes: { W, C } });
    const alone = one.instantiate({ batch: 1, sizes: { C } });
    start(all);
    start(alone);
    // The second example has fewer words and fewer places.
    const [counts, sizes] = [[3, 2], [4, 2]]; // prettier-ignore
    const at = (b: number, w: number, c: number): boolean => w < counts[b]! && c < sizes[b]!;
    const x = some(2 * W * C * I, 5).map((value, i) => {
      const c = Math.floor(i / I) % C;
      const w = Math.floor(i / (I * C)) % W;
      return at(Math.floor(i / (I * C * W)), w, c) ? value : NaN;
    });
    const h0 = some(2 * W * H, 7);
    const result = all.forward({ x, h0, sizes: { W: counts, C: sizes } });
    const cotangent = some(2 * W * H, 9);
    const gradient = all.backward!({ word: cotangent });
    const sums = new Float64Array(all.params["spell.W_n"]!.length);
    for (let b = 0; b < 2; b++) {
      for (let w = 0; w < counts[b]!; w++) {
        const from = (b * W + w) * H;
        const own = x.slice((b * W + w) * C * I).slice(0, sizes[b]! * I);
        const found = alone.forward({ x: own, h0: h0.slice(from, from + H), sizes: { C: sizes[b]! } });
        expect([...result["word"]!.subarray(from, from + H)]).toEqual([...found["word"]!]);
        const first = (b * W + w) * C * H;
        expect([...result["all"]!.subarray(first, first + sizes[b]! * H)]).toEqual([...found["all"]!]);
        const slopes = alone.backward!({ word: cotangent.slice(from, from + H) });
        const dx = gradient["x"]!.subarray((b * W + w) * C * I).subarray(0, sizes[b]! * I);
        dx.forEach((value, i) => expect(value).toBeCloseTo(slopes["x"]![i]!, 13));
        gradient["h0"]!.subarray(from, from + H).forEach((value, i) =>
          expect(value).toBeCloseTo(slopes["h0"]![i]!, 13),
        );
        slopes.params["spell.W_n"]!.forEach((value, i) => (sums[i]! += value));
      }
    }
    gradient.params["spell.W_n"]!.forEach((value, i) => expect(value).toBeCloseTo(sums[i]!, 12));
  });

  it("that do not read the index have states of the module", async () => {
    const module = await cell(beside, { ...options, cell: "Beside" });
    expect(module.manifest.states.map(({ name }) => name)).toEqual(["y.h"]);
  });
});

it("a network is called with sequences of indices of any length", async () => {
  const text = `network Encoder(V; S) { input words: index(V)[S] output y[s] = real(words[s]) }
    network Twins(V; S, T) { input x: index(V)[S] input z: index(V)[T] use e = Encoder(V) a = e(x) b = e(z) output y = a output w = b }`;
  const { instantiate } = await cell(text, { cell: "Twins", dimensions: { V: 5 } });
  const { y, w } = instantiate({ batch: 1, sizes: { S: 1, T: 3 } }).forward({ x: [2], z: [4, 3, 1] });
  expect([[...y!], [...w!]]).toEqual([[2], [4, 3, 1]]);
});

it.each(["js", "wasm"] as const)(
  "an element of each place is found among more than float32 counts, %s",
  async (target) => {
    const text = "network N(V; T) { input k: index(V)[T] z[t < T, c < V] = c output y[t] = z[t, k[t]] }";
    const [T, V] = [300, 60_001];
    const { instantiate } = await cell(text, { dimensions: { V }, dtype: "f32", gradient: false, target });
    const k = Array.from({ length: T }, (_, t) => (t * 37 + 1) % V);
    const { y } = instantiate({ batch: 1, sizes: { T } }).forward({ k });
    expect([...y!]).toEqual(k);
  },
);
