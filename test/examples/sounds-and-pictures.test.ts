/** Networks with convolutions: each learns something small. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cell } from "../../compiler/driver/in-process.js";
import { adam, type CompiledModule, type ModuleInstance } from "../../runtime/index.js";

const textOf = (file: string): string =>
  readFileSync(join(import.meta.dirname, "../../examples/networks", file), "utf8");

type Sizes = Readonly<Record<string, number>>;

const make = (file: string, name: string, dimensions: Sizes, target: "js" | "wasm"): Promise<CompiledModule> =>
  cell(textOf(file), { cell: name, dimensions, target, dtype: "f64", file });

/** @returns the losses of all rounds */
function train(net: ModuleInstance, rounds: number, learningRate: number, values: (round: number) => object): number[] {
  const optimizer = adam({ learningRate }).attach(net);
  return Array.from({ length: rounds }, (_, round) => {
    const { loss, params } = net.gradient!(values(round) as never);
    optimizer.step(params);
    return loss;
  });
}

const list = (values: unknown): number[] => [...(values as ArrayLike<number> & Iterable<number>)];

it("speech: learns letters from sequences that do not say when they are spoken", async () => {
  const { instantiate } = await make("speech.cell", "Speech", { M: 2, D: 6, H: 6, L: 1, C: 3 }, "wasm");
  const said = [[1, 2], [2], [1, 1, 2], [2, 1, 2], [1], [2, 2]];
  const [T, U] = [36, 3];
  const frames = said.map((letters) => letters.flatMap((letter) => Array.from({ length: 12 }, (_, i) => (i < 7 ? letter : 0)))); // prettier-ignore
  const mel = frames.flatMap((own, b) =>
    Array.from({ length: 2 * T }, (_, i) => {
      const letter = own[i >> 1];
      return letter === undefined ? NaN : Number(letter === 1 + (i % 2)) + 0.1 * Math.sin(7 * i + b);
    }),
  );
  const letters = said.flatMap((own) => Array.from({ length: U }, (_, u) => own[u] ?? 0));
  const sizes = {
    T: { padded: T, each: frames.map(({ length }) => length) },
    U: { padded: U, each: said.map(({ length }) => length) },
  };
  const net = instantiate({ batch: said.length, sizes: { T, U } });
  net.init(1);
  train(net, 80, 0.02, (seed) => ({ mel, letters, sizes, seed, train: true }));
  const { best } = net.forward({ mel, sizes: { T: sizes.T } } as never);
  const read = said.map((_, b) => {
    const own = list(best).slice(b * 9, b * 9 + 9);
    return own.filter((letter, t) => letter !== 0 && letter !== own[t - 1]);
  });
  expect(read).toEqual(said);
});

it("frames: learns how a dot moves, and goes on with it", async () => {
  const { instantiate } = await make("next-frame.cell", "NextFrame", { Y: 5, X: 5, I: 1, C: 4, K: 3 }, "wasm");
  const [batch, T] = [4, 5];
  /** In row b the dot is at place t after t frames. */
  const film = (length: number): number[] =>
    Array.from({ length: batch * length * 25 }, (_, i) => Number(i % 25 === 5 * Math.floor(i / (length * 25)) + (Math.floor(i / 25) % length))); // prettier-ignore
  const net = instantiate({ batch, sizes: { T, N: 2 } });
  net.init(2);
  const losses = train(net, 100, 0.03, () => ({ frames: film(T), sizes: { T, N: 0 } }));
  expect(losses.at(-1)).toBeLessThan(0.02 * losses[0]!);
  const { guess, dream } = net.forward({ frames: film(2), sizes: { T: 2, N: 2 } });
  const greatest = (values: readonly number[]): number => values.indexOf(Math.max(...values));
  for (let b = 0; b < batch; b++) {
    expect(greatest(list(guess).slice((2 * b + 1) * 25, (2 * b + 2) * 25))).toBe(5 * b + 2);
    for (const n of [0, 1]) expect(greatest(list(dream).slice((2 * b + n) * 25, (2 * b + n + 1) * 25))).toBe(5 * b + 3 + n); // prettier-ignore
  }
});

it("noise: learns which bands are none of a voice, and hears nothing of what comes", async () => {
  const [js, wasm] = await Promise.all(
    (["js", "wasm"] as const).map((target) => make("suppressor.cell", "Suppressor", { F: 3, D: 4, H: 4 }, target)),
  );
  const [batch, T] = [4, 20];
  const clean = Array.from({ length: batch * T * 3 }, (_, i) => {
    const [b, t, band] = [Math.floor(i / (3 * T)), Math.floor(i / 3) % T, i % 3];
    return band < 2 ? Math.max(0, Math.sin(t / 2 + b + band)) : 0;
  });
  const noisy = clean.map((value, i) => value + (i % 3 === 2 ? 1 : 0.1));
  const net = wasm!.instantiate({ batch, sizes: { T } });
  net.init(3);
  const losses = train(net, 80, 0.02, () => ({ noisy, clean }));
  expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]!);
  const out = list(net.forward({ noisy })["out"]);
  const other = js!.instantiate({ batch, sizes: { T } });
  other.setParams(net.params as never);
  expect(list(other.forward({ noisy })["out"])).toEqual(out);
  // Half of each sequence gives the half of what it was.
  const half = noisy.filter((_, i) => i % (3 * T) < 30);
  const first = list(net.forward({ noisy: half, sizes: { T: T / 2 } })["out"]);
  expect(first).toEqual(out.filter((_, i) => i % (3 * T) < 30));
  // So it streams: with both states, and what the convolutions see of the past.
  expect(wasm!.manifest.states.map(({ shape }) => shape)).toEqual([[4], [4], [4, 3], [4, 4]]);
  net.reset();
  const stepped = Array.from({ length: T }, (_, t) => {
    const frame = noisy.filter((_, i) => Math.floor(i / 3) % T === t);
    return list(net.step({ noisy: frame })["out"]);
  });
  expect(stepped.flat()).toEqual(Array.from({ length: T }, (_, t) => out.filter((_, i) => Math.floor(i / 3) % T === t)).flat()); // prettier-ignore
});
