/** Draws of networks: whole sequences, runs, loops; each number by its place and the path of its call, whatever stands around it. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { drawnNumbers } from "../../../compiler/tools/calls/random-numbers.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { expectReport } from "../language/semantics/support.js";

const drop = `
cell Drop(H) {
  input x: [H]
  state h: [H]
  state m: [H] = mask([H], 0.5)
  h' = 0.5 * h + zoneout(m * x, dropout(x, 0.5), 0.25)
  m' = m
  output y = h'
}`;
const noisy = `network Noisy(H; T) { input x: [T, H] output y = noise(x, 0.5) }`;
const source = `${drop} ${noisy}
network Net(H, V; T) {
  input x: [T, H]
  param W: [V, V]
  use low = Drop(H)
  use l[2] = Drop(H)
  use far = Noisy(H)
  u = before(looped, zeros([H]))
  logits = x[:, 0][:, new] + W[before(said, 0)]
  output own = x + normal([T, H]) * bernoulli([T, H], 0.5)
  output same = x * mask([H], 0.5)
  output one = low(x)
  output back = reverse(low(reverse(x)))
  output stack = x then l[k](stack) for k < 2
  output looped = x + 0.5 * u + normal([T, H])
  output said = sample(logits, axis = 1)
  first = far(x)
  output away = first + far(first)
  loss error = sum(sum(square(dropout(x, 0.25)), axis = 0)) per T
}`;
const [H, V, B, T] = [2, 3, 2, 5];
const dimensions = { H, V };
const lengths = [5, 3];
const x = Float64Array.from({ length: B * T * H }, (_, i) => 1 + Math.sin(i));
const W = Float64Array.from({ length: V * V }, (_, i) => Math.cos(3 * i));
const options = { seed: 11, train: true };

const [js, wasm] = await Promise.all(
  (["js", "wasm"] as const).map((target) => cell(source, { cell: "Net", dimensions, target, dtype: "f64", jvp: true })),
);
function make(module = js, sizes = { T }): ModuleInstance {
  const instance = module!.instantiate({ batch: B, sizes });
  instance.setParams({ W });
  return instance;
}
type Lists = Readonly<Record<string, number[]>>;
function listsOf(results: object): Lists {
  const found = Object.entries(results).filter(([name]) => name !== "final");
  return Object.fromEntries(found.map(([name, values]) => [name, Array.from(values as ArrayLike<number>)]));
}
const outputs = ["own", "same", "one", "back", "stack", "looped", "said", "away"];
/** What an example has of an output in a call with room for `room` places. */
const partOf = (results: Lists, name: string, b: number, room: number): number[] => {
  const width = name === "said" ? 1 : H;
  return results[name]!.slice(b * room * width, (b * room + lengths[b]!) * width);
};

describe("what a network draws", () => {
  const whole = listsOf(make().forward({ x, ...options, sizes: { T: lengths } }));

  it("is named by the equation, or by the call", () => {
    const names = js!.manifest.random?.map(({ name, shape, counter }) => [name, shape.join(), counter]);
    const ofDrop = (path: string, counter?: string) => [
      [`${path}.initial m 0`, "2", undefined],
      [`${path}.h' 0`, "T,2", counter],
      [`${path}.h' 1`, "T,2", counter],
    ];
    const byName = (list: readonly unknown[]) => [...list].sort((a, b) => (String(a) < String(b) ? -1 : 1));
    expect(byName(names!)).toEqual(
      byName([
        ["own 0", "T,2", undefined],
        ["own 1", "T,2", undefined],
        ["same 0", "2", undefined],
        ["looped 0", "T,2", undefined],
        ["said 0", "T,3", undefined],
        ["error 0", "T,2", undefined],
        ["first.y 0", "T,2", undefined],
        ["away far.y 0", "T,2", undefined],
        ...ofDrop("one", "one.step"),
        ...ofDrop("back low"),
        ...ofDrop("l.0", "l.0.step"),
        ...ofDrop("l.1", "l.1.step"),
      ]),
    );
  });

  it("is the same on both targets", () => {
    expect(listsOf(make(wasm).forward({ x, ...options, sizes: { T: lengths } }))).toEqual(whole);
  });

  it.each([
    ["js", js],
    ["wasm", wasm],
  ])("is the same for an example alone, with its own number, whatever room there is (%s)", (_target, module) => {
    for (const [b, length] of lengths.entries()) {
      const own = x.slice(b * T * H, (b * T + length) * H);
      const alone = listsOf(
        make(module, { T: length }).forward({ x: own, batch: 1, sizes: { T: length }, examples: [b], ...options }),
      );
      for (const name of outputs) expect(partOf(alone, name, 0, length).length, name).toBeGreaterThan(0);
      for (const name of outputs) expect(alone[name], name).toEqual(partOf(whole, name, b, T));
    }
  });

  it("is the numbers of the rules, by example, name and place", () => {
    const examples = lengths.map((length) => ({ steps: 0, sizes: { T: length } }));
    const numbers = drawnNumbers(
      js!.manifest,
      { batch: B, steps: 0, sizes: { T }, examples },
      { seed: 11, counters: {} },
    );
    const [n, bit, mask, zoned, dropped] = ["own 0", "own 1", "one.initial m 0", "one.h' 0", "one.h' 1"].map((name) =>
      numbers.get(name)!,
    ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
    for (const [b, length] of lengths.entries()) {
      const h = Array.from({ length: H }, () => 0);
      for (let place = b * T * H; place < (b * T + length) * H; place++) {
        expect(whole["own"]![place]).toBe(x[place]! + n[place]! * (bit[place]! < 0.5 ? 1 : 0));
        const k = place % H;
        const kept = (mask[b * H + k]! < 0.5 ? 2 : 0) * x[place]!;
        const next = zoned[place]! < 0.25 ? kept : dropped[place]! < 0.5 ? 0 : 2 * x[place]!;
        h[k] = 0.5 * h[k]! + next;
        expect(whole["one"]![place]).toBeCloseTo(h[k]!, 12);
      }
    }
  });

  it("differs from call to call, from place to place and with the seed", () => {
    const other = listsOf(make().forward({ x, ...options, seed: 12, sizes: { T: lengths } }));
    for (const name of outputs.filter((own) => own !== "said")) expect(other[name], name).not.toEqual(whole[name]);
    const ones = x.map(() => 1);
    const { own, away, stack } = listsOf(make().forward({ x: ones, ...options }));
    expect(new Set(away).size).toBe(away!.length);
    expect(new Set(own).size).toBeGreaterThan(own!.length / 4);
    expect(new Set(stack).size).toBeGreaterThan(stack!.length / 4);
  });

  it("goes on from the states of a run, and is none where nothing trains", () => {
    const first = make().forward({ x: x.slice(0, 4), batch: 1, sizes: { T: 2 }, examples: [0], ...options });
    const { final } = first;
    const given = { x: x.slice(4, 10), batch: 1, sizes: { T: 3 }, examples: [0], ...options };
    const second = listsOf(make().forward({ ...given, "one.h": final["one.h"], "one.step": final["one.step"] }));
    const [before, after] = [listsOf(first)["one"]!, second["one"]!];
    for (const [i, value] of [...before, ...after].entries()) expect(value).toBeCloseTo(whole["one"]![i]!, 12);
    const plain = listsOf(make().forward({ x, seed: 3 }));
    expect(plain["same"]).toEqual([...x]);
    expect(plain["away"]).toEqual([...x].map((value) => value + value));
  });

  it("is given to derivatives: backward and jvp are of the same draws", () => {
    const instance = make();
    const call = { x, ...options, sizes: { T: lengths } };
    instance.forward(call);
    const cotangents = Object.fromEntries(["own", "one", "back", "stack", "looped", "away"].map((name, i) => [name, x.map((value) => Math.cos(value + i))])); // prettier-ignore
    const direction = x.map((value) => Math.sin(5 * value));
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0); // prettier-ignore
    const real = (list: ArrayLike<number>): number[] => Array.from(list).map((value, i) => (i % (T * H) < lengths[Math.floor(i / (T * H))]! * H ? value : 0)); // prettier-ignore
    const gradient = listsOf(instance.backward!({ ...cotangents, error: [0.5] } as never) as object)["x"]!;
    const tangents = listsOf(instance.jvp!(call, { x: direction } as never));
    const forward = Object.entries(cotangents).reduce((sum, [name, cotangent]) => sum + dot(real(tangents[name]!), real(cotangent)), 0.5 * tangents["error"]![0]!); // prettier-ignore
    expect(dot(real(gradient), real(direction))).toBeCloseTo(forward, 9);
  });
});

describe("networks draw once for a place", () => {
  it.each([
    ["a run for each value of an index", "use d = Drop(H) A[k < K] = ‹d›(x * k) output y = sum(A, axis = 0)"],
    [
      "a network for each value of an index",
      "use e[2] = Noisy(H) A[k < K] = ‹e›[0](x * k) output y = sum(A, axis = 0)",
    ],
    ["a run in rounds", "use d = Drop(H) output y = x then ‹d›(y) for K"],
  ])("and refuse %s", (_what, items) => {
    expectReport(`${drop} ${noisy} network Net(H, K; T) { input x: [T, H] ${items} output of = K }`, "misplaced-draw");
  });
});

it("what is dropped in rounds over a sequence streams, each round for itself", async () => {
  const { instantiate, manifest } = await cell(
    `network Deep(H; T) {
      input x: [T, H]
      param W: [3, H, H] ~ normal(1)
      output y = x then dropout(y, 0.4) @ W[k] for k < 3
    }`,
    { cell: "Deep", dimensions: { H: 4 }, dtype: "f64", target: "js" },
  );
  expect([manifest.stream, manifest.random?.map(({ axes, shape }) => [...axes, ...shape])]).toEqual(["T", [["B", "T", 3, 4]]]); // prettier-ignore
  const net = instantiate({ batch: 2, sizes: { T: 5 } });
  net.init(1);
  const values = Array.from({ length: 2 * 5 * 4 }, (_, i) => 1 + Math.sin(i));
  const drawn = { seed: 4, train: true };
  const whole = [...net.forward({ x: values, ...drawn }).y!];
  net.reset({ batch: 2, ...drawn });
  for (let t = 0; t < 5; t++) {
    const at = (b: number): [number, number] => [(b * 5 + t) * 4, (b * 5 + t + 1) * 4];
    const { y } = net.step({ x: [0, 1].flatMap((b) => values.slice(...at(b))) });
    expect([...y!]).toEqual([0, 1].flatMap((b) => whole.slice(...at(b))));
  }
  expect(whole).not.toEqual([...net.forward({ x: values }).y!]);
});
