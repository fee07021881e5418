/**
 * Sums over the steps of all examples: their order, bit for bit, against plain loops, and their errors, which do not grow
 * with the number of terms (spec/numerics.md).
 */
import { describe, expect, it } from "vitest";
import { cell } from "../../compiler/index.js";
import type { CompiledModule } from "../../runtime/index.js";

const fround = Math.fround;
type Round = (x: number) => number;
const targets = ["js", "wasm"] as const;

/** Pieces of a batch, in their order, each as a list of examples and their steps. */
function piecesOf(lengths: readonly number[]): [example: number, step: number][][] {
  const pieces: [number, number][][] = [];
  for (let block = Math.floor(Math.max(...lengths, 1) / 64); block >= 0; block--) {
    let piece: [number, number][] = [];
    for (const [b, length] of lengths.entries()) {
      for (let t = 64 * block; t < Math.min(length, 64 * block + 64); t++) piece.push([b, t]);
      if (piece.length < 32) continue;
      pieces.push(piece);
      piece = [];
    }
    if (piece.length > 0) pieces.push(piece);
  }
  return pieces;
}

function compensated(round: Round = fround): { add: (term: number) => number } {
  let [sum, lost] = [0, 0];
  return {
    add: (value) => {
      const [before, term] = [sum, round(value - lost)];
      sum = round(before + term);
      lost = round(round(sum - before) - term);
      return sum;
    },
  };
}

/** Sums of pieces in the order of spec/numerics.md. */
function total(sums: readonly number[], round: Round = fround): number {
  const all = compensated(round);
  let result = 0;
  for (let from = 0; from < sums.length; from += 64) {
    result = all.add(chain(sums.slice(from, from + 64), round));
  }
  return result;
}

const chain = (terms: readonly number[], round: Round = fround): number =>
  terms.reduce((sum, term) => round(sum + term), 0);

const draw = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i) * [100, 1, 0.01][i % 3]!);

const source = `cell Sums(N, M, V) {
  input x: [N]
  input k: index(V)
  state s: real
  param W: [M, N] ~ zeros
  param b: [M] ~ zeros
  param E: [V, M] ~ zeros
  param p: real ~ zeros
  input u: [M]
  context c: [M]
  s' = s
  output y = W @ x + b
  output r = c * u
  output e = E[k]
  output level = p
}`;

describe.each([
  ["one example", [300]],
  ["ragged examples", [150, 0, 3, 64, 65, 1, 128, 20, 20]],
  ["short examples", Array.from({ length: 40 }, (_, b) => 1 + (b % 3))],
  ["more than 64 pieces", [3000, 2100]],
])("gradients of parameters of %s", (_, lengths) => {
  const [N, M, V] = [3, 2, 4];
  const B = lengths.length;
  const run = (module: CompiledModule, T: number, dtype: "f32" | "f64"): Record<string, number[]> => {
    const instance = module.instantiate({ batch: B, steps: T });
    const place = (width: number, seed: number): Float32Array | Float64Array => {
      const values = new (dtype === "f32" ? Float32Array : Float64Array)(B * T * width);
      for (const [b, length] of lengths.entries()) {
        values.set(draw(length * width, seed + b), b * T * width);
      }
      return values;
    };
    const k = Int32Array.from({ length: B * T }, (__, i) => (i % T) % V);
    instance.forward({ x: place(N, 1), u: place(M, 5), c: new Array<number>(B * M).fill(1), k, lengths });
    const cotangents = { y: place(M, 2), e: place(M, 3), level: place(1, 4), r: place(M, 6) };
    const { params, c } = instance.backward!(cotangents);
    return Object.fromEntries(Object.entries({ ...params, c: c! }).map(([name, list]) => [name, [...list]]));
  };

  it.each(["f32", "f64"] as const)("follow one order on every target, whatever is padding, %s", async (dtype) => {
    const round = dtype === "f32" ? fround : (x: number): number => x;
    const sumOf = (list: readonly number[]): number => chain(list, round);
    const totalOf = (list: readonly number[]): number => total(list, round);
    const pieces = piecesOf(lengths);
    const at = (width: number, seed: number, i: number) => {
      const values = lengths.map((length, b) => draw(length * width, seed + b));
      return ([b, t]: [number, number]): number => values[b]![t * width + i]!;
    };
    const longest = Math.max(...lengths);
    for (const target of targets) {
      const module = await cell(source, { dimensions: { N, M, V }, target, dtype });
      for (const T of dtype === "f32" ? [longest, longest + 70] : [longest]) {
        const found = run(module, T, dtype);
        for (let i = 0; i < M; i++) {
          const [dy, de] = [at(M, 2, i), at(M, 3, i)];
          expect(found["b"]![i]).toBe(totalOf(pieces.map((piece) => sumOf(piece.map(dy)))));
          for (let n = 0; n < N; n++) {
            const x = at(N, 1, n);
            const terms = pieces.map((piece) => sumOf(piece.map((place) => round(dy(place) * x(place)))));
            expect(found["W"]![i * N + n]).toBe(totalOf(terms));
          }
          for (let v = 0; v < V; v++) {
            const own = pieces.flat().filter(([, t]) => t % V === v);
            const sum = compensated(round);
            expect(found["E"]![v * M + i]).toBe(own.map((place) => sum.add(de(place))).at(-1) ?? 0);
          }
        }
        for (const [b, length] of lengths.entries()) {
          for (let i = 0; i < M; i++) {
            const [dr, u] = [at(M, 6, i), at(M, 5, i)];
            const own = piecesOf([length]).map((piece) => piece.map(([, t]): [number, number] => [b, t]));
            const terms = own.map((piece) => sumOf(piece.map((place) => round(dr(place) * u(place)))));
            expect(found["c"]![b * M + i]).toBe(totalOf(terms));
          }
        }
        const level = at(1, 4, 0);
        const inParts = pieces.map((piece) => {
          const [p0, p1, p2, p3] = [0, 1, 2, 3].map((part) =>
            sumOf(piece.filter(([, t]) => t % 4 === part).map(level)),
          );
          return round(round(p0! + p2!) + round(p1! + p3!));
        });
        expect(found["p"]![0]).toBe(totalOf(inParts));
      }
    }
  });
});

const kinds = {
  equal: () => 0.1,
  random: (i: number) => Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453),
  alternating: (i: number) => (i % 2 === 0 ? 1 : -1) * (0.5 + (i % 7)),
};

describe("errors of long sums", () => {
  it.each(Object.entries(kinds))("stay below the bound for a million %s terms", async (_, term) => {
    const T = 1e6;
    const fused = await cell("cell A { input x: [2] param W: [1, 2]  output y = W @ x }", {
      target: "wasm",
      fma: true,
    });
    const module = await cell("cell A { input x: real param b: real  output y = x + b }", { target: "wasm" });
    const vector = await cell("cell A(N) { input x: [N] param b: [N]  output y = x + b }", { dimensions: { N: 2 } });
    const terms = Float32Array.from({ length: T }, (__, i) => term(i));
    const [exact, size] = terms.reduce(([sum, all], x) => [sum! + x, all! + Math.abs(x)], [0, 0]) as [number, number];
    const one = module.instantiate({ steps: T });
    one.forward({ x: new Float32Array(T) });
    expect(Math.abs(one.backward!({ y: terms }).params["b"]![0]! - exact)).toBeLessThan(163 * 2 ** -24 * size);
    const many = vector.instantiate({ batch: 500, steps: 1000 });
    many.forward({ x: new Float32Array(T) });
    const { b } = many.backward!({ y: terms }).params;
    expect(Math.abs(b![0]! + b![1]! - exact)).toBeLessThan(165 * 2 ** -24 * size);
    // Fused multiply-adds round less often.
    const product = fused.instantiate({ steps: T });
    product.forward({ x: new Float32Array(2 * T).fill(1) });
    expect(Math.abs(product.backward!({ y: terms }).params["W"]![0]! - exact)).toBeLessThan(164 * 2 ** -24 * size);
  });

  it("are no larger for five million terms", async () => {
    const T = 5e6;
    const module = await cell("cell A { input x: real param b: real  output y = x + b }", { target: "wasm" });
    const instance = module.instantiate({ steps: T });
    instance.forward({ x: new Float32Array(T) });
    const sum = instance.backward!({ y: new Float32Array(T).fill(0.1) }).params["b"]![0]!;
    expect(Math.abs(sum / (T * fround(0.1)) - 1)).toBeLessThan(2e-6);
  });

  it("what overflows stays infinite", async () => {
    const T = 10_000;
    const module = await cell("cell A { input x: real param b: real  output y = x + b }", { target: "wasm" });
    const instance = module.instantiate({ steps: T });
    instance.forward({ x: new Float32Array(T) });
    expect(instance.backward!({ y: new Float32Array(T).fill(1e38) }).params["b"]![0]).toBe(Infinity);
  });
});

describe("a sum inside one example", () => {
  const inParts = (v: readonly number[]): number => {
    const [p0, p1, p2, p3] = [0, 1, 2, 3].map((part) => chain(v.filter((_, n) => n % 4 === part)));
    return fround(fround(p0! + p2!) + fround(p1! + p3!));
  };
  const blocks = (v: readonly number[], length: number, sum: (block: number[]) => number): number =>
    chain(Array.from({ length: Math.ceil(v.length / length) }, (_, n) => sum(v.slice(n * length, (n + 1) * length))));
  const sum = (v: readonly number[]): number => blocks(v, 64 * 256, (many) => blocks(many, 256, inParts));

  it.each(targets)("is cut into blocks of 256, whether its length is known or not, %s", async (target) => {
    const open = await cell("cell A { context c: [S] input q: real  output z = sum(c) + q }", { target });
    for (const N of [3, 256, 257, 600, 16_385]) {
      const x = draw(N, 2);
      const module = await cell("cell A(N) { input x: [N] output z = sum(x) }", { dimensions: { N }, target });
      expect(module.instantiate().forward({ x })["z"]![0]).toBe(sum([...x]));
      expect(open.instantiate({ sizes: { S: N } }).forward({ c: x, q: [0] })["z"]![0]).toBe(sum([...x]));
    }
  });

  it.each(targets)(
    "is that of a dot product, whole and added to other terms, in loops and streams, %s",
    async (target) => {
      const open = await cell("cell A { context c: [S] input q: real  output z = c @ c + q }", { target });
      const source = `cell A(N) {
      input x: [N]
      state h: [N]
      param w: [N] ~ zeros
      param b: real ~ zeros
      output d = w @ x
      output e = w @ x + b
      output r = w @ h + b
      h' = x * x
    }`;
      for (const N of [3, 256, 257, 600]) {
        const [T, w, b] = [3, draw(N, 5), fround(0.3)];
        const x = draw(T * N, 2);
        const at = (t: number): number[] => [...x.subarray(t * N, (t + 1) * N)];
        const squares = (v: readonly number[]): number[] => v.map((value) => fround(value * value));
        const dot = (v: readonly number[]): number => sum(v.map((value, n) => fround(w[n]! * value)));
        const module = await cell(source, { dimensions: { N }, target });
        const [instance, stream] = [module.instantiate({ steps: T }), module.instantiate()];
        instance.params["w"]!.set(w);
        instance.params["b"]!.set([b]);
        const { d, e, r, final } = instance.forward({ x });
        stream.params["w"]!.set(w);
        stream.params["b"]!.set([b]);
        for (let t = 0; t < T; t++) {
          const h = t === 0 ? at(0).map(() => 0) : squares(at(t - 1));
          const expected = [dot(at(t)), fround(b + dot(at(t))), fround(b + dot(h))];
          expect([d![t], e![t], r![t]]).toEqual(expected);
          const now = stream.forward({ x: at(t), h });
          expect([now["d"]![0], now["e"]![0], now["r"]![0]]).toEqual(expected);
        }
        expect([...final["h"]!]).toEqual(squares(at(T - 1)));
        const c = draw(N, 4);
        expect(open.instantiate({ sizes: { S: N } }).forward({ c, q: [b] })["z"]![0]).toBe(
          fround(sum(squares([...c])) + b),
        );
      }
    },
  );

  it.each(Object.entries(kinds))("as a dot product stays below the bound for a million %s terms", async (_, term) => {
    const N = 1e6;
    const source = "cell A(N) { input x: [N] param w: [N] ~ zeros output z = w @ x }";
    const module = await cell(source, { dimensions: { N }, target: "wasm" });
    const [x, w] = [Float32Array.from({ length: N }, (__, i) => term(i)), draw(N, 1)];
    const instance = module.instantiate();
    instance.params["w"]!.set(w);
    const z = instance.forward({ x })["z"]![0]!;
    const [exact, size] = x.reduce(([s, all], v, n) => [s! + v * w[n]!, all! + Math.abs(v * w[n]!)], [0, 0]) as [number, number]; // prettier-ignore
    expect(Math.abs(z - exact)).toBeLessThan((132 + N / 16384) * 2 ** -24 * size);
    // Nothing is summed in its gradient.
    const { x: dx, params } = instance.backward!({ z: [0.5] });
    expect([dx![7], params["w"]![7]]).toEqual([w[7]! / 2, x[7]! / 2]);
  });

  it("keeps its digits over a million terms", async () => {
    const N = 1e6;
    const module = await cell("cell A(N) { input x: [N] output z = sum(x) }", { dimensions: { N }, target: "wasm" });
    const z = module.instantiate().forward({ x: new Float32Array(N).fill(0.1) })["z"]![0]!;
    expect(Math.abs(z / (N * fround(0.1)) - 1)).toBeLessThan(1e-5);
  });
});
