/** What calls draw: known answers of the generator, the two laws, and what a number depends on. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { shell } from "../../../../compiler/emit/shell/shell.generated.js";
import { drawnNumbers } from "../../../../compiler/tools/calls/random-numbers.js";
import { threefry } from "../../../../runtime/base/threefry.js";

interface DrawsPart {
  scramble(k0: number, k1: number, a: number, b: number): Int32Array;
}
const text = [shell.check, shell.normal, shell.roles, shell.draws, "export { scramble };"].join("\n");
const { scramble } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as DrawsPart;

const hex = (words: Iterable<number>): string[] => [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0"));

/** Draws everything there is, with a used cell and two initial values. */
const source = `
cell Noisy(H) { input x: [H] output y = noise(x, 0.5) }
cell A(H) {
  input x: [H]
  state m: [H] = mask([H], 0.7)
  use noisy = Noisy(H)
  m' = m
  output u = uniform([H])
  output n = normal([H, 2])
  output dropped = dropout(x, 0.3)
  output kept = m
  output noise = noisy(x)
}`;
const H = 3;
const [T, B] = [5, 2];
const options = { seed: 2 ** 40 + 7, train: true, examples: [4, 19] };
const x = Float64Array.from({ length: B * T * H }, (_, i) => 1 + Math.sin(i));

type Results = Readonly<Record<string, Float64Array>> & { readonly final: Readonly<Record<string, ArrayLike<number>>> };
interface Instance {
  forward(values: object): Results;
  step(values: object): Readonly<Record<string, Float64Array>>;
  steps(values: object): Readonly<Record<string, Float64Array>>;
  reset(values?: object): void;
  snapshot(): Readonly<Record<string, unknown>>;
  restore(snapshot: object): void;
}
const modules = await Promise.all(
  (["js", "wasm"] as const).map((target) => cell(source, { cell: "A", dimensions: { H }, dtype: "f64", target })),
);
const [js, wasm] = modules as [(typeof modules)[0], (typeof modules)[0]];
const make = (module = js): Instance => module.instantiate({ batch: B, steps: T }) as unknown as Instance;
type Lists = Readonly<Record<string, number[]>> & { readonly final: Readonly<Record<string, number[]>> };
const copy = ({ final, ...results }: Results): Lists =>
  ({
    ...Object.fromEntries(Object.entries(results).map(([name, values]) => [name, [...(values as Float64Array)]])),
    final: Object.fromEntries(Object.entries(final).map(([name, values]) => [name, Array.from(values)])),
  }) as Lists;
const rowsOf = (values: ArrayLike<number>, b: number, width: number): number[] =>
  Array.from(values).slice(b * T * width, (b + 1) * T * width);

describe("the generator of draws", () => {
  it("is Threefry-2x32 with 20 rounds", () => {
    for (const [key, counter, words] of [
      [
        [0, 0],
        [0, 0],
        ["6b200159", "99ba4efe"],
      ],
      [
        [-1, -1],
        [-1, -1],
        ["1cb996fc", "bb002be7"],
      ],
      [
        [0x13198a2e, 0x03707344],
        [0x243f6a88, 0x85a308d3],
        ["c4923a9c", "483df7a0"],
      ],
    ] as const) {
      expect(hex(scramble(key[0], key[1], counter[0], counter[1]))).toEqual(words);
      expect(hex(threefry(key, counter))).toEqual(words);
    }
  });

  it("gives these numbers, on every host, also as the rules say that stand beside it", () => {
    const own = copy(make().forward({ x, ...options }));
    expect(own.u!.slice(0, 3)).toMatchInlineSnapshot(`
      [
        0.5916275382041931,
        0.44684725999832153,
        0.09127944707870483,
      ]
    `);
    expect(own.n!.slice(0, 3)).toMatchInlineSnapshot(`
      [
        1.0253143310546875,
        -0.3526647984981537,
        0.4184172749519348,
      ]
    `);
    const examples = options.examples.map((number) => ({ steps: T, sizes: {}, number }));
    const call = { batch: B, steps: T, sizes: {}, examples };
    const numbers = drawnNumbers(js.manifest, call, { seed: options.seed, counters: {} });
    expect([...numbers.get("u 0")!]).toEqual(own.u);
    expect([...numbers.get("n 0")!]).toEqual(own.n);
    const dropped = [...numbers.get("dropped 0")!].map((u, i) => (u < 0.3 ? 0 : x[i]! * (1 / (1 - 0.3))));
    expect(own.dropped).toEqual(dropped);
    const noisy = [...numbers.get("noisy.y 0")!].map((n, i) => x[i]! + 0.5 * n);
    expect(own.noise).toEqual(noisy);
    const masks = [...numbers.get("initial m 0")!].map((u) => (u < 0.7 ? 1 / 0.7 : 0));
    expect(own.final["m"]).toEqual(masks);
  });

  it("has the laws that are told", () => {
    const call = { batch: 1, steps: 4000, sizes: {}, examples: [{ steps: 4000, sizes: {} }] };
    const numbers = drawnNumbers(js.manifest, call, { seed: 5, counters: {} });
    const moments = (values: Float64Array, power: number): number =>
      values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    const [u, n] = [numbers.get("u 0")!, numbers.get("n 0")!];
    for (const [power, wanted] of [0.5, 1 / 3, 1 / 4].entries()) expect(moments(u, power + 1)).toBeCloseTo(wanted, 1.5);
    for (const [power, wanted] of [0, 1, 0, 3].entries()) expect(moments(n, power + 1)).toBeCloseTo(wanted, 0.8);
    expect(u.every((value) => value > 0 && value < 1 && Math.fround(value) === value)).toBe(true);
    expect(new Set(u).size).toBeGreaterThan(0.99 * u.length);
  });
});

describe("draws", () => {
  const whole = copy(make().forward({ x, ...options }));
  const widths = { u: H, n: 2 * H, dropped: H, kept: H, noise: H };

  it("are the same on both targets, and in float32 but for rounding", async () => {
    expect(copy(make(wasm).forward({ x, ...options }))).toEqual(whole);
    const single = await cell(source, { cell: "A", dimensions: { H }, target: "js" });
    const { u, n } = (single.instantiate({ batch: B, steps: T }) as unknown as Instance).forward({ x, ...options });
    expect([...u!]).toEqual(whole.u);
    expect([...n!]).toEqual(whole.n);
  });

  it("are the same in a stream, after a snapshot, and in blocks of steps", () => {
    for (const module of modules) {
      const instance = make(module);
      const inputs = (from: number, to: number): number[] =>
        [0, 1].flatMap((b) => rowsOf(x, b, H).slice(from * H, to * H));
      const expectRows = (results: Readonly<Record<string, Float64Array>>, from: number, to: number): void => {
        for (const [name, width] of Object.entries(widths)) {
          const wanted = [0, 1].flatMap((b) => rowsOf(whole[name]!, b, width).slice(from * width, to * width));
          expect([...results[name]!], name).toEqual(wanted);
        }
      };
      instance.reset(options);
      expectRows(instance.step({ x: inputs(0, 1) }), 0, 1);
      const snapshot = structuredClone(instance.snapshot());
      expect(snapshot).toMatchObject({ seed: options.seed, train: true, examples: Int32Array.from(options.examples) });
      expectRows(instance.step({ x: inputs(1, 2) }), 1, 2);
      instance.reset({ seed: 1, batch: 1 });
      instance.restore(snapshot);
      expectRows(instance.steps({ x: inputs(1, T), steps: T - 1 }), 1, T);
    }
  });

  it("are the same in chunks, whose states are carried on", () => {
    const instance = make();
    const inputs = (from: number, to: number): number[] =>
      [0, 1].flatMap((b) => rowsOf(x, b, H).slice(from * H, to * H));
    const first = copy(instance.forward({ x: inputs(0, 2), steps: 2, ...options }));
    const second = instance.forward({ x: inputs(2, T), steps: T - 2, ...options, ...first.final });
    expect([...second.n!]).toEqual([0, 1].flatMap((b) => rowsOf(whole.n!, b, 2 * H).slice(4 * H)));
  });

  it("belong to the example, whatever the batch", () => {
    const alone = make().forward({ x: rowsOf(x, 1, H), batch: 1, ...options, examples: [19] });
    expect([...alone.n!]).toEqual(rowsOf(whole.n!, 1, 2 * H));
    const other = make().forward({ x: rowsOf(x, 1, H), batch: 1, ...options, examples: [20] });
    expect([...other.n!]).not.toEqual(rowsOf(whole.n!, 1, 2 * H));
    const plain = copy(make().forward({ x, seed: 3 }));
    expect(copy(make().forward({ x, seed: 3, examples: [0, 1] }))).toEqual(plain);
  });

  it("change with the seed, all 53 bits of it, and with the step", () => {
    const drawn = (seed: number): number[] => [...make().forward({ x, seed }).u!];
    expect(drawn(7)).not.toEqual(drawn(2 ** 40 + 7));
    expect(drawn(7)).toEqual(drawn(7));
    const own = drawn(7);
    expect(new Set(own).size).toBe(own.length);
  });

  it("for training leave values as they are elsewhere, and zoneout its mean", async () => {
    const { dropped, kept, noise } = make().forward({ x, seed: 1 });
    expect([...dropped!]).toEqual([...x]);
    expect([...noise!]).toEqual([...x]);
    expect([...kept!].every((value) => value === 1)).toBe(true);
    const zoneout = await cell("cell Z { input a, b: real output y = zoneout(a, b, 0.25) }", {
      dtype: "f64",
      target: "js",
    });
    const instance = zoneout.instantiate() as unknown as Instance;
    expect([...instance.forward({ a: [4], b: [8] }).y!]).toEqual([7]);
  });

  it("need a seed where something is drawn, and options of their kinds", async () => {
    const refused = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
      return "nothing";
    };
    const instance = make();
    expect(refused(() => instance.forward({ x }))).toBe(
      "TypeError: forward: seed is missing: it must be an integer, by which random numbers are drawn",
    );
    expect(refused(() => instance.step({ x: x.subarray(0, 6) }))).toContain("a stream starts by `reset({ seed })`");
    expect(refused(() => instance.forward({ x, seed: -1 }))).toContain(
      "RangeError: forward: seed must be an integer from 0",
    );
    expect(refused(() => instance.forward({ x, seed: 1, train: 1 }))).toContain("train must be true or false, got 1");
    expect(refused(() => instance.forward({ x, seed: 1, examples: [1] }))).toContain(
      "examples must have shape [batch 2]",
    );
    expect(refused(() => instance.forward({ x, seed: 1, examples: [1, -2] }))).toContain(
      "examples[1] must be an integer",
    );
    const training = await cell("cell D { input x: real output y = dropout(x, 0.5) }", { target: "js" });
    const one = training.instantiate() as unknown as Instance;
    expect([...one.forward({ x: [3] }).y!]).toEqual([3]);
    expect(refused(() => one.forward({ x: [3], train: true }))).toContain("TypeError: forward: seed is missing");
    const none = await cell("cell N { input x: real output y = x }", { target: "js" });
    expect(refused(() => none.instantiate().forward({ x: [3], seed: 1 } as never))).toContain("unknown name seed");
  });
});
