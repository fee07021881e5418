/** Parameters that are indices, `bos: index(V) = 0`, and draws for each value of an index or in each round. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../compiler/driver/compile.js";
import { cell } from "../../../compiler/driver/in-process.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";

const list = (values: unknown): number[] => [...(values as Float64Array)];
const wrong = (text: string, given: Record<string, number> = {}): string[] =>
  compile(text, { cell: "N", dimensions: { V: 4, ...given } }).diagnostics.map(({ code, message }) => `${code}: ${message}`); // prettier-ignore

const shifted = `
  network Low(V, bos: index(V) = 1; T) { input x: index(V)[T] output y = before(x, bos) }
  network N(V, first: index(V) = 2; T) {
    input x: index(V)[T]
    use a = Low(V)
    use b = Low(V, bos = first)
    use c = Low(V, bos = 3)
    output y = a(x)
    output z = b(x)
    output w = c(x)
    output is[t] = if x[t] == first then 1 else 0
  }`;

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it("an index is given as a number is, and handed on", async () => {
    for (const first of [2, 0]) {
      const options = { cell: "N", dimensions: { V: 4, first }, target, dtype: "f64" } as const;
      const { instantiate } = (await cell(shifted, options)) as unknown as CompiledModule;
      const { y, z, w, is } = instantiate({ batch: 1, sizes: { T: 3 } }).forward({ x: [0, 2, 1] });
      expect([list(y), list(z), list(w)]).toEqual([[1, 0, 2], [first, 0, 2], [3, 0, 2]]); // prettier-ignore
      expect(list(is)).toEqual([0, 2, 1].map((x) => (x === first ? 1 : 0)));
    }
  });

  it("an index is given by sizes, as its default and where a cell is used", async () => {
    const text = `
      network Low(V, K = V, bos: index(V) = V - 1; T) { input x: index(V)[T] output y = before(x, bos) output z[t < T] = real(x[t]) / K }
      network N(V, W = V - 1, first: index(W) = W - 2; T) {
        input x: index(W)[T]
        use a, d = Low(W)
        use b = Low(W, bos = W - 3)
        use c = Low(V = W, bos = first)
        output y = a(x).y
        output z = b(x).y
        output w = c(x).y
        output m = real(first) + 0 * sum(d(x).z)
      }`;
    const options = { cell: "N", dimensions: { V: 6 }, target, dtype: "f64" } as const;
    const { instantiate } = (await cell(text, options)) as unknown as CompiledModule;
    const { y, z, w, m } = instantiate({ batch: 1, sizes: { T: 3 } }).forward({ x: [0, 2, 1] });
    expect([y, z, w, m].map(list)).toEqual([[4, 0, 2], [2, 0, 2], [3, 0, 2], [3]]); // prettier-ignore
  });

  it("draws are others for each value of an index, each round and each seed, and the same in a batch and alone", async () => {
    const text = `network N(H, L; T) {
      input x: [T, H]
      output u[t < T] = uniform([H])
      output chosen[t] = sample(x[t])
      output r = x then r + normal([T, H]) for 1 <= k < L
      output s = sum(uniform([]) for j < 3)
    }`;
    const options = { cell: "N", dimensions: { H: 3, L: 3 }, target, dtype: "f64" } as const;
    const { instantiate } = (await cell(text, options)) as unknown as CompiledModule;
    const net = instantiate({ batch: 2, sizes: { T: 4 } });
    const x = [0, -9, -9, -9, 0, -9, -9, -9, 0, 0, 0, 0].map((value) => value * 9);
    const batch = net.forward({ x: [...x, ...x], seed: 1 });
    const [u, r, s, chosen] = [batch.u, batch.r, batch.s, batch.chosen].map(list) as [number[], number[], number[], number[]]; // prettier-ignore
    expect(new Set([...u, ...r, ...s]).size).toBe(24 + 24 + 2);
    expect(chosen.slice(0, 3)).toEqual([0, 1, 2]);
    const alone = net.forward({ x, batch: 1, seed: 1, examples: [1] });
    expect([list(alone.u), list(alone.r), list(alone.s)]).toEqual([u.slice(12), r.slice(12), s.slice(1)]);
    expect(list(net.forward({ x, batch: 1, seed: 2 }).u)).not.toEqual(u.slice(0, 12));
  });
});

it("is a whole number below its bound, and none in the place of a real one", () => {
  const net = (header: string, body = "output y = before(x, bos)"): string =>
    `network N(V, ${header}; T) { input x: index(V)[T] ${body} }`;
  expect(wrong(net("bos: index(V) = 4"))).toEqual(["bad-dimension-size: `V - 4` is 0 with V = 4"]);
  expect(wrong(net("bos: index(V) = V"))).toEqual(["bad-dimension-size: a size of 0"]);
  expect(wrong(net("bos: index(V) = V - 5"))).toEqual(["bad-dimension-size: `V - 5` is -1 with V = 4"]);
  expect(wrong(net("bos: index(V) = -1"))).toEqual(["not-a-constant: a whole number from 0 to V - 1 is expected here"]);
  expect(wrong(net("bos: index(V) = 0.5"))).toEqual([
    "not-a-constant: a whole number from 0 to V - 1 is expected here",
  ]);
  expect(wrong(net("bos: index(V)"), { bos: 7 })).toEqual(["bad-dimension-size: `bos` cannot be 7"]);
  expect(wrong(net("bos: index(V + 1) = 0"))).toEqual(["shape-mismatch: `before` fills with index(V), this is index(V + 1)"]); // prettier-ignore
  expect(wrong("cell N(V) { input x: [V] output y = x then dropout(y, 0.5) for 3 }")).toEqual([
    "misplaced-draw: each round draws numbers of its own, and nothing counts these",
  ]);
});
