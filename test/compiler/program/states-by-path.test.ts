/** States of what a used cell or network has inside, by path: read after a call, and given to one. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { verifyModule } from "../../../compiler/tools/verify/verify-module.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import type { ModuleInstance } from "../../../runtime/module/compiled-module.js";

const leaky = `
  cell Leaky(H) { input x: [H] state h: [H] param a: [H] h' = a * h + x output y = h' }
  cell Twice(H) { input x: [H] use l = Leaky(H) output y = 2 * l(x) }`;

const list = (values: unknown): number[] => [...(values as Float64Array)];

async function make(text: string, target: "js" | "wasm", sizes: Record<string, number>): Promise<ModuleInstance> {
  const { instantiate } = await cell(leaky + text, { cell: "N", dimensions: { H: 1 }, dtype: "f64", target });
  const made = instantiate({ batch: 1, ...(Object.keys(sizes).length > 0 ? { sizes } : { steps: 3 }) });
  made.setParams(Object.fromEntries(Object.keys(made.params).map((name) => [name, [0.5]])));
  return made;
}

/** h' = h / 2 + x. */
const leak = (x: readonly number[], first: number): number[] =>
  x.reduce<number[]>((all, value) => [...all, (all.at(-1) ?? first) / 2 + value], []);

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it("cells inside of cells that run, and runs of networks", async () => {
    const net = await make(
      `network Low(H; T) { input x: [T, H] use w = Twice(H) output y = w(x) }
       network N(H; T) {
         input x: [T, H]
         input s: [H]
         use w = Twice(H)
         use low = Low(H)
         a = w(x, l.h = s)
         b = low(x, w.l.h = a.l.h')
         c = low(x)
         output y = b
         output ends = concat(a.l.h', b.w.l.h, b.w.l.h', c.w.l.h, c.w.l.h')
         output all = trace(a.l.h)
       }`,
      target,
      { T: 3 },
    );
    const x = [1, 2, 3];
    const { y, ends, all, final } = net.forward({ x, s: [4], "c.w.l.h": [8] });
    const [a, b, c] = [leak(x, 4), leak(x, 4.75), leak(x, 8)];
    expect(list(y)).toEqual(b.map((value) => 2 * value));
    expect(list(ends)).toEqual([a[2], a[2], b[2], 8, c[2]]);
    expect(list(all)).toEqual(a);
    // What an equation starts is none of the module's.
    expect(Object.keys(final)).toEqual(["c.w.l.h"]);
  });

  it("of a run in a loop, of one that begins by itself, of one of an array", async () => {
    const net = await make(
      `cell Started(H) { input x: [H] param a: [H] state h: [H] = a h' = a * h + x output y = h' }
       network Low(H; N) {
         use l = Leaky(H)
         use s = Started(H)
         use many[2] = Leaky(H)
         y = l(before(y, 1) + 1)
         z = s(y)
         output w = many[1](many[0](z))
       }
       network N(H; N) {
         input start: [N, H]
         use low = Low(H)
         k = start + 0
         a = low(k)
         output ends = concat(a.l.h, a.l.h', a.s.h, a.s.h', a.many[0].h', a.many[1].h')
       }`
        .replace("network Low(H; N) {", "network Low(H; N) { input k: [N, H]")
        .replace("before(y, 1) + 1", "before(y, 1) + k"),
      target,
      { N: 2 },
    );
    const { ends } = net.forward({ start: [1, 2] });
    const y1 = 2;
    const y2 = y1 / 2 + y1 + 2;
    const z = leak([y1, y2], 0.5);
    const many = leak(z, 0);
    expect(list(ends)).toEqual([0, y2, 0.5, z[1], many[1], leak(many, 0)[1]]);
  });

  it("in a cell, the step starts from what is given, and what the last one left can be read", async () => {
    const net = await make(
      `cell N(H) { input x: [H] input s: [H] use w = Twice(H) output y = w(x, l.h = s) output left = w.l.h }`,
      target,
      {},
    );
    const { y, left } = net.forward({ x: [1, 2, 3], s: [10, 20, 30], steps: 3 });
    expect(list(y)).toEqual([12, 24, 36]);
    expect(list(left)).toEqual([0, 6, 12]);
  });

  it("at each place of an index a called network has states of that place", async () => {
    const net = await make(
      `network Low(H; T) { input x: [T, H] use w = Twice(H) output y = w(x) }
       network N(H; K, T) {
         input x: [K, T, H]
         use low = Low(H)
         output ends[k] = low(x[k], w.l.h = x[k, 0]).w.l.h'
       }`.replace("; K, T)", "; K, T >= 1)"),
      target,
      { K: 2, T: 3 },
    );
    const { ends, final } = net.forward({ x: [1, 2, 3, 4, 5, 6] });
    expect(list(ends)).toEqual([leak([1, 2, 3], 1)[2], leak([4, 5, 6], 4)[2]]);
    expect(final).toEqual({});
  });

  it("what only losses read may be left out of `forward`, with the runs that read it", async () => {
    const net = await make(
      `network N(H; T) {
         input x: [T, H]
         input gold: [T, H]
         use l, m = Leaky(H)
         output y = l(x)
         loss = sum(square(m(gold)), axis = [0, 1])
       }`,
      target,
      { T: 3 },
    );
    const { y, loss, final } = net.forward({ x: [1, 2, 3] });
    expect(list(y)).toEqual(leak([1, 2, 3], 0));
    expect([...list(loss), ...list(final["m.h"])]).toEqual([NaN, NaN]);
    expect(list(final["l.h"])).toEqual([leak([1, 2, 3], 0)[2]]);
    const whole = net.forward({ x: [1, 2, 3], gold: [1, 2, 3] });
    expect(list(whole.final["m.h"])).toEqual([leak([1, 2, 3], 0)[2]]);
  });
});

it("such runs are no part of a stream, and the count of what is drawn is", async () => {
  const text = `network N(H; T, S) {
    input x: [T, H]
    input gold: [S, H]
    use l, m = Leaky(H)
    output y = l(x) + normal([T, H])
    loss = sum(square(m(gold)), axis = [0, 1])
  }`;
  const module = await cell(leaky + text, { cell: "N", dimensions: { H: 1 }, dtype: "f64", target: "js" });
  expect(module.manifest.states.map(({ name }) => name)).toContain("step");
  expect(module.manifest.states.find(({ name }) => name === "step")).not.toHaveProperty("forLosses");
  const { passed } = await verifyModule(module, { runs: 1, seed: 2 });
  expect(passed).toBe(true);
});

const wrong = (text: string): string[] =>
  lowerSource(leaky + text, { cell: "N", dimensions: {} }, "symbolic").diagnostics.map(
    ({ code, message }) => `${code}: ${message}`,
  );

it("paths that lead nowhere, states that are said elsewhere, and traces of them", () => {
  const low = "network Low(H; T) { input x: [T, H] use w = Twice(H) output y = w(x, l.h = x[0] * 0) }".replace("; T)", "; T >= 1)"); // prettier-ignore
  const net = (body: string): string => `${low} network N(H; T >= 1) { input x: [T, H] ${body} }`; // prettier-ignore
  expect(wrong(net("use w = Twice(H) output y = w(x, l.g = x[0])"))).toEqual([
    "unknown-argument: `w` has no argument `l.g`",
  ]);
  expect(wrong(net("use w = Twice(H) output y = w(x, l.h = x)"))).toEqual([
    "shape-mismatch: state `l.h` of `w` is [H], this is [T, H]",
  ]);
  expect(wrong(net("use low = Low(H) output y = low(x, w.l.h = x[0])"))).toEqual([
    "unknown-argument: `low` has no argument `w.l.h`",
  ]);
  expect(wrong(net("use low = Low(H) a = low(x) output y = a.w.l.g'"))).toEqual([
    "unknown-member: `low` has no output or state `w.l.g`",
  ]);
  expect(wrong(net("use low = Low(H) a = low(x) output y = trace(a.w.l.h)"))).toEqual([
    "unknown-member: `low` is a network, and `w.l.h` is traced where it runs",
  ]);
});
