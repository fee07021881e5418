/** Index equations and sums over an index, each beside the same written another way, or with its elements written out. */
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { evaluate, lower, numbers } from "./support.js";

const sizes = { N: 3, K: 4 };
const around = (equation: string): string => `cell A(N, K) {
  input v, w: [N]
  input x: [K]
  input A: [N, K]
  input B: [K, N]
  input S: [N, N]
  input T: [N, K, K]
  input k: index(3)
  input s: real
  param E: [K, 3, N]
  ${equation}
  output unused = sum(v * w) + sum(x) + s + sum(sum(A, axis = 0)) + sum(sum(B, axis = 0)) + sum(S[0]) + sum(T[0, 0]) + sum(E[0, k])
}`;
const values = {
  v: numbers(3, 1),
  w: numbers(3, 2),
  x: numbers(4, 3),
  A: numbers(12, 4),
  B: numbers(12, 5),
  S: numbers(9, 6),
  T: numbers(48, 7),
  E: numbers(36, 8),
  k: [2],
  s: [0.7],
};

/** With symbols, or with numbers for the dimensions, of which single elements can be taken. */
function result(equation: string, isWritten: boolean) {
  const text = isWritten
    ? around(equation).replace("(N, K)", "").replaceAll(/\bN\b/gu, "3").replaceAll(/\bK\b/gu, "4")
    : around(equation);
  const { y } = evaluate(lower(text, isWritten ? {} : sizes).step, values);
  return { shape: y?.shape, data: [...(y?.data ?? [])] };
}

describe("an index equation is what its elements are, written out", () => {
  it.each<[string, string]>([
    ["output y[n] = v[n] * s", "v * s"],
    // An index is an argument where an index is expected.
    ["fn row(M: [a, b], i: index(a)): [b] { return 2 * M[i] } output y[n < N] = row(A, n) + s", "2 * A + s"],
    [
      "fn at(v: [a], i: index(a), j: index(b)): real { return v[i] * real(j) } output y[n < N, m < K] = at(v, n, m)",
      "outer(v, [0, 1, 2, 3])",
    ],
    ["output y[n] = v[n] * A[n]", "stack(v[0] * A[0], v[1] * A[1], v[2] * A[2])"],
    ["output y[n] = sum(A[n] * x)", "stack(sum(A[0] * x), sum(A[1] * x), sum(A[2] * x))"],
    ["output y[n] = T[n] @ x", "stack(T[0] @ x, T[1] @ x, T[2] @ x)"],
    ["output y[n] = T[n] @ A[n]", "stack(T[0] @ A[0], T[1] @ A[1], T[2] @ A[2])"],
    ["output y[n] = outer(A[n], x)", "stack(outer(A[0], x), outer(A[1], x), outer(A[2], x))"],
    ["output y[n] = softmax(A[n])", "stack(softmax(A[0]), softmax(A[1]), softmax(A[2]))"],
    ["output y[n] = A[n] / max(norm(A[n]), 0.1)", "stack(A[0] / norm(A[0]), A[1] / norm(A[1]), A[2] / norm(A[2]))"],
    [
      "output y[n] = concat(A[n], A[n] * v[n])[1:K + 1]",
      "stack(concat(A[0], A[0] * v[0])[1:K + 1], concat(A[1], A[1] * v[1])[1:K + 1], concat(A[2], A[2] * v[2])[1:K + 1])",
    ],
    ["output y[i, j] = v[i] - w[j]", "v[:, new] - w"],
    ["output y[j, i] = A[i, j]", "transpose(A)"],
    // Places with several indices, and in a circle.
    ["output y[i < N, j < K] = concat(v, x)[i + j]", "stack(concat(v, x)[0:4], concat(v, x)[1:5], concat(v, x)[2:6])"],
    ["output y[i < N, j < 2] = concat(v, x)[i - j + K]", "stack([x[1], x[0]], [x[2], x[1]], [x[3], x[2]])"],
    ["output y[i < N, j < 2] = concat(v, x)[N + K - 1 - i - j]", "stack([x[3], x[2]], [x[2], x[1]], [x[1], x[0]])"],
    ["output y[n < N] = v[(n + 1) mod N]", "stack(v[1], v[2], v[0])"],
    ["output y[n < N] = v[(n - 1) mod N]", "stack(v[2], v[0], v[1])"],
    ["output y[n] = v[(2 - n) mod N]", "stack(v[2], v[1], v[0])"],
    ["output y[n < 2 * N + 1] = v[(N - n) mod N]", "stack(v[0], v[2], v[1], v[0], v[2], v[1], v[0])"],
    [
      "output y[n < 5] = T[0][:, 0][(n + 7) mod K]",
      "stack(T[0, 3, 0], T[0, 0, 0], T[0, 1, 0], T[0, 2, 0], T[0, 3, 0])",
    ],
    [
      "output y[n] = sum(v[(n + 1 - j) mod N] * x[j] for j)",
      "stack(v[1] * x[0] + v[0] * x[1] + v[2] * x[2] + v[1] * x[3], v[2] * x[0] + v[1] * x[1] + v[0] * x[2] + v[2] * x[3], v[0] * x[0] + v[2] * x[1] + v[1] * x[2] + v[0] * x[3])",
    ],
    [
      "output y[n] = sum(A[(n - j) mod N] * w[j] for j)",
      "stack(A[0] * w[0] + A[2] * w[1] + A[1] * w[2], A[1] * w[0] + A[0] * w[1] + A[2] * w[2], A[2] * w[0] + A[1] * w[1] + A[0] * w[2])",
    ],
    ["output y[i] = S[i, (i + 1) mod N]", "stack(S[0, 1], S[1, 2], S[2, 0])"],
    ["output y[n] = v[n] mod s", "v - s * floor(v / s)"],
    ["output y[n < K] = (5 * n + 1) mod 3", "stack(1, 0, 2, 1)"],
    ["output y[i] = S[i, i]", "stack(S[0, 0], S[1, 1], S[2, 2])"],
    ["output y[i] = T[0, i, i] * x[i]", "[T[0, 0, 0] * x[0], T[0, 1, 1] * x[1], T[0, 2, 2] * x[2], T[0, 3, 3] * x[3]]"],
    [
      "output y[n] = if v[n] > 0 then A[n] else x",
      "stack(if v[0] > 0 then A[0] else x, if v[1] > 0 then A[1] else x, if v[2] > 0 then A[2] else x)",
    ],
    ["output y[j < K - 1] = x[j + 1] - x[j]", "x[1:] - x[:K - 1]"],
    ["output y[n < N] = v[N - 1 - n]", "stack(v[2], v[1], v[0])"],
    ["output y[n] = A[n][:, new]", "reshape(A, [N, K, 1])"],
    ["output y[n] = A[n, 0:1]", "A[:, 0:1]"],
    ["output y[n] = E[n, k]", "E[:, k]"],
    ["output y[n < N - 1] = [v[n], v[n + 1]]", "transpose([v[:2], v[1:]])"],
    ["output y[n < N] = 2 * s", "fill(2 * s, [N])"],
    ["output y[n < N] = n", "[0, 1, 2]"],
    ["output y[i < N, j < N] = if i == j then 1 else 0", "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]"],
    ["output y[i, j] = (2 * i + j) * S[i, j]", "[[0, 1, 2], [2, 3, 4], [4, 5, 6]] * S"],
    ["output y[n] = sum(T[n, i, j] * x[i] * x[j] for i, j)", "[x @ T[0] @ x, x @ T[1] @ x, x @ T[2] @ x]"],
    ["output y = sum(v[n] for n)", "sum(v)"],
    ["output y = mean(v[n] * s for n)", "mean(v * s)"],
    ["output y = max(A[i, j] for i, j)", "max(max(A, axis = 1))"],
    ["output y = logsumexp(v[n] for n)", "logsumexp(v)"],
    ["output y = sum(A[n] for n)", "sum(A, axis = 0)"],
    ["output y = sum(v[n] * A[n] for n)", "v @ A"],
    ["output y = sum(s * v[n] for n)", "s * sum(v)"],
    ["output y = sum(n * v[n] for n)", "v[1] + 2 * v[2]"],
    ["output y = sum(s for n < N)", "3 * s"],
    ["output y[i, k_] = sum(A[i, j] * B[j, k_] for j)", "A @ B"],
    ["output y[i, j] = sum(A[i] * A[j])", "A @ transpose(A)"],
    ["output y[n] = sum(v[m] * S[n, m] * w[n] for m)", "w * (S @ v)"],
  ])("%s", (equation, expected) => {
    const [got, wanted] = [result(equation, false), result(`output y = ${expected}`, true)];
    expect(got.shape).toEqual(wanted.shape);
    got.data.forEach((value, i) => expect(value).toBeCloseTo(wanted.data[i]!, 13));
  });

  it("in functions, of states, and where a value is used by index again", () => {
    const text = `fn unit(v: [n]): [n] { return v / norm(v) }
      fn rows(M: [n, k]): [n, k] { R[i] = unit(M[i]) return R }
      cell A(N, K) { input a: [N, K] state h: [N, K] = 1
        r = rows(a)
        h'[n] = h[n] * 0.5 + r[n] * h'[0, 0]' output y[n] = h'[n] @ r[n] }`.replace("h'[0, 0]'", "2");
    const { y } = evaluate(lower(text, { N: 2, K: 2 }).step, { h: [1, 2, 3, 4], a: [3, 4, 0, 2] });
    expect([...(y?.data ?? [])].map((x) => Number(x.toFixed(12)))).toEqual(
      [0.3 + 0.8 + 2, 2 + 2].map((x) => Number(x.toFixed(12))),
    );
  });
});

describe("bits are those of `@`", () => {
  const graph = (equation: string): string =>
    printFunction(lower(around(equation), sizes).step)
      .split("\n")
      .filter((line) => line.includes("contract"))
      .join("\n");
  it.each([
    ["output y[i] = sum(A[i, j] * x[j] for j)", 1],
    ["output y[n] = A[n] @ x", 1],
    ["output y[n] = A[n] @ A[n]", 4],
    ["output y = sum(v[n] * w[n] for n)", 4],
    ["output y[n] = S[n] @ v", 1],
  ])("%s has %d partial sums", (equation, parts) => {
    const text = graph(equation);
    expect(text).toContain("contract");
    expect(/parts 4/.test(text)).toBe(parts === 4);
  });
});

describe("rows of a Jacobian are gradients in a function", () => {
  const jacobian = (rows: string, fn: string): { readonly shape: unknown; readonly data: number[] } => {
    const text = `cell A(N, K) { input v: [N] input x: [K] input A: [K, N] input k: index(N) ${fn} output y${rows} output unused = x[0] + real(k) }`;
    const { y } = evaluate(lower(text, sizes).step, { v: numbers(3, 1), x: numbers(4, 3), A: numbers(12, 4), k: [1] });
    return { shape: y?.shape, data: [...(y?.data ?? [])] };
  };

  it.each([
    ["", "y = tanh(A @ v)[i]", "(1 - square(tanh(A @ v)))[:, new] * A"],
    [
      "of a place that is computed",
      "y = v[k] * sin(v[k]) * real(i)",
      "outer([0, 1, 2, 3], (sin(v[k]) + v[k] * cos(v[k])) * one_hot(k, N))",
    ],
    [
      "of several places",
      "y = square(v)[argsort(v)] @ A[0] * x[i]",
      "outer(x, 2 * v * A[0][argsort(real(argsort(v)))])",
    ],
  ])("%s", (_what, value, wanted) => {
    const fn = `fn row(v: [N], A: [K, N], x: [K], k: index(N), i: index(K)): [N] { ${value} return gradient(y, by = v) + 0 * (A[0] + x[0] + real(k)) }`;
    const own = jacobian("[n < K] = row(v, A, x, k, n)", fn);
    const other = jacobian(` = ${wanted}`, "output more = A[0, 0]");
    expect(own.shape).toEqual(other.shape);
    own.data.forEach((entry, i) => expect(entry).toBeCloseTo(other.data[i]!, 12));
  });
});

describe("the initial value of a state has indices", () => {
  it.each([
    ["state s[n]: [N, K] = x[n]", "state s: [N, K] = all all[n] = x[n] * fill(1, [K])"],
    ["state s[n]: [N, K] = n * A[n]", "state s: [N, K] = all all[n] = n * A[n]"],
    ["state s[_, k]: [N, K] = k + 1", "state s: [N, K] = all all[n < N, k < K] = k + 1"],
    [
      "state z[n]: complex[N] = 1i * x[n] + n state s: [N, K] = A",
      "state z: complex[N] = all all[n] = 1i * x[n] + n state s: [N, K] = A",
    ],
  ])("%s", (own, written) => {
    const initial = (items: string) => {
      const complex = items.includes("complex") ? "z' = 2 * z" : "";
      const text = `cell A(N, K) { input i: real param x: [N] param A: [N, K] ${items} s' = s * i ${complex} output y = s + sum(x) + A }`;
      return evaluate(lower(text, sizes).initial!, { x: numbers(3, 1), A: numbers(12, 2) });
    };
    expect(initial(own)).toEqual(initial(written));
  });
});
