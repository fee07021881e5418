/**
 * Branches that are not taken, whose derivative may be infinite or undefined: gradients, directional derivatives and second derivatives
 * of compiled modules, on both targets and in both precisions.
 */
import { describe, expect, it } from "vitest";
import { cell, type CellOptions } from "../../../../compiler/in-process.js";
import type { ModuleInstance } from "../../../../runtime/module/compiled-module.js";
import { createRandom } from "../../../../runtime/random.js";

/** Each target and each precision once: the bits of the targets are compared elsewhere. */
const kinds = [
  { target: "js", dtype: "f32" },
  { target: "wasm", dtype: "f64" },
] as const;

async function instanceOf(source: string, options: CellOptions, steps = 1): Promise<ModuleInstance> {
  const own = await cell(source, { jvp: true, hvp: true, ...options });
  return own.instantiate({ steps }) as ModuleInstance;
}

/** Value, gradient, directional derivative and second derivative of a scalar cell by its input. */
async function derivativesAt(expression: string, x: number, kind: CellOptions): Promise<number[]> {
  const own = await instanceOf(`cell A { input x: real output y = ${expression} }`, kind);
  const first = (values: unknown): number => (values as ArrayLike<number>)[0] as number;
  const value = first(own.forward({ x: [x] })["y"]);
  const gradient = first(own.backward?.({ y: [1] })["x"]);
  const along = first(own.jvp?.({ x: [x] }, { x: [1] })["y"]);
  const second = first(own.hvp?.({ x: [x] }, { x: [1] }, { y: [1] })["x"]);
  // The sign of a zero is nobody's promise.
  return [value, gradient, along, second].map((v) => v + 0);
}

describe("the derivative is that of the branch taken", () => {
  it.each<[expression: string, x: number, value: number, gradient: number, second: number]>([
    ["if x <= 0 then exp(x) else 1 + x", 1000, 1001, 1, 0],
    ["if x > 0 then log(x) else 0", 0, 0, 0, 0],
    ["if x > 0 then sqrt(x) else 0", -1, 0, 0, 0],
    ["if x == 0 then 0 else 1 / x", 0, 0, 0, 0],
    ["if x == 0 then 1 else sin(x) / x", 0, 1, 0, 0],
    ["if x < 1 then cos(x) else 0", Infinity, 0, 0, 0],
    ["if x == x then tanh(x * x) else 0", NaN, 0, 0, 0],
    ["if x >= 0 then x * x else 0 / x", 0, 0, 0, 2],
    ["x * (if x > 0 then log(x) else 0)", 0, 0, 0, 0],
    ["if x > 0 then (if x > 1 then 1 / (x - 1) else x) else 0", 1, 1, 1, 0],
    ["max(sqrt(x * x), 0.5)", 0, 0.5, 0, 0],
    ["min(exp(x), 1)", 1e4, 1, 0, 0],
    ["min(x ^ -2, 1)", 0, 1, 0, 0],
    ["clamp(1 / x, -1, 1)", 0, 1, 0, 0],
    ["relu(log(x))", 0, 0, 0, 0],
    ["sqrt(relu(x))", -1, 0, 0, 0],
    ["x / (sqrt(x * x) + 0.5)", 0, 0, 2, 0],
    ["max(concat(reshape(log(x), [1]), ones([1])))", 0, 1, 0, 0],
    ["concat(reshape(log(x), [1]), reshape(x, [1]))[1]", 0, 0, 1, 0],
    ["logsumexp(concat(reshape(log(x), [1]), reshape(log(x), [1])))", 0, -Infinity, 0, 0],
    ["logsumexp(concat(reshape(x, [1]), reshape(x, [1])))", -Infinity, -Infinity, 0, 0],
    ["max(concat(reshape(x, [1]), reshape(x, [1])))", -Infinity, -Infinity, 0, 0],
    ["sum(softmax(concat(reshape(x, [1]), reshape(x, [1]))))", -Infinity, 0, 0, 0],
    ["if x == 0 then 0 else max(concat(reshape(log(x), [1]), reshape(log(x), [1])))", 0, 0, 0, 0],
  ])("%s at %d", async (expression, x, value, gradient, second) => {
    for (const kind of kinds) {
      const [y, dx, along, twice] = await derivativesAt(expression, x, kind);
      expect([kind, y, dx, along]).toEqual([kind, value, gradient, gradient]);
      // Where the first derivative jumps there is no second one.
      if (expression !== "x / (sqrt(x * x) + 0.5)") expect([kind, twice]).toEqual([kind, second]);
    }
  });
});

/** Sets every parameter to numbers between 0.5 and 1 and runs three steps; all gradients and second derivatives by name. */
function gradientsOf(
  own: ModuleInstance,
  call: Readonly<Record<string, unknown>>,
  size: number,
): Record<string, number[]> {
  const random = createRandom(5);
  for (const values of Object.values(own.params))
    (values as Float64Array).forEach((_, i) => ((values as Float64Array)[i] = random.uniform(0.5, 1)));
  const y = Array.from({ length: size }, () => random.uniform(0.5, 1));
  const collected: Record<string, number[]> = {};
  const collect = (prefix: string, values: object): void => {
    for (const [name, value] of Object.entries(values)) {
      if (ArrayBuffer.isView(value)) collected[prefix + name] = Array.from(value as Float64Array, (v) => v + 0);
      else if (typeof value === "object" && value !== null) collect(`${prefix}${name}.`, value as object);
    }
  };
  own.forward(call);
  collect("gradient ", own.backward?.({ y }) as object);
  collect("along ", own.jvp?.(call, { x: y }) as object);
  collect("second ", own.hvp?.(call, { x: y }, { y }) as object);
  return collected;
}

/** What a branch may come to that nobody takes. */
const singular = [
  (e: string): string => `log(0 * (${e}))`,
  (e: string): string => `1 / ((${e}) - (${e}))`,
  (e: string): string => `sqrt(-1 - square(${e}))`,
  (e: string): string => `exp(1e4 + square(${e}))`,
  (e: string): string => `(0 * (${e})) ^ -1`,
  (e: string): string => `tanh(log(-1 - square(${e})) + w)`,
  (): string => `W @ (w / (0 * h))`,
  (e: string): string => `sum((${e}) * log(0 * w)) * w`,
  (e: string): string => `(W @ (${e})) @ (w / (0 * h)) * w`,
];

/** A random expression twice: with choices whose other branch is singular, and with the branch chosen by hand. */
function randomPair(random: ReturnType<typeof createRandom>, depth: number): readonly [chosen: string, byHand: string] {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)] as T;
  if (depth === 0) {
    const leaf = pick(["x", "h", "w", "h * x"]);
    return [leaf, leaf];
  }
  const [a, byHandA] = randomPair(random, depth - 1);
  const form = random.integer(6);
  if (form === 0) return [`tanh(${a})`, `tanh(${byHandA})`];
  if (form === 1) return [`(W @ (${a}))`, `(W @ (${byHandA}))`];
  if (form === 2) {
    const [b, byHandB] = randomPair(random, depth - 1);
    return [`((${a}) * sigmoid(${b}))`, `((${byHandA}) * sigmoid(${byHandB}))`];
  }
  const isWhole = random.integer(2) === 0;
  // A product with something infinite is left out of the derivative as a whole or not at all.
  const bad = pick(isWhole ? singular : singular.slice(0, -3))(randomPair(random, 1)[1]);
  if (!isWhole) return [`(if w > 0 then ${a} else ${bad})`, byHandA];
  return [pick([`(if k > 0 then ${a} else ${bad})`, `(if k <= 0 then ${bad} else ${a})`]), byHandA];
}

describe("a branch that is not taken might as well not be there", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("in random cell %i", async (seed) => {
    const [chosen, byHand] = randomPair(createRandom(seed), 4);
    const around = (e: string): string =>
      `cell R(H) { input x: [H] input k: real state h: [H] param W: [H, H] param w: [H] h' = tanh(${e}) + k * w output y = h' * sum(W @ x) }`;
    const kind = { ...(kinds[seed % 2] as (typeof kinds)[number]), dimensions: { H: 3 } };
    const call = { x: [1, -2, 0.5, 0.25, 1.5, -1, 2, 1, -0.5], k: [1, 2, 1], h: [0.5, -0.25, 1] };
    const [with_, without] = await Promise.all(
      [chosen, byHand].map(async (e) => gradientsOf(await instanceOf(around(e), kind, 3), call, 9)),
    );
    for (const [name, right] of Object.entries(without ?? {})) {
      const scale = Math.max(...right.map(Math.abs), 1);
      const error = Math.max(...right.map((v, i) => Math.abs(v - ((with_ ?? {})[name]?.[i] as number)) / scale));
      expect([chosen, name, error < (kind.dtype === "f32" ? 1e-4 : 1e-12)]).toEqual([chosen, name, true]);
    }
    expect(Object.keys(without ?? {})).toContain("gradient params.W");
  });
});

describe("what is not of an example", () => {
  it("reaches no gradient, whatever stands in it", async () => {
    const source = `cell P(D) { input x: [D] context keys: [S, D] state h: [D] param W: [D, D] param w: [D]
      a = softmax(keys @ h)
      h' = max(log(square(W @ x) + 1), tanh(a @ keys)) * w
      output y = h' }`;
    for (const kind of kinds) {
      const module = await cell(source, { ...kind, dimensions: { D: 2 }, jvp: true, hvp: true });
      const run = (filler: number): Record<string, number[]> => {
        const own = module.instantiate({ batch: 2, steps: 2, sizes: { S: 3 } });
        const call = {
          x: [1, 2, 3, 4, 0.5, 1, filler, filler],
          keys: [1, 0.5, 2, 1, -1, 0, 1, 1, filler, filler, filler, filler],
          lengths: [2, 1],
          sizes: { S: [3, 1] },
          h: [1, 0.5, 0.25, 1],
        };
        return gradientsOf(own, call, 8);
      };
      const [zeros, nans, infinities] = [run(0), run(NaN), run(Infinity)];
      expect(nans).toEqual(zeros);
      expect(infinities).toEqual(zeros);
      expect(zeros["gradient params.W"]?.every(Number.isFinite)).toBe(true);
    }
  });

  it("is the state before a norm that is guarded", async () => {
    for (const n of [
      "h / max(sqrt(sum(h * h)), 1e-6)",
      "h / (sqrt(sum(h * h)) + 1e-6)",
      "if sum(h * h) == 0 then h else h / sqrt(sum(h * h))",
    ]) {
      for (const kind of kinds) {
        const source = `cell U(H) { input x: [H] state h: [H] param W: [H, H] n = ${n} h' = tanh(W @ x + W @ n) output y = h' }`;
        const own = await instanceOf(source, { ...kind, dimensions: { H: 2 } }, 2);
        const all = gradientsOf(own, { x: [1, 2, 3, 4], h: [0, 0] }, 4);
        expect([n, Object.entries(all).filter(([, values]) => !values.every(Number.isFinite))]).toEqual([n, []]);
      }
    }
  });
});
