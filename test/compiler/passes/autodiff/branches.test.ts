/**
 * Branches that are not taken, whose derivative may be infinite or undefined: gradients, directional derivatives and second derivatives
 * of compiled modules, on both targets and in both precisions.
 */
import { describe, expect, it } from "vitest";
import { elementwiseFunctions } from "../../../../compiler/language/semantics/builtins.js";
import { cell, type CellOptions } from "../../../../compiler/driver/in-process.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import type { LoweredCell } from "../../../../compiler/program/base/lowered-cell.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import type { ModuleInstance } from "../../../../runtime/module/compiled-module.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { expectAtPoints, kinds } from "../../../support/point-derivatives.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

async function instanceOf(source: string, options: CellOptions, steps = 1): Promise<ModuleInstance> {
  const own = await cell(source, { jvp: true, hvp: true, ...options });
  return own.instantiate({ steps }) as ModuleInstance;
}

describe("the derivative is that of the branch taken", () => {
  const rows = [
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
    ["x / (sqrt(x * x) + 0.5)", 0, 0, 2, undefined],
    ["max(concat(reshape(log(x), [1]), ones([1])))", 0, 1, 0, 0],
    ["concat(reshape(log(x), [1]), reshape(x, [1]))[1]", 0, 0, 1, 0],
    ["logsumexp(concat(reshape(log(x), [1]), reshape(log(x), [1])))", 0, -Infinity, 0, 0],
    ["logsumexp(concat(reshape(x, [1]), reshape(x, [1])))", -Infinity, -Infinity, 0, 0],
    ["max(concat(reshape(x, [1]), reshape(x, [1])))", -Infinity, -Infinity, 0, 0],
    ["sum(softmax(concat(reshape(x, [1]), reshape(x, [1]))))", -Infinity, 0, 0, 0],
    ["if x == 0 then 0 else max(concat(reshape(log(x), [1]), reshape(log(x), [1])))", 0, 0, 0, 0],
  ] as const;

  it.each(kinds)("on $target in $dtype", async (kind) => {
    await expectAtPoints(
      rows.map(([expression, x, value, gradient, second]) => ({ expression, at: { x }, value, gradient, second })),
      kind,
    );
  });
});

it.each(kinds)("of every function and operator, %o", async (kind) => {
  const calls = Object.entries(elementwiseFunctions).map(
    ([name, { parameters }]) => `${name}(${parameters.map(() => "x").join(", ")})`,
  );
  const operators = [
    "x + x",
    "x - x",
    "x * x",
    "x / x",
    "x ^ x",
    "-x",
    "softmax(concat(reshape(x, [1]), zeros([1])))[0]",
  ];
  const masks = [
    ["x == x", NaN],
    ["x < 1", Infinity],
    ["x > -1", -Infinity],
  ] as const;
  for (const [mask, x] of masks) {
    const rows = [...calls, ...operators].map((expression) => ({
      expression: `if ${mask} then ${expression} else 0`,
      at: { x },
      value: 0,
      gradient: 0,
      second: 0,
    }));
    await expectAtPoints(rows, kind);
  }
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
  const x = y.slice(0, (call["x"] as readonly number[]).length);
  collect("along ", own.jvp?.(call, { x }) as object);
  collect("second ", own.hvp?.(call, { x }, { y }) as object);
  // At a minimum of the loss, whose gradient is 0 and changes.
  collect("at a minimum ", own.hvp?.(call, { x }, { y: y.map(() => 0) }, { y }) as object);
  return collected;
}

type Gradients = ReturnType<typeof gradientsOf>;

function expectClose(found: Gradients, right: Gradients, dtype: "f32" | "f64"): void {
  for (const [name, values] of Object.entries(right)) {
    const scale = Math.max(...values.map(Math.abs), 1);
    const error = Math.max(...values.map((v, i) => Math.abs(v - (found[name]?.[i] as number)) / scale));
    expect([name, values, found[name], error < (dtype === "f32" ? 1e-4 : 1e-12)]).toEqual([
      name,
      values,
      found[name],
      true,
    ]);
  }
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

/** A cell of one part for each expression, with a state and parameters of its own. */
function cellOf(expressions: readonly string[]): string {
  const parts = expressions.map((e, i) => {
    const own = `tanh(${e}) + k * w`.replace(/\b[hwW]\b/gu, (name) => `${name}${i}`);
    return `  state h${i}: [H]\n  param W${i}: [H, H]\n  param w${i}: [H]\n  h${i}' = ${own}\n`;
  });
  const outputs = expressions.map((_, i) => `h${i}' * sum(W${i} @ x)`);
  return `cell R(H) {\n  input x: [H]\n  input k: real\n${parts.join("")}  output y = ${outputs.join(" + ")}\n}`;
}

describe("a branch that is not taken might as well not be there", () => {
  it.each([
    [[1, 2, 3, 4], kinds[0]],
    [[5, 6, 7, 8], kinds[1]],
  ] as const)("in random cells %j", async (seeds, kind) => {
    const pairs = seeds.map((seed) => randomPair(createRandom(seed), 4));
    const call = { x: [1, -2, 0.5, 0.25, 1.5, -1, 2, 1, -0.5], k: [1, 2, 1], h0: [0.5, -0.25, 1], h1: [1, 0.5, 0.25] };
    const options = { ...kind, dimensions: { H: 3 } };
    const [with_, without] = [
      gradientsOf(await instanceOf(cellOf(pairs.map(([chosen]) => chosen)), options, 3), call, 9),
      gradientsOf(await instanceOf(cellOf(pairs.map(([, byHand]) => byHand)), options, 3), call, 9),
    ];
    expectClose(with_, without, kind.dtype);
    expect(Object.keys(without)).toContain("gradient params.W3");
  });
});

/** Cells that hold their state where `m` is 0, by a choice or by arithmetic. */
function masked(choose: (taken: string, kept: string) => string): string {
  return `cell M(I, H) {
  input x: [I]
  input m: real
  input n: [H]
  state a, b, c, d, e: [H]
  param A, B, C: [H, I]
  param U, V, W: [H, H]
  a' = ${choose("tanh(A @ x + U @ a)", "a")}
  b' = ${choose("B @ x", "b")}
  z = sigmoid(A @ x + V @ c)
  c' = ${choose("(1 - z) * c + z * tanh(C @ x + z * (W @ c))", "c")}
  d' = ${choose("tanh(V @ (B @ x / (1 + sum(x * x))) + W @ d)", "d")}
  e' = ${choose("tanh(C @ x + U @ e)", "e").replace(/\bm\b/gu, "n")}
  output y = a' + b' * V[0] + W @ c' + d' * e'
}`;
}

describe("a mask", () => {
  it.each(kinds)("keeps what stands at masked steps out of all derivatives, on $target", async (kind) => {
    const options = { ...kind, dimensions: { I: 2, H: 3 } };
    const own = await instanceOf(masked((taken, kept) => `if m > 0 then ${taken} else ${kept}`), options, 3); // prettier-ignore
    const run = (instance: ModuleInstance, at: number): Gradients => {
      const rest = { m: [1, 0, 1], n: [1, 0, 1, 0, 0, 0, 0, 1, 1], a: [0.5, -0.25, 1], c: [0.25, 1, -1] };
      return gradientsOf(instance, { ...rest, x: [1, -2, at, at, 0.5, -1] }, 9);
    };
    const zeros = run(own, 0);
    expect(Object.entries(zeros).filter(([, values]) => !values.every(Number.isFinite))).toEqual([]);
    for (const garbage of [NaN, Infinity, -Infinity, 1e38]) expect(run(own, garbage)).toEqual(zeros);
    expect(zeros["gradient x"]?.slice(2, 4)).toEqual([0, 0]);
    const byHand = await instanceOf(masked((taken, kept) => `stop_gradient(m) * (${taken}) + (1 - stop_gradient(m)) * ${kept}`), options, 3); // prettier-ignore
    expectClose(zeros, run(byHand, 0), kind.dtype);
  });

  it.each(kinds)("keeps a state that overflowed before it was reset out of them, on $target", async (kind) => {
    const source = `cell O(H) {
      input x: [H]
      input m: real
      state h: [H]
      param W, U: [H, H]
      h' = if m > 0 then 0 else exp(2 * (U @ h)) + W @ x
      output y = if m > 0 then 0 else if m < 0 then 0 else h'
    }`;
    const own = await instanceOf(source, { ...kind, dimensions: { H: 2 } }, 6);
    const run = (start: number, m: readonly number[]): Gradients =>
      gradientsOf(own, { x: [1, 2, 3, 4, 5, 6, 1, 2, 0.5, 0.25, 0.5, 1], h: [start, start], m }, 12);
    const calm = run(0.5, [-1, -1, -1, 1, 0, 0]);
    const overflowed = run(300, [-1, -1, -1, 1, 0, 0]);
    expect(calm["gradient params.U"]?.every(Number.isFinite)).toBe(true);
    for (const name of ["params.U", "params.W", "h"])
      expect([name, overflowed[`gradient ${name}`]]).toEqual([name, calm[`gradient ${name}`]]);
  });

  it("leaves out rows only where a choice can", () => {
    const leavesOut = (body: string): boolean => {
      const text = `cell N(H) { input x: [H] input m: real state h: [H] param W, U: [H, H] h' = ${body} output y = h' }`;
      const lowered = lowerSource(text, { dimensions: { H: 2 } }, "all sizes").cell as LoweredCell;
      const program = buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false });
      return printFunction(program.entries.get("backward")!.fn).includes(" = ne ");
    };
    expect(leavesOut("if m > 0 then tanh(W @ x + U @ h) else h")).toBe(true);
    const without = ["relu(W @ x + U @ h)", "max(W @ x, U @ h)", "W @ (if m > 0 then tanh(x) else tanh(h))"];
    expect(without.map((body) => [body, leavesOut(body)])).toEqual(without.map((body) => [body, false]));
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

it.each(kinds)("a value that a declared derivative leaves out may be infinite, %o", async (kind) => {
  const own = await instanceOf(
    `fn f(v: [n], W: [n, n]): [n] { return v derivative(dv, _dW) = W @ dv }
    cell A(N) { input x: real state h: [N] = 1 param W: [N, N] h' = if x > 0 then f(h, W / x) else h output y = h' }`,
    { dimensions: { N: 2 }, ...kind },
  );
  own.setParams({ W: [1, 1, 1, 1] });
  own.forward({ x: [0] });
  const { params, initial, x } = own.backward!({ y: [1, 1] });
  expect([[...params["W"]!], [...initial["h"]!], [...x!]]).toEqual([[0, 0, 0, 0], [1, 1], [0]]);
});
