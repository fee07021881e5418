/** The order of operations that spec/numerics.md fixes, bit for bit, against plain loops that round after each of them. */
import { describe, expect, it } from "vitest";
import type { LoadedCell } from "../../compiler/index.js";
import type { ModuleInstance } from "../../runtime/index.js";
import { createRandom } from "../../runtime/base/random.js";
import { compileMath } from "../compiler/base/math/support.js";
import { compileOnce, standardCell } from "../support/models.js";
import { cotangentsOf, valuesOf } from "../../compiler/tools/calls/call.js";
import { randomCall, randomParams } from "../support/random-call.js";
import { sizesFor, differentCells } from "../support/standard-cells.js";
import { namedAxes } from "../../runtime/module/axes.js";

type Numbers = ArrayLike<number>;

/** The arithmetic of one precision. */
function arithmetic(dtype: "f32" | "f64") {
  const round = dtype === "f32" ? Math.fround : (x: number): number => x;
  const { tanh, sigmoid, exp } = compileMath(dtype);
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  /** initial + Σ a_k b_k, from the first k to the last. */
  const accumulate = (initial: number, a: Numbers, b: Numbers): number =>
    range(a.length).reduce((sum, k) => round(sum + round(a[k]! * b[k]!)), initial);
  const row = (matrix: Numbers, i: number, width: number): number[] => range(width).map((k) => matrix[i * width + k]!);
  /** initial + matrix · x. */
  const product = (initial: Numbers, matrix: Numbers, x: Numbers): number[] =>
    range(initial.length).map((i) => accumulate(initial[i]!, row(matrix, i, x.length), x));
  const zip = (op: (a: number, b: number) => number) => (a: Numbers, b: Numbers) =>
    range(a.length).map((i) => round(op(a[i]!, b[i]!)));
  const [add, sub, mul] = [zip((a, b) => a + b), zip((a, b) => a - b), zip((a, b) => a * b)];
  /** From the first to the last, as examples and steps are added. */
  const sum = (v: Numbers): number => range(v.length).reduce((total, i) => round(total + v[i]!), 0);
  /** In four parts, as the axes of one example are: element n belongs to part n mod 4. */
  const sumInParts = (v: Numbers): number => {
    const [p0, p1, p2, p3] = range(4).map((part) => sum(Array.from(v).filter((_, n) => n % 4 === part)));
    return round(round(p0! + p2!) + round(p1! + p3!));
  };
  const softmax = (v: readonly number[]): number[] => {
    const greatest = Math.max(...v);
    const powers = v.map((x) => exp(round(x - greatest)));
    const total = sumInParts(powers);
    return powers.map((power) => round(power / total));
  };
  const each = (f: (x: number) => number) => (v: Numbers) => Array.from(v, (x) => f(x));
  return {
    round,
    accumulate,
    row,
    product,
    add,
    sub,
    mul,
    sum,
    sumInParts,
    softmax,
    tanh: each(tanh),
    sigmoid: each(sigmoid),
  };
}

const random = createRandom(5);
const draw = (count: number): number[] => Array.from({ length: count }, () => Math.fround(random.normal(1)));

/** Sets all parameters to numbers of very different sizes, so that another order gives other bits. */
function setParams({ params }: ModuleInstance): Record<string, number[]> {
  const values = Object.entries(params).map(([name, list]) => {
    const drawn = draw(list.length).map((v, i) => Math.fround(v * [1, 0.01, 0.3][i % 3]!));
    list.set(drawn);
    return [name, drawn] as const;
  });
  return Object.fromEntries(values);
}

type Weights = Record<string, number[]>;

/** One step of std/gru from what goes into its gates r and z and, given r's share, into its candidate. */
function gruStep(
  { add, sub, mul, tanh, sigmoid, product }: ReturnType<typeof arithmetic>,
  own: (name: string) => number[],
  h: Numbers,
  gate: (name: "r" | "z") => number[],
  candidate: (recurrent: number[]) => number[],
): number[] {
  const [r, z] = [sigmoid(gate("r")), sigmoid(gate("z"))];
  const n = tanh(candidate(mul(r, product(own("c_n"), own("U_n"), h))));
  const ones = z.map(() => 1);
  return add(mul(sub(ones, z), n), mul(z, h));
}

describe.each(["f32", "f64"] as const)("the order of operations in %s", (dtype) => {
  const a = arithmetic(dtype);
  const { product, add, mul, tanh, sigmoid } = a;
  const [I, H, T] = [11, 13, 6];

  it("LSTM: bias, input projection, recurrence", async () => {
    const module = await compileOnce(standardCell("lstm"), { cell: "LSTM", dimensions: { I, H }, dtype });
    const instance = module.instantiate({ steps: T });
    const w = setParams(instance);
    const x = draw(T * I);
    let [h, c] = [draw(H), draw(H)];
    const { y } = instance.forward({ x, h, c });
    for (let t = 0; t < T; t++) {
      const gate = (g: string): number[] =>
        product(product(w[`b_${g}`]!, w[`W_${g}`]!, x.slice(t * I, (t + 1) * I)), w[`U_${g}`]!, h);
      c = add(mul(sigmoid(gate("f")), c), mul(sigmoid(gate("i")), tanh(gate("g"))));
      h = mul(sigmoid(gate("o")), tanh(c));
      expect([...y!.subarray(t * H, (t + 1) * H)]).toEqual(h);
    }
  });

  it("GRU: a second bias begins the product that it is added to", async () => {
    const module = await compileOnce(standardCell("gru"), { cell: "GRU", dimensions: { I, H }, dtype });
    const instance = module.instantiate({ steps: T });
    const w = setParams(instance);
    const x = draw(T * I);
    let h = draw(H);
    const { y } = instance.forward({ x, h });
    for (let t = 0; t < T; t++) {
      const now = x.slice(t * I, (t + 1) * I);
      const projected = (g: string): number[] => product(w[`b_${g}`]!, w[`W_${g}`]!, now);
      const gate = (g: string): number[] => product(projected(g), w[`U_${g}`]!, h);
      h = gruStep(
        a,
        (name) => w[name]!,
        h,
        gate,
        (recurrent) => add(projected("n"), recurrent),
      );
      expect([...y!.subarray(t * H, (t + 1) * H)]).toEqual(h);
    }
  });

  it("the order does not depend on how the sum is written", async () => {
    const sums = ["W @ x + U @ h + b", "U @ h + W @ x + b", "b + (U @ h + W @ x)", "(U @ h + b) + W @ x"];
    const x = draw(T * I);
    const results: number[][] = [];
    let weights: Weights | undefined;
    for (const text of sums) {
      const source = `cell C(I, H) {
        input x: [I]
        state h: [H]
        param W: [H, I] ~ zeros
        param U: [H, H] ~ zeros
        param b: [H] ~ zeros
        h' = tanh(${text})
        output y = h'
      }`;
      const instance = (await compileOnce(source, { dimensions: { I, H }, dtype })).instantiate({ steps: T });
      weights ??= setParams(instance);
      for (const [name, list] of Object.entries(instance.params)) list.set(weights[name]!);
      results.push([...instance.forward({ x })["y"]!]);
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it("attention: a product is added whole where another of the same operand has to come first", async () => {
    const sizes = { E: 3, He: 5, H: 7, A: 4, O: 2 };
    const S = 6;
    const module = await compileOnce(standardCell("bahdanau"), { cell: "BahdanauGRU", dimensions: sizes, dtype });
    const instance = module.instantiate({ sizes: { S } });
    const w = setParams(instance);
    const [e, enc, s] = [draw(sizes.E), draw(S * sizes.He), draw(sizes.H)];
    const out = instance.forward({ e, enc, "rnn.h": s });

    const zeros = (count: number): number[] => new Array<number>(count).fill(0);
    const query = product(w["b_a"]!, w["W_q"]!, s);
    const position = (j: number): number[] => a.row(enc, j, sizes.He);
    const scores = Array.from({ length: S }, (_, j) =>
      a.accumulate(0, tanh(add(product(zeros(sizes.A), w["W_k"]!, position(j)), query)), w["v"]!),
    );
    const alpha = a.softmax(scores);
    expect([...out["alpha"]!]).toEqual(alpha);
    const ctx = Array.from({ length: sizes.He }, (_, k) =>
      a.accumulate(0, alpha, Array.from({ length: S }, (_, j) => enc[j * sizes.He + k]!)),
    ); // prettier-ignore
    expect([...out["ctx"]!]).toEqual(ctx);
    const x = [...e, ...ctx];
    const own = (name: string): number[] => w[`rnn.${name}`]!;
    const alone = (name: string, by: Numbers): number[] => product(zeros(sizes.H), own(name), by);
    // U s is computed with W_q s, which the context needs first; W_n x with W_r x, which r needs first.
    const gate = (g: string): number[] => add(product(own(`b_${g}`), own(`W_${g}`), x), alone(`U_${g}`, s));
    const candidate = (recurrent: number[]): number[] => add(add(own("b_n"), recurrent), alone("W_n", x));
    const next = gruStep(a, own, s, gate, candidate);
    expect([...out.final["rnn.h"]!]).toEqual(next);
    expect([...out["out"]!]).toEqual(product(w["b_out"]!, w["W_out"]!, [...next, ...ctx, ...e]));
  });

  it("reductions run in four parts that begin at 0; examples and then steps in gradients of parameters", async () => {
    const source = `cell Reductions(N, M) {
      input x: [N]
      input A: [N, M]
      state s: real
      param W: [M, N] ~ zeros
      param b: [M] ~ zeros
      param p: real ~ zeros
      s' = s
      output level = p + s
      output columns = sum(A, axis = 0)
      output total = sum(x)
      output average = mean(x)
      output square = x @ x
      output beside = x @ x + p
      output parts = softmax(x)
      output y = W @ x + b
    }`;
    const [N, M, B] = [9, 5, 3];
    const module = await compileOnce(source, { dimensions: { N, M }, dtype });
    const instance = module.instantiate({ batch: B, steps: T });
    const w = setParams(instance);
    const x = draw(B * T * N).map((v, i) => Math.fround(v * [100, 1, 0.01][i % 3]!));
    const lengths = [4, 0, T];
    const A = draw(B * T * N * M);
    const out = instance.forward({ x, A, lengths });
    const real = lengths.flatMap((length, b) => Array.from({ length }, (_, t) => b * T + t));
    for (const at of real) {
      const v = a.row(x, at, N);
      expect(out["total"]![at]).toBe(a.sumInParts(v));
      expect(out["average"]![at]).toBe(a.round(a.sumInParts(v) / N));
      expect(out["square"]![at]).toBe(a.sumInParts(a.mul(v, v)));
      expect(out["beside"]![at]).toBe(a.round(w["p"]![0]! + a.sumInParts(a.mul(v, v))));
      for (let i = 0; i < M; i++) {
        const column = Array.from({ length: N }, (_, k) => A[(at * N + k) * M + i]!);
        expect(out["columns"]![at * M + i]).toBe(a.sum(column));
      }
      expect([...out["parts"]!.subarray(at * N, (at + 1) * N)]).toEqual(a.softmax(v));
    }
    const dy = draw(B * T * M);
    const dlevel = draw(B * T);
    const gradient = instance.backward!({ y: dy, level: dlevel });
    // Steps of all examples go to the part of their number.
    const parts = [0, 1, 2, 3].map((part) =>
      a.sum(real.filter((at) => (at % T) % 4 === part).map((at) => dlevel[at]!)),
    );
    expect(gradient.params["p"]![0]).toBe(a.round(a.round(parts[0]! + parts[2]!) + a.round(parts[1]! + parts[3]!)));
    const over = (from: Numbers, i: number, width: number): number[] => real.map((at) => from[at * width + i]!);
    for (let i = 0; i < M; i++) {
      expect(gradient.params["b"]![i]).toBe(a.sum(over(dy, i, M)));
      for (let k = 0; k < N; k++) {
        expect(gradient.params["W"]![i * N + k]).toBe(a.accumulate(0, over(dy, i, M), over(x, k, N)));
      }
    }
    for (const at of real) {
      for (let k = 0; k < N; k++) {
        const column = Array.from({ length: M }, (_, i) => w["W"]![i * N + k]!);
        expect(gradient["x"]![at * N + k]).toBe(a.accumulate(0, a.row(dy, at, M), column));
      }
    }
  });

  it("a constant zero in a sum is left out, also before a zero", async () => {
    const source = `cell Zeros { input x: real  state s: real  s' = s  output a = x + 0  output b = 0 - x  output c = x - 0 }`;
    const instance = (await compileOnce(source.replaceAll("  ", "\n"), { dtype })).instantiate();
    const at = (x: number): number[] => ["a", "b", "c"].map((name) => instance.forward({ x: [x] })[name]![0]!);
    expect(at(-0)).toEqual([-0, 0, -0]);
    expect(at(0)).toEqual([0, -0, 0]);
  });
});

describe.each(differentCells())("$cell", ({ source, cell, dimensions }) => {
  it("gives the same bits whatever derivatives are compiled in", async () => {
    const dtype = "f32";
    const sizes = sizesFor(dimensions, 1);
    const results: Record<string, number[]>[] = [];
    // The last is also looked at below.
    for (const parts of [{ gradient: false }, { gradient: true }, { jvp: true, hvp: true, target: "js" }] as const) {
      const module = await compileOnce(source, { cell, dimensions: sizes, dtype, ...parts });
      const { manifest } = module;
      const shape = { batch: 2, steps: 4, sizes: Object.fromEntries(namedAxes(manifest).map((n) => [n, 3])) };
      const instance = module.instantiate(shape);
      randomParams(instance, 1);
      const call = randomCall(manifest, 2, shape);
      const { final, ...outputs } = instance.forward(valuesOf(manifest, call));
      results.push(plain({ ...outputs, ...prefixed("final.", final) }));
      if ("gradient" in parts && !parts.gradient) continue;
      const { initial, params, ...inputs } = instance.backward!(cotangentsOf(call));
      Object.assign(results.at(-1)!, plain({ ...prefixed("d.", inputs), ...prefixed("d0.", initial), ...params }));
    }
    const [without, withGradient, withAll] = results;
    expect(withGradient).toMatchObject(without!);
    expect(withAll).toEqual(withGradient);
  });

  it.each(["f32", "f64"] as const)("calls only exactly rounded functions of the host, js %s", async (dtype) => {
    const exact = ["fround", "sqrt", "abs", "floor", "min", "max", "imul"];
    const options = { cell, dimensions: sizesFor(dimensions, 1), dtype, jvp: true, hvp: true, target: "js" } as const;
    const { text } = (await compileOnce(source, options)) as LoadedCell;
    const called = [...text.matchAll(/\bMath\.(\w+)\(/gu)].map(([, name]) => name!);
    expect(called.filter((name) => !exact.includes(name))).toEqual([]);
  });
});

function plain(record: Readonly<Record<string, unknown>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(record).map(([name, list]) => [name, [...(list as Float64Array)]]));
}

function prefixed(prefix: string, record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, list]) => [prefix + name, list]));
}
