/** Products, truth values of many, and reductions over several axes, each beside the same with its elements written out. */
import { describe, expect, it } from "vitest";
import { evaluate, lower, numbers } from "../support.js";

const values = { v: numbers(7, 1), A: numbers(12, 2), T: numbers(24, 3) };

/** For all sizes, and with numbers for the dimensions, of which single elements can be taken. */
function result(output: string, isWritten: boolean): { shape: readonly number[] | undefined; data: number[] } {
  const text = `cell A(N, K, M) {
    input v: [M] input A: [N, K] input T: [2, N, K]
    output y = ${output}
    output unused = sum(v) + sum(A, axis = [0, 1]) + sum(T, axis = [0, 1, 2])
  }`;
  const sizes = { N: 3, K: 4, M: 7 };
  if (!isWritten) expect(lower(text).step.instructions.length).toBeGreaterThan(0);
  const closed = text.replace("(N, K, M)", "").replace(/\b[NKM]\b/gu, (name) => String(sizes[name as "N"]));
  const { y } = evaluate(isWritten ? lower(closed).step : lower(text, sizes).step, values);
  return { shape: y?.shape, data: [...(y?.data ?? [])] };
}

describe("reductions", () => {
  it.each<[string, string]>([
    ["prod(v)", "v[0] * v[1] * v[2] * (v[3] * v[4]) * (v[5] * v[6])"],
    ["prod(v[M - 1:M])", "v[6]"],
    ["prod(v - v)", "0"],
    ["prod(T[:, 0, 0])", "T[0, 0, 0] * T[1, 0, 0]"],
    ["prod(A, axis = 0)", "A[0] * A[1] * A[2]"],
    ["prod(A, axis = K)", "A[:, 0] * A[:, 1] * A[:, 2] * A[:, 3]"],
    ["prod(A[i, K - 1] * i for i)", "0 * A[0, 3] * A[1, 3] * 2 * A[2, 3]"],
    ["sum(A, axis = [0, 1])", "sum(sum(A, axis = 0))"],
    ["sum(T, axis = [2, 0])", "sum(sum(T, axis = 0), axis = 1)"],
    ["mean(T, axis = [N, K])", "mean(reshape(T, [2, N * K]), axis = 1)"],
    ["prod(T, axis = [0, -1])", "prod(prod(T, axis = 0), axis = 1)"],
    ["var(T, axis = [1, 2])", "var(reshape(T, [2, N * K]), axis = 1)"],
    ["std(A, axis = [0, 1])", "std(reshape(A, [N * K]))"],
    ["norm(A, axis = [0, 1])", "norm(reshape(A, [N * K]))"],
    ["max(T, axis = [0, 1])", "max(max(T, axis = 0), axis = 0)"],
    ["logsumexp(A, axis = [0, 1])", "logsumexp(reshape(A, [N * K]))"],
    ["softmax(T, axis = [1, 2])", "reshape(softmax(reshape(T, [2, N * K]), axis = 1), [2, N, K])"],
    ["log_softmax(A, axis = [1, 0])", "reshape(log_softmax(reshape(A, [N * K])), [N, K])"],
    ["if any(v > 1.2) then 1 else 0", "max(if v > 1.2 then 1 else 0)"],
    ["if all(v > -2) and not any(v > 9) then v else 0", "v"],
    ["if all(A > 0, axis = 0) then 1 else 0", "min(if A > 0 then 1 else 0, axis = 0)"],
    ["if any(v[n] > 1 and v[n] < 1.5 for n) then 1 else 0", "max(if v > 1 and v < 1.5 then 1 else 0)"],
  ])("%s is %s", (written, other) => {
    const [left, right] = [result(written, false), result(other, true)];
    expect(left.shape).toEqual(right.shape);
    for (const [i, value] of left.data.entries()) expect(value).toBeCloseTo(right.data[i] ?? NaN, 12);
  });
});
