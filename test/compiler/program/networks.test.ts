/** Networks against plain loops over their equations: runs, sequences turned round, loops through `before` and `after`, losses. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";

const draw = (count: number, step: number): number[] =>
  Array.from({ length: count }, (_, k) => Math.sin(1 + k * step * 1.7 + step));

function close(actual: unknown, expected: readonly number[]): void {
  const values = [...(actual as ArrayLike<number> & Iterable<number>)];
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 12);
}

const linear = `cell Linear(I, O) { input x: [I] param W: [O, I] output y = W @ x }`;
const leaky = `cell Leaky(H) { input x: [H] state h: [H] param a: [H] h' = a * h + x output y = h' }`;

/** h' = a h + x of one example, from its first place or from its last. */
function leak(x: readonly number[], a: number, first = 0, reverse = false): number[] {
  const y = x.map(() => 0);
  let h = first;
  for (let i = 0; i < x.length; i++) {
    const place = reverse ? x.length - 1 - i : i;
    h = a * h + (x[place] ?? 0);
    y[place] = h;
  }
  return y;
}

const lengths = [5, 3];
const x = draw(10, 0.37).map((value, k) => (k < 8 ? value : NaN));
const each = [x.slice(0, 5), x.slice(5, 8)];
/** One list for each example, with zeros where it ends. */
const padded = (of: (x: number[], b: number) => number[]): number[] =>
  each.flatMap((own, b) => [...of(own, b), 0, 0].slice(0, 5));
const logSum = (values: readonly number[]): number => {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
};

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  /** The last network of the text in float64, with room for two examples and five places. */
  async function make(text: string, dimensions: Record<string, number>, axis = "T"): Promise<ModuleInstance> {
    const name = /network (\w+)\([^{]*\{(?![^]*network)/u.exec(text)?.[1];
    const { instantiate } = await cell(text, { ...(name && { cell: name }), dimensions, target, dtype: "f64" });
    return instantiate({ batch: 2, ...(axis !== "" && { sizes: { [axis]: 5 } }) });
  }

  it("runs go over each example's own places, in both directions, from states by name", async () => {
    const net = await make(
      `${leaky}
       network Both(H; T) {
         input x: [T, H]
         use ahead, back = Leaky(H)
         output y = ahead(x)
         output z = reverse(back(reverse(x)))
       }`,
      { H: 1 },
    );
    net.setParams({ "ahead.a": [0.5], "back.a": [0.25] });
    const { y, z, final } = net.forward({ x, sizes: { T: lengths }, "ahead.h": [1, 2] });
    close(y, padded((own, b) => leak(own, 0.5, b + 1))); // prettier-ignore
    close(z, padded((own) => leak(own, 0.25, 0, true))); // prettier-ignore
    expect(Object.keys(final)).toEqual(["ahead.h", "back.h"]);
    close(final["ahead.h"], each.map((own, b) => leak(own, 0.5, b + 1).at(-1) ?? NaN)); // prettier-ignore
  });

  it("states belong to the call: before the first place, after the last, after every one, and given", async () => {
    const net = await make(
      `${leaky}
       network Calls(H; T) {
         input x: [T, H]
         use l = Leaky(H)
         first = l(x)
         second = l(2 * x, h = first.h')
         third = l(x)
         output a = second.h
         output b = second.h'
         output c = trace(first.h)
         output d = third
       }`,
      { H: 1 },
    );
    net.setParams({ "l.a": [0.5] });
    const { a, b, c, d, final } = net.forward({ x, sizes: { T: lengths }, "third.h": [1, 1] });
    const ends = each.map((own) => leak(own, 0.5).at(-1) ?? NaN);
    close(a, ends);
    close(b, each.map((own, k) => leak(own.map((value) => 2 * value), 0.5, ends[k]).at(-1) ?? NaN)); // prettier-ignore
    close(c, padded((own) => leak(own, 0.5))); // prettier-ignore
    close(d, padded((own) => leak(own, 0.5, 1))); // prettier-ignore
    // What is given by an equation is no state of the module; several calls are told apart by their equations.
    expect(Object.keys(final)).toEqual(["first.h", "third.h"]);
  });

  it("cells without states go over any leading axes, networks stand where they are called", async () => {
    const net = await make(
      `${linear} ${leaky}
       network Twice(Cell: cell(H), H; T) {
         input x: [T, H]
         use low, high = Cell(H)
         output y = high(low(x))
       }
       network Deep(H, K; T) {
         input x: [T, H]
         use l = Twice(Leaky, H)
         use read = Linear(H, 2)
         deep = l(x)
         table[t, k < K] = deep[t] * (k + 1)
         output y = read(table)
       }`,
      { H: 1, K: 3 },
    );
    net.setParams({ "l.low.a": [0.5], "l.high.a": [-0.5], "read.W": [1, 10] });
    const { y } = net.forward({ x, sizes: { T: lengths } });
    const rows = each.flatMap((own) => {
      const deep = leak(leak(own, 0.5), -0.5);
      return [...deep, NaN, NaN].slice(0, 5).flatMap((value) => [1, 2, 3].flatMap((k) => [k * value, 10 * k * value]));
    });
    close(y, rows.map((value) => (Number.isNaN(value) ? 0 : value))); // prettier-ignore
  });

  it("states of one of an array that is called twice are told apart by numbers", async () => {
    const net = await make(
      `${leaky}
       network Again(H, L; T) {
         input x: [T, H]
         use l[L] = Leaky(H)
         y = x then l[k](y) for k < L
         output z = l[0](y)
       }`,
      { H: 1, L: 2 },
    );
    net.setParams({ "l.0.a": [0.5], "l.1.a": [0.25] });
    const { z, final } = net.forward({ x, sizes: { T: lengths } });
    expect(Object.keys(final)).toEqual(["l.0.h", "l.1.h", "l.0.h 2"]);
    const y = each.map((own) => leak(leak(own, 0.5), 0.25));
    close(z, padded((_, b) => leak(y[b] ?? [], 0.5))); // prettier-ignore
    close(final["l.0.h 2"], y.map((own) => leak(own, 0.5).at(-1) ?? NaN)); // prettier-ignore
    close(final["l.0.h"], each.map((own) => leak(own, 0.5).at(-1) ?? NaN)); // prettier-ignore
  });

  it("before and after know an example's own elements", async () => {
    const net = await make(
      `network Shifts(; T) {
         input x: [T]
         output a = before(x, 7)
         output b = after(x, 7)
         output c = before(x, 7, by = 2)
         output d = after(x, 8, by = 2)
       }`,
      {},
    );
    const { a, b, c, d } = net.forward({ x, sizes: { T: lengths } });
    close(a, padded((own) => [7, ...own.slice(0, -1)])); // prettier-ignore
    close(b, padded((own) => [...own.slice(1), 7])); // prettier-ignore
    close(c, padded((own) => [7, 7, ...own.slice(0, -2)])); // prettier-ignore
    close(d, padded((own) => [...own.slice(2), 8, 8])); // prettier-ignore
  });

  it("a cycle through before is a loop: the partition function and the best path of a chain", async () => {
    const net = await make(
      `network Chain(C; T >= 1) {
         input emit: [T, C]
         param A: [C, C]
         u = before(alpha, zeros([C]))
         alpha[t] = emit[t] + (if t == 0 then zeros([C]) else logsumexp(u[t][:, new] + A, axis = 0))
         output sum = logsumexp(alpha[T - 1])
         v = before(best, zeros([C]))
         best[t] = emit[t] + (if t == 0 then zeros([C]) else max(v[t][:, new] + A, axis = 0))
         origin[t] = argmax(v[t][:, new] + A, axis = 0)
         link = after(origin, 0)
         next = after(path, 0)
         output path[t] = if t == T - 1 then argmax(best[t]) else link[t, next[t]]
       }`,
      { C: 3 },
    );
    const [emit, A] = [draw(30, 0.61), draw(9, 0.29)];
    net.setParams({ A });
    const found = lengths.map((length, b) => {
      let paths: number[][] = [[]];
      for (let n = 0; n < length; n++) paths = paths.flatMap((path) => [0, 1, 2].map((c) => [...path, c]));
      const score = (path: readonly number[]): number =>
        path.reduce((sum, c, n) => sum + (emit[(b * 5 + n) * 3 + c] ?? 0) + (n === 0 ? 0 : (A[(path[n - 1] ?? 0) * 3 + c] ?? 0)), 0); // prettier-ignore
      const scores = paths.map(score);
      return { sum: logSum(scores), path: paths[scores.indexOf(Math.max(...scores))] ?? [] };
    });
    const { sum, path } = net.forward({ emit, sizes: { T: lengths } });
    close(sum, found.map((one) => one.sum)); // prettier-ignore
    close(path, found.flatMap((one) => [...one.path, 0, 0].slice(0, 5))); // prettier-ignore
  });

  it("a loop goes over a sequence of a length that is made of another one, beside values as long as that", async () => {
    const text = `network Way(; F, U) {
      input x: [F]
      input w: [U]
      h[t] = tanh(x[t] * w + g[t])
      g = before(h, fill(0, [U]))
      output y = h
    }
    network Ways(; U) {
      input x: [U + 2]
      input w: [U]
      use way = Way()
      output y = way(x, w)
    }`;
    const module = await cell(text, { cell: "Ways", target, dtype: "f64", gradient: true });
    const net = module.instantiate({ batch: 1, sizes: { U: 3 } });
    const [x, w] = [
      [0.5, -1, 2, 0.25],
      [1, -0.5],
    ];
    const { y } = net.forward({ x, w, sizes: { U: 2 } });
    const wanted = w.map((own) => x.reduce<number[]>((all, value) => [...all, Math.tanh((all.at(-1) ?? 0) + own * value)], [])); // prettier-ignore
    x.forEach((_, t) => w.forEach((_, u) => expect(y![2 * t + u]).toBeCloseTo(wanted[u]![t]!, 14)));
  });

  it("a run that a loop reads is the one outside: it has one state, and draws once", async () => {
    const net = await make(
      `${leaky}
       cell Drop(H) { input x: [H] state h: [H] h' = h + dropout(x, 0.5) output y = h' }
       network Once(H; T >= 1) {
         input x: [T, H]
         use a = Leaky(H)
         use d = Drop(H)
         m = a(x)
         n = d(x)
         output y = m + before(y, m.h')
         output z[t] = n.h' - n[T - 1] + 0 * p[t]
         p = before(z, zeros([H]))
       }`,
      { H: 1 },
    );
    net.setParams({ "a.a": [0.5] });
    const { y, z, final } = net.forward({ x, sizes: { T: lengths }, seed: 1, train: true });
    expect(Object.keys(final)).toEqual(["a.h", "d.h", "d.step", "p"]);
    close(
      z,
      Array.from({ length: 10 }, () => 0),
    );
    close(y, padded((own) => {
      const m = leak(own, 0.5);
      let before = m.at(-1) ?? NaN;
      return m.map((value) => (before = value + before));
    })); // prettier-ignore
  });

  it("what is said is fed back: a writer takes the likeliest letter of each step", async () => {
    const net = await make(
      `${leaky} ${linear}
       network Writer(V, H; N) {
         input start: [H]
         param table: [V, H]
         use rnn = Leaky(H)
         use read = Linear(H, V)
         logits = read(rnn(table[before(said, 0)], h = start))
         output said[n] = argmax(logits[n])
       }`,
      { V: 4, H: 2 },
      "N",
    );
    const [table, W, a, start] = [draw(8, 0.3), draw(8, 0.7), [0.5, -0.5], draw(4, 0.9)];
    net.setParams({ table, "rnn.a": a, "read.W": W });
    const { said } = net.forward({ start, sizes: { N: lengths } });
    const expected = lengths.flatMap((length, b) => {
      let h = start.slice(2 * b, 2 * b + 2);
      let last = 0;
      const letters = Array.from({ length }, () => {
        h = h.map((value, k) => (a[k] ?? 0) * value + (table[2 * last + k] ?? 0));
        const scores = [0, 1, 2, 3].map((v) => (W[2 * v] ?? 0) * (h[0] ?? 0) + (W[2 * v + 1] ?? 0) * (h[1] ?? 0));
        return (last = scores.indexOf(Math.max(...scores)));
      });
      return [...letters, 0, 0].slice(0, 5);
    });
    close(said, expected);
  });

  it("a loss is a sum over the batch by what it is divided by, and its gradient that of the quotient", async () => {
    const net = await make(
      `network Loss(; T) {
         input x: [T]
         param a: real
         loss = sum(square(a * x)) per T
         loss second = a
       }`,
      {},
    );
    net.setParams({ a: [2] });
    const squares = each.flat().reduce((sum, value) => sum + value * value, 0);
    const results = net.forward({ x, sizes: { T: lengths } });
    close(results["loss"], [(4 * squares) / 8]);
    close(results["loss.sum"], [4 * squares]);
    close(results["loss.weight"], [8]);
    close(results["second"], [2]);
    close(results["second.weight"], [2]);
    close(net.backward?.({ loss: [1], second: [1] })?.params["a"], [(4 * squares) / 8 + 1]);
    close(net.forward({ x: [], sizes: { T: 0 }, batch: 1 })["loss"], [0]);
  });

  it("a loss is over the examples also where calls give no sizes", async () => {
    const net = await make(
      `network Plain(I, O) {
         input x: [I]
         input want: [O]
         param W: [O, I]
         y = W @ x
         loss = sum(square(y - want))
         loss size = sum(W * W, axis = [0, 1])
         output z = y
       }`,
      { I: 1, O: 1 },
      "",
    );
    net.setParams({ W: [2] });
    const found = net.gradient?.({ x: [1, 3], want: [1, 1] });
    expect([found?.losses["loss"]?.value, found?.losses["size"]?.value, found?.losses["size"]?.weight]).toEqual([13, 4, 2]); // prettier-ignore
    // (2 · 1 · (2 - 1) + 2 · 3 · (6 - 1)) / 2 + 2 · 2
    close(found?.params["W"], [20]);
  });

  it("and where it does not read what an example is given in its gradient", async () => {
    const net = await make(
      "network Least(I) { input x: [I] param a: [] ~ ones loss = a * sum(x) output y = a }",
      { I: 2 },
      "",
    );
    const found = net.gradient?.({ x: [1, 3, 2, 4] });
    expect(found?.loss).toBe(5);
    close(found?.params["a"], [5]);
  });

  it("gradient gives losses with their gradient; forward goes without what only losses need", async () => {
    const net = await make(
      `network Fit(; T) {
         input x, want: [T]
         param a: real
         output y = a * x
         loss = sum(square(y - want)) per T
       }`,
      {},
    );
    net.setParams({ a: [2] });
    const want = draw(10, 0.9);
    const sizes = { T: lengths };
    const { y, loss } = net.forward({ x, sizes });
    close(y, padded((own) => own.map((value) => 2 * value))); // prettier-ignore
    expect([...loss!]).toEqual([NaN]);
    const pairs = each.flatMap((own, b) => own.map((value, n) => [value, want[b * 5 + n] ?? 0] as const));
    const sum = pairs.reduce((total, [value, wanted]) => total + (2 * value - wanted) ** 2, 0);
    const slope = pairs.reduce((total, [value, wanted]) => total + 2 * value * (2 * value - wanted), 0);
    const whole = net.gradient?.({ x, want, sizes });
    expect(whole?.loss).toBeCloseTo(sum / 8, 12);
    close(whole?.params["a"], [slope / 8]);
    expect(whole?.losses["loss"]?.weight).toBe(8);
    // Parts of a batch, divided by what all of it has, add up to the whole.
    const parts = [0, 1].map((b) => {
      const own = { batch: 1, x: x.slice(b * 5, b * 5 + 5), want: want.slice(b * 5, b * 5 + 5) };
      return net.gradient?.({ ...own, sizes: { T: { padded: 5, each: [lengths[b] ?? 0] } } }, { per: 8 })?.params["a"]?.[0] ?? NaN; // prettier-ignore
    });
    expect((parts[0] ?? NaN) + (parts[1] ?? NaN)).toBeCloseTo(slope / 8, 12);
    net.forward({ x, sizes });
    expect(() => net.backward?.({ loss: [1] })).toThrow("call forward first");
    expect(() => net.gradient?.({ x, sizes })).toThrow("gradient: want is missing");
    expect(() => net.gradient?.({ x, want, sizes }, { per: 0 })).toThrow("per.loss must be a number above 0, got 0");
    expect(() => net.gradient?.({ x, want, sizes }, { per: { lost: 1 } })).toThrow("unknown name lost; expected loss");
  });
});

it("a network with a loop that is called twice has a loop of its own in each call", async () => {
  const { instantiate } = await cell(
    `${leaky}
    network Fed(H; T) { input x: [T, H] use c = Leaky(H) y = c(x + before(z, 0)) output z = 0.5 * y }
    network Twice(H; T) { input x: [T, H] use fed = Fed(H) a = fed(x) b = fed(-2 * x) output p = a output q = b }`,
    { cell: "Twice", dimensions: { H: 1 }, dtype: "f64", target: "js" },
  );
  const net = instantiate({ sizes: { T: 5 } });
  net.setParams({ "fed.c.a": [0.7] });
  const { p, q } = net.forward({ x: each[0]! });
  let [h, fed] = [0, 0];
  const wanted = each[0]!.map((value) => {
    h = 0.7 * h + value + fed;
    return (fed = 0.5 * h);
  });
  close(p, wanted);
  close(q, wanted.map((value) => -2 * value)); // prettier-ignore
});

describe("a network in the place of a cell that another one takes", () => {
  const text = `${leaky}
    network Both(I, H; T) { input x: [T, I] param P: [H, I] use a, b = Leaky(H) v[t] = P @ x[t] y = a(v) + reverse(b(reverse(v))) output z = 0.5 * y }
    network Two(Layer: cell(I, H), H; T) { input x: [T, H] use l[2] = Layer(H, H) output y = x then l[k](y) for k < 2 }
    network Deep = Two(Both)
    network Plain(H; T) { input x: [T, H] use l, m = Both(H, H) output y = m(l(x)) }`;

  it.each(["js", "wasm"] as const)(
    "is called over the sequence, with params and states by the same paths, on %s",
    async (target) => {
      const run = async (name: string, of: (place: number) => string) => {
        const { instantiate } = await cell(text, { cell: name, dimensions: { H: 2 }, dtype: "f64", target });
        const net = instantiate({ batch: 2, sizes: { T: 5 } });
        for (const i of [0, 1])
          net.setParams({
            [`${of(i)}.a.a`]: [0.3 + i, 0.2],
            [`${of(i)}.b.a`]: [0.1, 0.5 - i],
            [`${of(i)}.P`]: draw(4, i),
          });
        const { y } = net.forward({ x: draw(20, 0.21), sizes: { T: lengths } });
        const gradient = net.backward!({ y: draw(20, 0.7) });
        return [y, gradient["x"], gradient.params[`${of(1)}.a.a`]].map((values) => [...(values as Float64Array)]);
      };
      const deep = await run("Deep", (i) => `l.${i}`);
      expect(deep).toEqual(await run("Plain", (i) => "lm"[i]!));
      expect(deep.flat().every(Number.isFinite)).toBe(true);
    },
  );
});
