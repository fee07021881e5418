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
  const blocks = (v: readonly number[]): number[] =>
    Array.from({ length: Math.ceil(v.length / 256) }, (_, n) => inParts(v.slice(n * 256, (n + 1) * 256)));
  const addUp = (terms: readonly number[]): number => {
    const all = compensated();
    return terms.reduce((_, term) => all.add(term), 0);
  };
  const sum = (v: readonly number[]): number => addUp(blocks(v));

  it.each(targets)("is cut into blocks of 256, whether its length is known or not, %s", async (target) => {
    const open = await cell("cell A { context c: [S] input q: real  output z = sum(c) + q }", { target });
    for (const N of [3, 256, 257, 600, 16_385]) {
      const x = draw(N, 2);
      const module = await cell("cell A(N) { input x: [N] output z = sum(x) }", { dimensions: { N }, target });
      expect(module.instantiate().forward({ x })["z"]![0]).toBe(sum([...x]));
      expect(open.instantiate({ sizes: { S: N } }).forward({ c: x, q: [0] })["z"]![0]).toBe(sum([...x]));
    }
  });

  it.each(targets)("over several axes adds the blocks of all of them in one chain, %s", async (target) => {
    const open = await cell("cell A(Q) { context c: [S, Q]  output z = sum(sum(c, axis = 1)) }", {
      dimensions: { Q: 300 },
      target,
    });
    for (const [P, Q] of [[5, 300], [40, 100], [3, 1000]] as const) {
      const A = draw(P * Q, 3);
      const source = "cell A(P, Q) { input A: [P, Q]  output z = sum(sum(A, axis = 1)) }";
      const module = await cell(source, { dimensions: { P, Q }, target });
      const rows = Array.from({ length: P }, (_, p) => [...A.subarray(p * Q, (p + 1) * Q)]);
      // Two rows of 100 are a block: an element's part is that of its place in the row.
      const pairs = Array.from({ length: P / 2 }, (_, n) => inParts([...rows[2 * n]!, ...rows[2 * n + 1]!]));
      const expected = addUp(Q === 100 ? pairs : rows.flatMap(blocks));
      expect(module.instantiate().forward({ A })["z"]![0]).toBe(expected);
      if (Q === 300) expect(open.instantiate({ sizes: { S: P } }).forward({ c: A })["z"]![0]).toBe(expected);
    }
  }); // prettier-ignore

  it.each(targets)("over several axes in memory adds blocks of 64 to pieces, %s", async (target) => {
    const [P, Q] = [70, 100];
    const source = "cell A(P, Q) { input A: [P, Q, 2]  output z = sum(sum(A, axis = 0), axis = 0) }";
    const module = await cell(source, { dimensions: { P, Q }, target });
    const A = draw(2 * P * Q, 3);
    const row = (p: number, h: number): number[] => Array.from({ length: Q }, (_, q) => A[2 * (p * Q + q) + h]!);
    const piece = (from: number, to: number, h: number): number => {
      const rows = Array.from({ length: to - from }, (_, n) => row(from + n, h));
      return addUp(rows.flatMap((v) => [chain(v.slice(0, 64)), chain(v.slice(64))]));
    };
    const expected = [0, 1].map((h) => fround(piece(0, 64, h) + piece(64, 70, h)));
    expect([...module.instantiate().forward({ A })["z"]!]).toEqual(expected);
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
    expect(Math.abs(z - exact)).toBeLessThan(70 * 2 ** -24 * size);
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

describe("errors of sums over several axes", () => {
  const u = 2 ** -24;
  const term = fround(0.1);
  const errorOf = (found: number, terms: number): number => Math.abs(found / (terms * term) - 1) / u;

  it.each([
    ["4000, 257", "sum(sum(A, axis = 1))", 69],
    ["257, 4000", "sum(sum(A, axis = 1))", 69],
    ["1024, 1024", "sum(sum(A, axis = 1))", 69],
    ["1048576", "sum(A)", 69],
    ["300, 3, 300", "sum(sum(sum(A, axis = 2), axis = 1))", 69],
    ["7, 2000, 17", "sum(sum(sum(A, axis = 2), axis = 1))", 69],
    ["64, 64, 64", "sum(sum(sum(A, axis = 2), axis = 1))", 69],
    ["60, 60, 2", "sum(sum(A, axis = 0), axis = 0)", 163],
    ["10, 16, 2", "sum(sum(A, axis = 0), axis = 0)", 163],
    ["1000, 1000, 2", "sum(sum(A, axis = 0), axis = 0)", 163],
    ["20, 30, 40, 2", "sum(sum(sum(A, axis = 0), axis = 0), axis = 0)", 163],
    ["400, 2, 300, 2", "sum(sum(A, axis = 2), axis = 0)[0, :]", 163],
    ["50, 2, 30, 2", "sum(sum(A, axis = 0), axis = 1)[1, :]", 163],
    ["100000, 2", "sum(A, axis = 0)", 163],
  ])("[%s]: %s", async (shape, sum, bound) => {
    const sizes = shape.split(", ").map(Number);
    const all = sizes.reduce((product, size) => product * size, 1);
    const terms = sizes.length > 3 && sizes[1] === 2 ? all / 4 : sum.includes("axis = 0") ? all / 2 : all; // prettier-ignore
    const bits: number[] = [];
    for (const target of targets) {
      const module = await cell(`cell A { param A: [${shape}] ~ zeros  output y = ${sum} }`, {
        gradient: false,
        target,
      });
      const instance = module.instantiate();
      instance.params["A"]!.fill(0.1);
      const found = instance.forward({})["y"]!;
      bits.push(found[0]!);
      expect(Math.max(...[...found].map((value) => errorOf(value, terms)))).toBeLessThan(bound);
    }
    expect(bits[0]).toBe(bits[1]);
  });

  it.each([
    ["[S, 300]", "sum(sum(m, axis = 1))", { S: 4000 }, 300, 69],
    ["[S, R]", "sum(sum(m, axis = 1))", { S: 4000, R: 257 }, 1, 69],
    ["[S, 30, 2]", "sum(sum(m, axis = 0), axis = 0)[0]", { S: 1000 }, 30, 163],
    ["[30, S, 2]", "sum(sum(m, axis = 0), axis = 0)[0]", { S: 1000 }, 30, 163],
    ["[S, R, 2]", "sum(sum(m, axis = 0), axis = 0)[0]", { S: 1000, R: 70 }, 1, 163],
  ])("a context of %s: %s", async (shape, sum, sizes: Record<string, number>, rest, bound) => {
    const terms = Object.values(sizes).reduce((product, size) => product * size, rest);
    const bits: number[] = [];
    for (const target of targets) {
      const source = `cell A { context m: ${shape}  input x: []  output y = x + ${sum} }`;
      const instance = (await cell(source, { gradient: false, target })).instantiate({ batch: 1, sizes });
      const m = new Float32Array(shape.endsWith(", 2]") ? 2 * terms : terms).fill(0.1);
      bits.push(instance.forward({ x: [0], m })["y"]![0]!);
      expect(errorOf(bits.at(-1)!, terms)).toBeLessThan(bound);
    }
    expect(bits[0]).toBe(bits[1]);
  });

  it.each([
    ["[5000]", "[]", 1, 64],
    ["[1000]", "[]", 3, 300],
    ["[200]", "[]", 40, 1],
    ["[200]", "[]", 2, 130],
    ["[5]", "[]", 3, 1000],
    ["[2]", "[]", 400, 7],
    ["[3, 100]", "[]", 1, 500],
    ["[100, 2]", "[2]", 1, 500],
    ["[5, 2]", "[2]", 3, 1000],
    ["[40, 30, 2]", "[2]", 1, 100],
    ["[40, 30, 2]", "[2]", 40, 1],
    ["[40, 3, 30, 2]", "[3, 1, 2]", 2, 33],
  ])("the gradient of a bias over %s of shape %s, %i examples of %i steps", async (shape, bias, B, T) => {
    const sizeOf = (text: string): number =>
      (JSON.parse(text) as number[]).reduce((product, size) => product * size, 1);
    const N = sizeOf(shape);
    const terms = (N / sizeOf(bias)) * B * T;
    const bits: number[][] = [];
    for (const target of targets) {
      const source = `cell A { input x: ${shape}  param b: ${bias} ~ zeros  output y = x + b }`;
      const instance = (await cell(source, { target })).instantiate({ batch: B, steps: T });
      instance.forward({ x: new Float32Array(N * B * T) });
      bits.push([...instance.backward!({ y: new Float32Array(N * B * T).fill(0.1) }).params["b"]!]);
      expect(Math.max(...bits.at(-1)!.map((value) => errorOf(value, terms)))).toBeLessThan(163);
    }
    expect(bits[0]).toEqual(bits[1]);
  });
});
