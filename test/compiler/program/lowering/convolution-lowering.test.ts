/** `conv` beside plain loops, beside the products that it stands for, and on both targets. */
import { describe, expect, it } from "vitest";
import { cell, checkGradients } from "../../../../compiler/index.js";
import { expectSameBitsOnTargets } from "../../../support/same-targets.js";
import { evaluate, lower, type Sizes, tryLower } from "../support.js";

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i) + 0.1 * (i % 7));

/** How it goes over one axis, as numbers. */
interface WayOverAxis {
  readonly stride?: number;
  readonly dilation?: number;
  readonly before?: number;
  readonly after?: number;
}

/** By its definition: `x` of `[Y, X, I]`, `W` of `[O, I / G, K, L]`. */
function loops(
  {
    data: x,
    shape: [Y, X, I],
  }: { readonly data: readonly number[]; readonly shape: readonly [number, number, number] },
  {
    data: w,
    shape: [O, J, K, L],
  }: { readonly data: readonly number[]; readonly shape: readonly [number, number, number, number] },
  [ways, groups]: readonly [readonly [WayOverAxis, WayOverAxis], number],
): number[] {
  const [down, across] = ways.map(({ stride = 1, dilation = 1, before = 0, after = 0 }, i) => {
    const [n, k] = [[Y, X][i]!, [K, L][i]!];
    return { stride, dilation, before, count: Math.floor((n + before + after - dilation * (k - 1) - 1) / stride) + 1 };
  }) as [{ stride: number; dilation: number; before: number; count: number }, { stride: number; dilation: number; before: number; count: number }]; // prettier-ignore
  const result: number[] = [];
  for (let i = 0; i < down.count; i++)
    for (let j = 0; j < across.count; j++)
      for (let o = 0; o < O; o++) {
        let sum = 0;
        const first = Math.floor(o / (O / groups)) * J;
        for (let k = 0; k < K; k++)
          for (let l = 0; l < L; l++)
            for (let c = 0; c < J; c++) {
              const [row, column] = [
                i * down.stride + k * down.dilation - down.before,
                j * across.stride + l * across.dilation - across.before,
              ];
              if (row < 0 || row >= Y || column < 0 || column >= X) continue;
              sum += x[(row * X + column) * I + first + c]! * w[((o * J + c) * K + k) * L + l]!;
            }
        result.push(sum);
      }
  return result;
}

const one: WayOverAxis = {};

describe("is what plain loops give", () => {
  it.each<readonly [string, number, number, number, number, WayOverAxis, number]>([
    ["", 7, 3, 4, 3, {}, 1],
    [", pad = 2", 7, 3, 4, 3, { before: 2, after: 2 }, 1],
    [", pad = same", 6, 2, 3, 5, { before: 2, after: 2 }, 1],
    [", pad = causal, dilation = 3", 7, 2, 3, 3, { before: 6, dilation: 3 }, 1],
    [", pad = [2, 0]", 5, 2, 1, 2, { before: 2 }, 1],
    [", stride = 2", 7, 2, 3, 3, { stride: 2 }, 1],
    [", stride = 3, pad = [0, 2], dilation = 2", 9, 2, 3, 3, { stride: 3, after: 2, dilation: 2 }, 1],
    [", stride = 4", 9, 2, 3, 1, { stride: 4 }, 1],
    [", groups = 2", 6, 4, 6, 3, {}, 2],
    [", groups = 4, pad = causal", 6, 4, 4, 3, { before: 2 }, 4],
    [", groups = 3, stride = 2", 6, 3, 6, 2, { stride: 2 }, 3],
  ])("over one axis%s", (settings, X, I, O, K, way, groups) => {
    const text = `cell A { input x: [${X}, ${I}] param W: [${O}, ${I / groups}, ${K}] output y = conv(x, W${settings}) }`;
    const J = I / groups;
    const [x, W] = [numbers(X * I, 1), numbers(O * J * K, 2)];
    const { y } = evaluate(lower(text).step, { x, W });
    const wanted = loops({ data: x, shape: [1, X, I] }, { data: W, shape: [O, J, 1, K] }, [[one, way], groups]);
    expect([...y!.data].map((value, i) => Math.abs(value - wanted[i]!) < 1e-12)).toEqual(wanted.map(() => true));
  });

  it.each<readonly [string, readonly [WayOverAxis, WayOverAxis], number]>([
    ["", [one, one], 1],
    [
      ", pad = same",
      [
        { before: 1, after: 1 },
        { before: 2, after: 2 },
      ],
      1,
    ],
    [
      ", pad = [1, 3]",
      [
        { before: 1, after: 1 },
        { before: 3, after: 3 },
      ],
      1,
    ],
    [
      ", pad = [[1, 0], 2], dilation = [2, 1]",
      [
        { before: 1, dilation: 2 },
        { before: 2, after: 2 },
      ],
      1,
    ],
    [", stride = [3, 2], groups = 2", [{ stride: 3 }, { stride: 2 }], 2],
    [
      ", pad = 1, groups = 4",
      [
        { before: 1, after: 1 },
        { before: 1, after: 1 },
      ],
      4,
    ],
  ])("over two axes%s", (settings, ways, groups) => {
    const [Y, X, I, O, K, L] = [6, 7, 4, 4, 3, 5];
    const J = I / groups;
    const text = `cell A { input x: [${Y}, ${X}, ${I}] param W: [${O}, ${J}, ${K}, ${L}] output y = conv(x, W${settings}) }`;
    const [x, W] = [numbers(Y * X * I, 1), numbers(O * J * K * L, 2)];
    const { y } = evaluate(lower(text).step, { x, W });
    const wanted = loops({ data: x, shape: [Y, X, I] }, { data: W, shape: [O, J, K, L] }, [ways, groups]);
    expect([...y!.data].map((value, i) => Math.abs(value - wanted[i]!) < 1e-12)).toEqual(wanted.map(() => true));
  });
});

/** A cell with every kind of convolution in its state and its outputs, and one by a function and an index. */
const everything = `fn twice(x: [T, C], W: [C, C, K]): [T, C] { return conv(tanh(conv(x, W, pad = same)), W, pad = same) }
cell Everything(T, C, O, G) {
  input x: [T, C]
  input z: [2, T, C]
  state s: [T, C]
  state p: [3, T, 1]
  param W: [O, C, 3]
  param V: [C, 1, 3]
  param U: [2 * G, C / G, 3]
  param S: [O, C, 2]
  param P: [1, 1, 2, 3]
  param Q: [C, C, 3]
  s' = tanh(x + conv(s, V, pad = causal, dilation = 2, groups = C) + twice(s, Q))
  p' = sin(conv(p, P, pad = [[1, 0], 1]) + sum(s, axis = [0, 1]))
  output a = conv(s, W, pad = [2, 1])
  output b = conv(s * s, U, groups = G, pad = same)
  output c = conv(s, S, stride = 2, pad = 1)
  output d[n] = conv(z[n] * s, W)
}`;
const sizes: Sizes = { T: 6, C: 4, O: 2, G: 2 };

describe("of every kind", () => {
  it("has right derivatives, forward and back", async () => {
    const report = await checkGradients(everything, { dimensions: sizes, seed: 1, runs: 1, precisions: ["f64"] });
    const failed = report.tensors.flatMap(({ name, methods }) => methods.flatMap((m) => (m.passed ? [] : [`${name} ${m.method}`]))); // prettier-ignore
    expect(failed).toEqual([]);
  });

  it("has the same bits on both targets", async () => {
    const options = { dimensions: sizes, jvp: true, hvp: true };
    const [js, wasm] = await Promise.all([
      cell(everything, { ...options, target: "js" }),
      cell(everything, { ...options, target: "wasm" }),
    ]);
    expectSameBitsOnTargets(js, wasm, 5);
  });
});

it("is the sum of a product for each place of the window", () => {
  const text = (value: string): string =>
    `cell A(X, I, O) { input x: [X, I] param W: [O, I, 3] q = concat(zeros([1, I]), x, zeros([1, I])) output y = ${value} output u = sum(q, axis = 0) }`;
  const products = [0, 1, 2].map((k) => `q[${k}:X + ${k}] @ transpose(W[:, :, ${k}])`).join(" + ");
  const values = { x: numbers(5 * 2, 3), W: numbers(3 * 2 * 3, 4) };
  const [whole, parts] = ["conv(x, W, pad = same)", products].map(
    (value) => evaluate(lower(text(value), { X: 5, I: 2, O: 3 }).step, values).y!,
  );
  expect(whole!.shape).toEqual(parts!.shape);
  expect(Math.max(...whole!.data.map((value, i) => Math.abs(value - parts!.data[i]!)))).toBeLessThan(1e-14);
});

it("asks that windows end with their axis when sizes are given", () => {
  const text = "cell A(X, K) { input x: [X, 1] param W: [1, 1, K] output y = conv(x, W, stride = 2) }";
  expect(tryLower(text, { X: 7, K: 3 }).codes).toEqual([]);
  expect(tryLower(text, { X: 6, K: 3 }).codes).toEqual(["dimension-not-whole"]);
  expect(tryLower(text, { X: 1, K: 3 }).codes).toEqual(["bad-dimension-size"]);
  const same = text.replace("stride = 2", "pad = same");
  expect(tryLower(same, { X: 7, K: 4 }).codes).toEqual(["dimension-not-whole"]);
});
