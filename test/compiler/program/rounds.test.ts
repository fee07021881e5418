/** Rounds, each beside the same written out: values to the bit, gradients too. */
import { describe, expect, it } from "vitest";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { evaluate, lower, numbers, tryLower } from "./support.js";

const around = (equation: string, functions = ""): string => `${functions}
cell A(N, L) {
  input v, w: [N]
  input s: real
  input j: index(3)
  param P: [3, N]
  param M: [N, 3, N]
  param Q: [L, N]
  param W: [3, N, N]
  fn layer(v: [N], k: index(3)): [N] { return tanh(W[k] @ v + P[k]) }
  fn inner(v: [N], k: index(3)): [N] { return layer(v * P[k], k) }
  gain = exp(P[0])
  ${equation}
  output unused = sum(v * w) * s + sum(P[j]) + sum(M[0, 0]) + sum(layer(gain, j)) + sum(inner(v, j)) + sum(Q[0])
}`;
const sizes = { N: 2, L: 3 };
const values = {
  v: numbers(2, 1),
  w: numbers(2, 2),
  s: [0.7],
  j: [1],
  P: numbers(6, 4),
  M: numbers(12, 5),
  Q: numbers(6, 4),
  W: numbers(12, 6),
};

const pairs: readonly (readonly [rounds: string, writtenOut: string, functions?: string])[] = [
  ["output y = v then tanh(y * w) for 3", "output y = tanh(tanh(tanh(v * w) * w) * w)"],
  ["output y = v then tanh(y * w) for L", "output y = tanh(tanh(tanh(v * w) * w) * w)"],
  ["output y = v then tanh(y * w) for L - 2", "output y = tanh(v * w)"],
  ["r = v then r + 1 for 2 output y = r then r * y for 2", "r = v + 1 + 1 output y = r * (r * r)"],
  ["output y = v then w for 2", "output y = w"],
  ["output y = v then 2 * s for 2", "output y = fill(2 * s, [N])"],
  // The index: selecting, as a number, in conditions, as an argument.
  ["output y = v then y * P[k] for k < 3", "output y = v * P[0] * P[1] * P[2]"],
  ["output y = v then y * Q[L - 1 - k] for k < L", "output y = v * P[2] * P[1] * P[0]"],
  ["output y = v then y + Q[k + 1] for k < L - 1", "output y = v + P[1] + P[2]"],
  ["output y = v then M[:, k] @ y for k < 2", "output y = M[:, 1] @ (M[:, 0] @ v)"],
  ["output y = v then y * (2 * k + 1) for k < 3", "output y = v * 1 * 3 * 5"],
  ["output y = v then if k == 0 then y * w else y * P[k] for k < 3", "output y = v * w * P[1] * P[2]"],
  ["output y = v then if k + 1 < L then 2 * y else 1 for k < L", "output y = [1, 1]"],
  [
    "output y = v then layer(y, k) for k < 3",
    "output y = tanh(W[2] @ tanh(W[1] @ tanh(W[0] @ v + P[0]) + P[1]) + P[2])",
  ],
  ["output y = v then inner(y, k) for k < 2", "output y = tanh(W[1] @ (tanh(W[0] @ (v * P[0]) + P[0]) * P[1]) + P[1])"],
  [
    "output y = v then y * sum(y[n] * M[n, k, n] for n) for k < 2",
    "a = v * sum(v[n] * M[n, 0, n] for n) output y = a * sum(a[n] * M[n, 1, n] for n)",
  ],
  // What rounds make of their index alone.
  ["a = 0 then k for k < 3 output y = v * P[a]", "output y = v * P[2]"],
  ["a = 0 then (k + 2) mod 3 for k < L output y = v * P[a] / a", "output y = v * P[1]"],
  ["a = 0 then if v[k] > v[a] then k else a for k < N output y = v[a] * w", "output y = max(v) * w"],
  ["a = 1 then (2 * a + k + 1) mod 3 for k < 3 output y = v * P[a] / a", "output y = v * P[1]"],
  ["a = 0 then (a + 1) mod 3 for 4 output y = v * P[a] * a", "output y = v * P[1]"],
  ["a, b = (0, v) then ((a + k + 1) mod 3, b * P[a']) for k < 2 output y = b + P[a] * a", "output y = v * P[1] * P[0]"],
  // Groups.
  ["a, b = (0, v) then (k, b * P[k]) for k < 2 output y = b + P[a] * a", "output y = v * P[0] * P[1] + P[1]"],
  ["a, b = (v, w) then (b, a) for 3 output y = a - 2 * b", "output y = w - 2 * v"],
  [
    "a, b = (v, w) then (tanh(b), a' * b) for 2 output y = a - b",
    "a1 = tanh(w) b1 = a1 * w a2 = tanh(b1) output y = a2 - a2 * b1",
  ],
  [
    "a, _b, c = (v, s, w) then (a + _b, _b * sum(a'), _b' * c) for 2 output y = a + c",
    "a1 = v + s b1 = s * sum(a1) c1 = b1 * w a2 = a1 + b1 b2 = b1 * sum(a2) output y = a2 + b2 * c1",
  ],
  // In functions, which may be called for each value of an index, and inside each other.
  [
    "output y = f(v, w)",
    "output y = tanh(tanh(v * w) * w)",
    "fn f(v: [n], w: [n]): [n] { r = v then tanh(r * w) for 2 return r }",
  ],
  [
    "output y[n] = f(M[n, 0], 2 * w)[n]",
    "output y[n] = tanh(tanh(M[n, 0, n] * (2 * w[n])) * (2 * w[n]))",
    "fn f(v: [n], w: [n]): [n] { r = v then tanh(r * w) for 2 return r }",
  ],
  [
    "output y = v then f(y, k) for k < 3",
    "output y = v + 1 + 1 + 2 + 2",
    "fn f(v: [n], k: index(3)): [n] { r = v then r + [0, 1, 2][k] for 2 return r }",
  ],
  // The end, which is tested after each round.
  [
    "output y = v then 2 * y for 5 until sum(y') > 5",
    "output y = if sum(2 * v) > 5 then 2 * v else if sum(4 * v) > 5 then 4 * v else 8 * v",
  ],
  [
    "output y = v then 2 * y for 5 until sum(y) > 2",
    "output y = if sum(v) > 2 then 2 * v else if sum(2 * v) > 2 then 4 * v else 8 * v",
  ],
  ["output y = v then 2 * y for 3 until s > 0", "output y = 2 * v"],
  ["output y = v then 2 * y for 3 until s < 0", "output y = 8 * v"],
  ["output y = v then y + k for k < 4 until k == 2", "output y = v + 1 + 2"],
  ["a, b = (v, s) then (a + b, 2 * b) for 9 until b' > 2 output y = a + b", "output y = v + s + 2 * s + 4 * s"],
];

function result(equation: string, functions?: string) {
  const { y } = evaluate(lower(around(equation, functions), sizes).step, values);
  return { shape: y?.shape, data: [...(y?.data ?? [])] };
}

describe("rounds are what they are written out", () => {
  it.each(pairs.map(([rounds, writtenOut, functions = ""]) => [rounds, writtenOut, functions]))(
    "%s",
    (rounds = "", writtenOut = "", functions = "") => {
      const [got, wanted] = [result(rounds, functions), result(writtenOut, functions)];
      expect(got.shape).toEqual(wanted.shape);
      got.data.forEach((value, i) => expect(value).toBeCloseTo(wanted.data[i]!, 14));
    },
  );

  it("without copies, gathers and choices for what a round selects", () => {
    const text = around("output y = v then if k == 0 then inner(y, k) else M[:, k] @ y for k < 3").replace(
      /output unused.*/u,
      "",
    );
    const graph = printFunction(
      lower(text.replaceAll(/input [wsj].*/gu, "").replace("gain = exp(P[0])", ""), sizes).step,
    );
    expect(graph).not.toMatch(/gather|select|iota/u);
    expect(graph.match(/contract/gu)).toHaveLength(3);
  });

  it("in a used cell and in an initial value, of params and contexts", () => {
    const text = `cell B(H, L) { input x: [H] param W: [L, H] r = x then r * W[k] for k < L output y = r }
      cell A(H) { input x: [H] param p: [H] q = p then q * p for 2
        state h: [H] = q h' = h + b(x) use b = B(H, 2) output y = h' }`;
    const { step, initial } = lower(text, { H: 1 });
    expect([...(evaluate(step, { x: [3], "b.W": [5, 7] }).y?.data ?? [])]).toEqual([105]);
    expect([...(evaluate(initial!, { p: [2] }).h?.data ?? [])]).toEqual([8]);
  });
});

describe("rounds that cannot be written out", () => {
  it.each<[string, string, string]>([
    ["too many", "output y = v then y * 2 for 30000", "program-too-large"],
    ["too much", "output y = v then y * 2 + sin(y) * cos(y) for 9000", "program-too-large"],
    ["too much inside each other", "output y = v then f(y) for 1000", "program-too-large"],
  ])("%s", (_what, equation, code) => {
    const functions = "fn f(v: [n]): [n] { r = v then r + sin(r) for 1000 return r }";
    expect(tryLower(around(equation, equation.includes("f(y)") ? functions : ""), sizes).codes).toEqual([code]);
  });

  it("loops that are too large together, each with what is in it", () => {
    const [calls, equations] = [30, 38];
    const lines = Array.from({ length: calls }, (_, i) => `v${i + 1} = log_softmax(v${i})`).join("\n");
    const loops = Array.from({ length: equations }, (_, i) => `r${i} = x then f(r${i}) for 30`).join("\n");
    const sum = Array.from({ length: equations }, (_, i) => `r${i}`).join(" + ");
    const text = `fn f(v0: [n]): [n] { ${lines} return v${calls} } cell A(N) { input x: [N] ${loops} output y = ${sum} }`;
    const { program, diagnostics } = lowerSource(text, { dimensions: { N: 2 } }, "all sizes");
    expect(program).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["program-too-large"]);
    const [, operations] = /^`A` has (\d+) operations$/u.exec(diagnostics[0]!.message)!;
    expect(Number(operations)).toBeGreaterThan(20_000);
    expect(diagnostics[0]!.help).toBe("a cell has at most 20000");
  });

  it("a number that has no size", () => {
    expect(tryLower(around("output y = v then 2 * y for L"), { N: 2 }).codes).toEqual(["bad-dimension-size"]);
  });
});
