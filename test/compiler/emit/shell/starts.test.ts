/** Initial values of parameters by expressions: what they are, when they are there, and what changes them. */
import { describe, expect, it } from "vitest";
import { cell, checkGradients } from "../../../../compiler/index.js";
import { tryLower } from "../../program/support.js";

const targets = ["js", "wasm"] as const;

async function instanceOf(params: string, target: (typeof targets)[number] = "js") {
  const text = `cell A(N, K, p: real = 2) { input x: [N] ${params} output y = x }`;
  const module = await cell(text, { dimensions: { N: 3, K: 4 }, target });
  return module.instantiate({ batch: 1, steps: 1 });
}
const values = (array: ArrayLike<number> | undefined): number[] => Array.from(array ?? []);

describe("a new instance", () => {
  it.each<[string, readonly number[]]>([
    ["param w[n]: [N] ~ n * p", [0, 2, 4]],
    ["param w: [3] ~ [1, 2, 4] / p", [0.5, 1, 2]],
    ["param w[_, k]: [N, K] ~ k", [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]],
    ["param w[n]: [N, K] ~ if n == 1 then 1 else 0", [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]],
    ["param w[i, j]: [N, N] ~ if i <= j then j - i else -1", [0, 1, 2, -1, 0, 1, -1, -1, 0]],
    ["param w[n]: [N, 2, 2] ~ identity", [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]],
    ["param w: [N] ~ 3 * ones", [3, 3, 3]],
    ["param w: [N] ~ u + 1  u = 2 * v  param v: [N] ~ a[0]  param a: [1] ~ 5 * ones", [11, 11, 11]],
    ["param w: [N] ~ uniform(1)", [0, 0, 0]],
    ["param w: [N] ~ 1 + v  param v: [N] ~ log(uniform(1, 2))", [0, 0, 0]],
  ])("%s", async (params, expected) => {
    for (const target of targets) {
      const instance = await instanceOf(params, target);
      expect(values(instance.params["w"])).toEqual(expected);
    }
  });
});

describe("init", () => {
  it("gives the same numbers on both targets, which depend on the seed and the param alone", async () => {
    const own = "param w: [N, K] ~ log(uniform(1, 16)) * normal(1, 2)";
    const drawn = async (params: string, target: (typeof targets)[number], seed: number): Promise<number[]> => {
      const instance = await instanceOf(params, target);
      instance.init(seed);
      return values(instance.params["w"]);
    };
    const first = await drawn(own, "js", 1);
    expect(new Set(first).size).toBe(12);
    expect(await drawn(own, "wasm", 1)).toEqual(first);
    expect(await drawn(`param a: [N] ~ 2 * uniform(1) ${own} param z: [K] ~ 0.5 * normal(1)`, "js", 1)).toEqual(first);
    expect(await drawn(own, "js", 2)).not.toEqual(first);
  });

  it("reads other params as they begin, and fixed values as they are set", async () => {
    const instance = await instanceOf(
      "param w: [N] ~ m * v  fixed m: [N] ~ 2 * ones  param v: [N] ~ exp(uniform(0, 1))",
    );
    instance.init(1);
    const v = values(instance.params["v"]);
    expect(values(instance.params["w"])).toEqual(v.map((value) => Math.fround(2 * value)));
    instance.setParams({ m: [1, 0, 3] });
    instance.init(1);
    expect(values(instance.params["w"])).toEqual(v.map((value, i) => Math.fround([1, 0, 3][i]! * value)));
    expect(values(instance.fixed?.["m"])).toEqual([1, 0, 3]);
    instance.init(1, { fixed: true });
    expect(values(instance.fixed?.["m"])).toEqual([2, 2, 2]);
  });

  it("draws by chance, between bounds, and each head for itself", async () => {
    const instance = await instanceOf(
      "param b: [50, 40] ~ bernoulli(0.1)  param u[n]: [200] ~ uniform(n, n + 1)  param q[_]: [2, N, N] ~ orthogonal(2)",
    );
    instance.init(4);
    const b = values(instance.params["b"]);
    expect(new Set(b)).toEqual(new Set([0, 1]));
    expect(b.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(140);
    expect(b.reduce((sum, value) => sum + value, 0)).toBeLessThan(260);
    for (const [n, value] of values(instance.params["u"]).entries()) expect(Math.floor(value)).toBe(n);
    const q = values(instance.params["q"]);
    for (const head of [q.slice(0, 9), q.slice(9)]) {
      const dot = (i: number, j: number): number =>
        [0, 1, 2].reduce((sum, k) => sum + head[3 * i + k]! * head[3 * j + k]!, 0);
      for (const [i, j] of [
        [0, 0],
        [1, 1],
        [0, 1],
        [1, 2],
      ] as const)
        expect(dot(i, j)).toBeCloseTo(i === j ? 4 : 0, 5);
    }
    expect(q.slice(0, 9)).not.toEqual(q.slice(9));
  });
});

it.each<[string, string]>([
  ["param a: [N] ~ b  param b: [N] ~ 2 * u  u = exp(a)", "cycle"],
  ["param a: [N] ~ 1 + a", "cycle"],
  ["param a: [N] ~ tanh(x)", "varying-initial-value"],
  ["context m: [N] param a: [N] ~ tanh(u)  u = 2 * m", "varying-initial-value"],
  ["param a: [N] ~ [1, 2]", "shape-mismatch"],
  ["param a[n]: [N, N] ~ [1, 2]", "shape-mismatch,missing-axis"],
  ["param a[n, k]: [N] ~ n", "bad-index"],
  ["param a[n < N]: [N] ~ n", "bad-index,unknown-cell"],
  ["param a[x]: [N] ~ 2", "index-name-taken"],
  ["param a: [N] ~ 2 * orthogonal", "bad-initializer"],
  ["param a: [N] ~ 2 * uniform(1, 2, 3)", "wrong-arity"],
  ["param a: [N] ~ 2 * unifrom(1)", "unknown-function"],
])("refuses %s", (items, code) => {
  const { codes } = tryLower(`cell A(N) { input x: [N] state h: [N] ${items} h' = h + x * sum(a) output y = h' }`);
  expect(codes.join()).toBe(code);
});

it("leaves derivatives as they are", async () => {
  const source = `cell A(N) { input x: [N] state h: [N] param a[n]: [N] ~ log(n + 1) param W[_]: [2, N, N] ~ orthogonal(0.5)
    h' = tanh(exp(-exp(a)) * h + W[0] @ x + W[1] @ h) output y = h' }`;
  const { tensors } = await checkGradients(source, { dimensions: { N: 3 }, runs: 1, seed: 1 });
  expect(tensors.filter(({ passed }) => !passed)).toEqual([]);
});
