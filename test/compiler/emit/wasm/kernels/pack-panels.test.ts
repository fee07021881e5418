/** Weights are copied for tiles only where their digest changes: whatever moves must change it. Frozen ones have none. */
import { describe, expect, test } from "vitest";
import { cell } from "../../../../../compiler/index.js";

const source = `
cell Gates(I, H) {
  input x: [I]
  param A, B, C, D: [H, I] ~ zeros
  output a = A @ x
  output b = B @ x
  output c = C @ x
  output d = D @ x
}`;

test.each([
  ["f64", 3, 3],
  ["f32", 3, 3],
  ["f32", 8, 7],
] as const)("a single number that moves, %s of size %i by %i", async (dtype, I, H) => {
  const module = await cell(source, { dimensions: { I, H }, dtype, gradient: false });
  const instance = module.instantiate({ batch: 1, steps: 1 });
  const x = Array.from({ length: I }, (_, i) => i + 1);
  const unnoticed: string[] = [];
  for (const [name, weights] of Object.entries(instance.params)) {
    for (let from = 0; from < I * H; from++) {
      for (let to = 0; to < I * H; to++) {
        for (const at of [from, to]) {
          weights.fill(0);
          weights[at] = 1;
          const result = instance.forward({ x })[name.toLowerCase()];
          if (result?.[Math.floor(at / I)] !== (at % I) + 1) unnoticed.push(`${name} from ${from} to ${to}`);
        }
      }
    }
    weights.fill(0);
  }
  expect(unnoticed).toEqual([]);
});

test.each([1, 3])(
  "weights of heads and of rounds, of %i examples, are those of their own head and round, and moved ones are noticed",
  async (batch) => {
    const [N, L, H] = [3, 90, 5];
    const text = `cell Heads(N, L, H) {
    input x: [N, H]
    param R: [N, H, H]
    param V: [L, H, H]
    output y[n] = R[n] @ x[n]
    output g = sum(x, axis = 0) then g + 0.01 * tanh(V[l] @ g) for l < L
  }`;
    for (const dtype of ["f32", "f64"] as const) {
      const options = { dimensions: { N, L, H }, gradient: false, dtype } as const;
      const [wasm, js] = await Promise.all(
        (["wasm", "js"] as const).map((target) => cell(text, { ...options, target })),
      );
      const instances = [wasm!, js!].map((module) => module.instantiate({ batch, steps: 2 }));
      const x = Array.from({ length: batch * 2 * N * H }, (_, i) => Math.sin(i));
      const seen = new Set<string>();
      for (const moved of [0, 4 * H * H - 1, N * H * H - 1, L * H * H - 1]) {
        const [one, other] = instances.map(({ params, forward }) => {
          for (const weights of Object.values(params)) if (moved < weights.length) weights[moved]! += 1;
          const { y, g } = forward({ x });
          return JSON.stringify([[...y!], [...g!]]);
        });
        expect(one).toBe(other);
        seen.add(one!);
      }
      expect(seen.size).toBe(4);
    }
  },
);

test.each([
  ["columns", "W[h, N - 1 - j]", (h: number, j: number) => [h, 4 - j]],
  ["rows", "W[H - 1 - h, j]", (h: number, j: number) => [5 - h, j]],
  ["both", "W[H - 1 - h, N - 1 - j]", (h: number, j: number) => [5 - h, 4 - j]],
] as const)("weights whose %s are read from their end", async (_, element, place) => {
  const text = `cell Turned(N, H) {
    input x: [N]
    param W: [H, N] ~ zeros
    output y[h < H] = sum(${element} * x[j] for j)
  }`;
  for (const dtype of ["f32", "f64"] as const) {
    const module = await cell(text, { dimensions: { N: 5, H: 6 }, gradient: false, dtype });
    const { params, forward } = module.instantiate({ batch: 1, steps: 1 });
    const x = [1, 2, 3, 4, 5];
    const unnoticed: number[] = [];
    for (let i = 0; i < 30; i++) {
      params["W"]!.fill(0);
      params["W"]![i] = 1;
      const y = [...forward({ x })["y"]!];
      const [row, column] = place(Math.floor(i / 5), i % 5);
      if (y[row!] !== x[column!] || y.some((value, h) => h !== row && value !== 0)) unnoticed.push(i);
    }
    expect(unnoticed).toEqual([]);
  }
});

describe("frozen parameters", () => {
  const sum = async () => {
    const module = await cell(source, { dimensions: { I: 3, H: 2 }, gradient: true });
    const instance = module.instantiate({ batch: 1, steps: 1 });
    const values = { x: [1, 10, 100] };
    return {
      instance,
      forward: () => instance.forward(values)["a"]![0],
      step: () => instance.step(values)["a"]![0],
      backward: () => (instance.forward(values), instance.backward!({ a: [1, 0] })["x"]![0]),
    };
  };

  test("are those of now, in every call", async () => {
    const { instance, forward, step, backward } = await sum();
    instance.params["A"]!.fill(1);
    expect([forward(), step(), backward()]).toEqual([111, 111, 1]);
    instance.params["A"]!.fill(2);
    instance.freeze();
    for (let i = 0; i < 2; i++) expect([forward(), step(), backward()]).toEqual([222, 222, 2]);
  });

  test("are not looked at again, until an array is asked for", async () => {
    const { instance, forward, step } = await sum();
    const kept = instance.params["A"]!;
    kept.fill(1);
    instance.freeze();
    expect([forward(), step()]).toEqual([111, 111]);
    kept.fill(3);
    expect([forward(), step()]).toEqual([111, 111]);
    expect(instance.params["A"]).toBe(kept);
    expect([forward(), step()]).toEqual([333, 333]);
    kept.fill(4);
    expect(forward()).toBe(444);
  });

  test("have tangents that change from call to call", async () => {
    const module = await cell(source, { dimensions: { I: 3, H: 2 }, gradient: true, jvp: true, hvp: true });
    const instance = module.instantiate({ batch: 1, steps: 1 });
    instance.params["A"]!.fill(1);
    instance.freeze();
    const values = { x: [1, 10, 100] };
    for (const size of [1, 2, 3]) {
      const tangents = { x: [0, 0, 0], params: { A: new Array<number>(6).fill(size) } };
      expect(instance.jvp!(values, tangents)["a"]![0]).toBe(111 * size);
      expect(instance.hvp!(values, tangents, { a: [1, 0] })["x"]![0]).toBe(size);
    }
  });

  test("may be frozen again, and set by init", async () => {
    const { instance, forward } = await sum();
    instance.params["A"]!.fill(1);
    for (const value of [2, 3]) {
      instance.freeze();
      instance.params["A"]!.fill(value);
      instance.freeze();
      expect(forward()).toBe(111 * value);
    }
    instance.init(1);
    expect(forward()).toBe(0);
  });
});
