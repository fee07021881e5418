import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import type { LoweredCell } from "../../../compiler/program/base/lowered-cell.js";
import { standardLibraryModule } from "../../../compiler/language/std/embed.js";
import { printShape } from "../../../compiler/base/types/shape.js";
import { check } from "../language/semantics/support.js";
import { evaluate, lower, tryLower } from "./support.js";

const layer = `cell Layer(I, H, a: real = 0.5) {
  /// What goes in.
  input x: [I]
  /// What is kept.
  state h: [H] = b
  state n: real
  param W: [H, I] ~ normal(a / H)
  param b: [H]
  h' = tanh(W @ x + b + h) * a
  n' = n + 1
  output y = h'
}
`;

function shapes(cell: LoweredCell): string[] {
  const groups = {
    input: cell.inputs,
    context: cell.contexts,
    state: cell.states,
    param: cell.params,
    output: cell.outputs,
  };
  return Object.entries(groups).flatMap(([kind, tensors]) =>
    tensors.map((tensor) => `${kind} ${tensor.name}: ${printShape(tensor.shape)}`),
  );
}

describe("lowered cells", () => {
  it("have tensors in the order of their declarations, those of used cells by path", () => {
    const cell = lower(
      `${layer}cell Pair(I, H) { input x: [I] state s: [H] use l0 = Layer(I, H) use l1 = Layer(H, 2 * H, a = 2) param k: [H]
        s' = s + k u = l0(x) output y = l1(u + s) output z = l0.h + l0.h' * l0.n }`,
      { I: 3, H: 2 },
    );
    expect(shapes(cell)).toEqual([
      "input x: [3]",
      "state s: [2]",
      "state l0.h: [2]",
      "state l0.n: []",
      "state l1.h: [4]",
      "state l1.n: []",
      "param l0.W: [2, 3]",
      "param l0.b: [2]",
      "param l1.W: [4, 2]",
      "param l1.b: [4]",
      "param k: [2]",
      "output y: [4]",
      "output z: [2]",
    ]);
    expect(cell.params.map(({ initializer }) => initializer)).toEqual([
      { kind: "normal", deviation: 0.25 },
      { kind: "zeros" },
      { kind: "normal", deviation: 0.5 },
      { kind: "zeros" },
      { kind: "zeros" },
    ]);
    expect(cell.states.map(({ initial }) => initial)).toEqual(["zeros", "computed", "zeros", "computed", "zeros"]);
    expect(cell.states[1]?.documentation).toBe("What is kept.");
    expect(cell.step.outputNames).toEqual(["s", "l0.h", "l0.n", "l1.h", "l1.n", "y", "z"]);
    expect(cell.initial?.outputNames).toEqual(["l0.h", "l1.h"]);
    const result = evaluate(cell.step, {
      x: [1, 0, 0],
      "l0.W": [1, 0, 0, 1, 0, 0],
      "l0.h": [0.5, 1],
      "l0.n": [3],
      k: [1, 1],
    });
    const h = [Math.tanh(1.5) / 2, Math.tanh(2) / 2];
    expect([...(result["l0.h"]?.data ?? [])]).toEqual(h);
    expect([...(result["l0.n"]?.data ?? [])]).toEqual([4]);
    expect([...(result["z"]?.data ?? [])]).toEqual([0.5 + (h[0] as number) * 3, 1 + (h[1] as number) * 3]);
  });

  it("leave dimensions open that have no size", () => {
    const cell = lower(layer, { H: 4 });
    expect(shapes(cell)).toContain("param W: [4, I]");
    expect([...cell.dimensions]).toEqual([["H", 4]]);
    expect(lower(layer).params[0]?.initializer).toEqual({ kind: "normal", deviation: NaN });
    expect(lower(layer, { I: 1, H: 1 }, { a: 8 }).params[0]?.initializer).toEqual({ kind: "normal", deviation: 8 });
  });

  it("compute initial values from params, contexts and equations of them", () => {
    const text = `cell Inner(H) { context k: [T, H] state g: [H] = sum(k, axis = 0) g' = g output y = g }
      cell A(H) { context m: [S, H] input x: [H] param W: [H, H] mid = W @ mean(m, axis = 0)
      state h: [H] = tanh(mid) state s: [S] = 1 h' = h + x s' = s * 2
      use i = Inner(H) output y = i(2 * m) + mid + s @ m }`;
    const cell = lower(text, { H: 2 });
    const values = { m: [1, 2, 3, 4], W: [1, 0, 0, -1] };
    const { h, s, "i.g": g } = evaluate(cell.initial as NonNullable<typeof cell.initial>, values, { S: 2 });
    expect([...(h?.data ?? [])]).toEqual([Math.tanh(2), Math.tanh(-3)]);
    expect([...(s?.data ?? [])]).toEqual([1, 1]);
    expect([...(g?.data ?? [])]).toEqual([8, 12]);
    expect(shapes(cell)).toContain("state s: [S]");
  });

  it("give outputs of cells with several, states with run-time dimensions, real parameters", () => {
    const text = `cell D(H, a: real) { input q: [H] context m: [S, H] state seen: [S]
        alpha = softmax(m @ q - seen) seen' = seen + a * alpha output w = alpha output c = alpha @ m }
      cell A(H) { input x: [H] context m: [N, H] use d = D(H, a = 1 / H) r = d(x, m = m) output y = r.c + d.w @ m output seen = d.seen' }`;
    const cell = lower(text, { H: 2 });
    expect(shapes(cell)).toContain("state d.seen: [N]");
    const { y, seen } = evaluate(cell.step, { m: [1, 2, 3, 4] }, { N: 2 });
    expect([...(y?.data ?? [])]).toEqual([4, 6]);
    expect([...(seen?.data ?? [])]).toEqual([0.25, 0.25]);
  });

  it("know where every instruction comes from", () => {
    const text = `${layer}cell A(I, H) { input x: [I] use low = Layer(I, H) output y = low(2 * x) }`;
    const origins = lower(text, { I: 2, H: 2 }).step.instructions.map(({ origin }) => origin);
    for (const { span } of origins) expect(span).toBeDefined();
    const notes = origins.map(({ span, note }) => `${text.slice(span?.start, span?.end)} ${note ?? ""}`);
    expect(notes).toContain("W @ x in `low`");
    expect(notes).toContain("2 * x ");
  });

  it.each([
    ["an unknown dimension", { Q: 3 }, {}, "unknown-dimension"],
    ["a size of 0", { H: 0 }, {}, "bad-dimension-size"],
    ["a negative size", { H: -1 }, {}, "bad-dimension-size"],
    ["a fraction", { H: 1.5 }, {}, "bad-dimension-size"],
    ["NaN", { H: NaN }, {}, "bad-dimension-size"],
    ["a huge size", { H: 2 ** 31 }, {}, "bad-dimension-size"],
    ["params that are too many", { H: 65536, I: 65536 }, {}, "bad-dimension-size"],
    ["an unknown real", {}, { b: 2 }, "unknown-argument"],
  ])("refuse %s", (_what, sizes, reals, code) => {
    expect(tryLower(layer, sizes as Record<string, number>, reals as Record<string, number>).codes).toEqual([code]);
  });

  it.each([
    [
      "cell A(H, N) { input x: [H] output y = sum(reshape(x, [N, H / N]), axis = 0) }",
      { H: 6, N: 4 },
      "dimension-not-whole",
    ],
    [
      "cell B(H) { input x: [H] output y = sum(reshape(x, [2, H / 2]), axis = 0) } cell A(K) { input x: [2 * K + 1] use b = B(2 * K + 1) output y = b(x) }",
      { K: 3 },
      "dimension-not-whole",
    ],
    [
      "fn half(v: [n]): [n / 2] { return v[0:n / 2] } cell A(K) { input x: [K] output y = half(x) }",
      { K: 3 },
      "dimension-not-whole",
    ],
    ["cell A(H) { input x: [H - 1] output y = sum(x) }", { H: 1 }, "bad-dimension-size"],
    ["cell A(H) { input x: [H] param b: [H] ~ normal(1 - H) output y = x + b }", { H: 3 }, "bad-initializer"],
    ["cell A(H) { input x: [H] param b: [H] ~ constant(1 / (H - 3)) output y = x + b }", { H: 3 }, "bad-initializer"],
    ["cell A(H, a: real) { input x: [H] output y = x + a }", { H: 3 }, "wrong-arity"],
    ["cell A(H) { input x: [H] output y = sum(outer(outer(x, x), x)[0, 0]) }", { H: 2000 }, "bad-dimension-size"],
  ])("check with sizes: %s", (text, sizes, code) => {
    expect(tryLower(text, sizes).codes).toEqual([code]);
  });

  it("say what came out with which sizes", () => {
    const { diagnostics } = tryLower("cell A(H, N) { input x: [H] output y = sum(reshape(x, [N, H / N]), axis = 0) }", {
      H: 6,
      N: 4,
    });
    expect(diagnostics[0]?.message).toBe("`H / N` is 1.5 with H = 6, N = 4");
    expect(tryLower("cell B { output y = 1 }").codes).toEqual([]);
  });

  it("are refused where chains of cells make sizes too large, without taking forever", () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `cell C${i + 1}(H) { input x: [H] use a = C${i}(H * H) output y = sum(x) + a(zeros([H * H])) }`,
    );
    const text = `cell C0(H) { input x: [H] output y = sum(x) }\n${levels.join("\n")}`;
    expect(tryLower(text, { H: 3 }).codes).toHaveLength(1);
    expect(tryLower(text).codes).toEqual(["dimension-too-large"]);
  });

  const files = readdirSync("compiler/language/std").filter((file) => file.endsWith(".cell"));
  it.each(files)("std/%s has no errors or warnings, and documentation for every file", (file) => {
    const text = readFileSync(`compiler/language/std/${file}`, "utf8");
    const { program, diagnostics } = check(text);
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    const [first] = program.cells.values();
    // A file of functions is documented above each.
    const above = [...text.matchAll(/^\/\/\/ .*$/gmu)].join("\n");
    expect((first?.documentation ?? above).length).toBeGreaterThan(100);
  });

  it("the generated standard library is up to date", () => {
    expect(readFileSync("compiler/language/std/std.generated.ts", "utf8")).toBe(
      standardLibraryModule("compiler/language/std"),
    );
  });

  const equations = [
    "r = sigmoid(W_r @ x + U @ h)",
    "z = sigmoid(W_z @ x + r)",
    "n = tanh(r * q + z)",
    "q = 2 * n0 + l.h'",
    "n0 = mean(W_z, axis = 1)",
    "h' = (1 - z) * n + z * g",
    "g' = h' + low",
    "low = l(x)",
    "unused = h' + r",
  ];
  it("are the same for every order of the equations", () => {
    const source = (order: readonly string[]): string =>
      `${layer}cell A(I, H) { input x: [I] state h, g: [H] param W_r, W_z: [H, I] param U: [H, H] use l = Layer(I, H)
       ${order.join("\n")}
       output y = h' output o = n + unused * 0 }`;
    const printed = (order: readonly string[]): string => printFunction(lower(source(order), { I: 2, H: 3 }).step);
    const wanted = printed(equations);
    fc.assert(
      fc.property(fc.shuffledSubarray(equations, { minLength: equations.length }), (order) => {
        expect(printed(order)).toBe(wanted);
      }),
      { numRuns: 40 },
    );
  });
});
