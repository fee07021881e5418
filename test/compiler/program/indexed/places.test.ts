/** Computed places beside the same with choices written out: values, derivatives, what is equal or no number, both targets. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { derivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { checkRules } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { expectSameBitsOnTargets } from "../../../support/same-targets.js";
import { evaluate, lower } from "../support.js";

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(seed + 1.7 * i));
const values = {
  v: numbers(5, 1),
  w: numbers(5, 5),
  A: numbers(20, 2),
  T: numbers(60, 3),
  i: [2],
  j: [3],
};

function result(output: string): { shape: readonly number[] | undefined; data: number[] } {
  const text = `cell A {
    input v, w: [5] input A: [5, 4] input T: [3, 5, 4] input i: index(5) input j: index(4)
    output y = ${output}
    output unused = sum(v) + sum(w) + sum(A, axis = [0, 1]) + sum(T, axis = [0, 1, 2]) + A[i, j]
  }`;
  const { y } = evaluate(lower(text).step, values);
  return { shape: y?.shape, data: [...(y?.data ?? [])] };
}

describe("computed places", () => {
  it.each<[string, string]>([
    ["real(i)", "2"],
    ["v[argmax(v)]", "max(v)"],
    ["v[argmin(v)]", "min(v)"],
    ["real(argmax(w))", "sum(if w[n] == max(w) then n else 0 for n)"],
    ["real(argmax(w[n] * n for n))", "real(argmax(w * [0, 1, 2, 3, 4]))"],
    ["A[argmax(v)]", "sum((if v[n] == max(v) then A[n] else 0) for n)"],
    ["A[:, argmin(A[0])]", "transpose(A)[argmin(A[0])]"],
    ["A[i, argmax(A[i])]", "max(A[2])"],
    ["T[:, argmax(v), j]", "T[:, :, 3][:, argmax(v)]"],
    [
      "real(argmax(A, axis = 0))",
      "[real(argmax(A[:, 0])), real(argmax(A[:, 1])), real(argmax(A[:, 2])), real(argmax(A[:, 3]))]",
    ],
    ["one_hot(i, 5)", "[0, 0, 1, 0, 0]"],
    ["one_hot(argsort(A[0]), 4)[2]", "one_hot(argsort(A[0])[2], 4)"],
    ["if argmax(v) == i then 1 else 2", "if v[2] == max(v) then 1 else 2"],
    ["v[(i + 4) mod 5]", "v[1]"],
    ["v[(i - j) mod 5]", "v[4]"],
    ["v[(2 * j + i) mod 5]", "v[3]"],
    ["v[j + 1]", "v[4]"],
    ["real(if v[0] > 0 then i else 4)", "if v[0] > 0 then 2 else 4"],
    ["scatter(v, at = argsort(w), size = 5)", "sum(v[:, new] * one_hot(argsort(w), 5), axis = 0)"],
    ["scatter(A[:2], at = argsort(w)[:2], size = 6)", "transpose(one_hot(argsort(w)[:2], 6)) @ A[:2]"],
    ["scatter(v, at = i, size = 6)", "outer([0, 0, 1, 0, 0, 0], v)"],
    ["sort(v)", "v[argsort(v)]"],
    ["sort(v, descending = true)", "-sort(-v)"],
    ["sort(T, axis = 1)", "transpose(sort(transpose(T, [0, 2, 1]), axis = -1), [0, 2, 1])"],
    [
      "A[argsort(v)]",
      "stack(A[argsort(v)[0]], A[argsort(v)[1]], A[argsort(v)[2]], A[argsort(v)[3]], A[argsort(v)[4]])",
    ],
    ["T[0, :, argsort(A[0])]", "transpose(transpose(T[0])[argsort(A[0])])"],
  ])("%s is %s", (written, other) => {
    const [left, right] = [result(written), result(other)];
    expect(left.shape).toEqual(right.shape);
    for (const [n, value] of left.data.entries()) expect(value).toBeCloseTo(right.data[n] ?? NaN, 12);
  });

  it("each value of an index has its own", () => {
    const text = `cell A(N, K) { input A: [N, K] input B: [N, K, 2]
      a[n] = argmax(A[n])  output y[n] = B[n, a[n]]  output z[n] = sort(A[n])[(a[n] + 1) mod K]
      output unused = sum(A, axis = [0, 1]) }`;
    const A = [3, 1, 2, 4, 6, 5, 9, 8, 7];
    const B = Array.from({ length: 18 }, (_, i) => i);
    const { y, z } = evaluate(lower(text, { N: 3, K: 3 }).step, { A, B });
    expect([...(y?.data ?? [])]).toEqual([0, 1, 8, 9, 12, 13]);
    expect([...(z?.data ?? [])]).toEqual([2, 6, 8]);
  });

  it("of equal ones the first, of no number the place where it is, and that last in order", () => {
    const of = (v: number[], output: string): number[] => {
      const text = `cell A { input v: [${v.length}] output y = ${output} }`;
      return [...(evaluate(lower(text).step, { v }).y?.data ?? [])];
    };
    expect(of([1, 3, 3, 0], "real(argmax(v))")).toEqual([1]);
    expect(of([1, 0, 3, 0], "real(argmin(v))")).toEqual([1]);
    expect(of([1, NaN, 3, NaN], "real(argmax(v))")).toEqual([1]);
    expect(of([-Infinity, -Infinity], "real(argmax(v))")).toEqual([0]);
    expect(of([2, NaN, 1, 2, -Infinity], "real(argsort(v))")).toEqual([4, 2, 0, 3, 1]);
    expect(of([2, NaN, 1, 2, Infinity], "real(argsort(v, descending = true))")).toEqual([4, 0, 3, 2, 1]);
    expect(of([2, NaN, 1, 2, Infinity], "sort(v)")).toEqual([1, 2, 2, Infinity, NaN]);
  });

  it.each([
    "sum(sort(sin(v)) * w)",
    "E[argmax(v)] * v",
    "scatter(v * v, at = argsort(w), size = 7)[1:6]",
    "v * one_hot(argmin(w), 5) + real(argmax(v)) * w",
  ])("%s has the derivatives that its values have", (output) => {
    const text = `cell A { input v, w: [5] param E: [5, 5] ~ normal(1) output y = ${output} + 0 * (sum(v * w) + sum(E, axis = 0)) }`;
    expect(checkRules(text, derivativeRules, { seed: 3, runs: 1 })).toEqual({ mode: undefined, fault: undefined });
  });

  it.each<[string, string, Record<string, number>, string | undefined]>([
    ["a place among no elements", "x[argmax(x[1:])]", { N: 1 }, "this is a place among no elements"],
    ["the only place", "x[argmax(x[1:])]", { N: 2 }, undefined],
  ])("%s", async (_, output, dimensions, message) => {
    const compiled = cell(`cell A(N) { input x: [N] output y = ${output} }`, { dimensions });
    if (message === undefined) await expect(compiled).resolves.toBeDefined();
    else await expect(compiled).rejects.toThrow(message);
  });

  it("have the same bits on both targets", async () => {
    const text = `cell A(N, K) {
      input A: [N, K] input x: index(N) state M: [N, K]
      best[n] = argmax(A[n] + M[n])
      order = argsort(A[:, 0])
      M'[n] = if (x + 1) mod N == n then A[x, best[n]] + M[order[n]] else M[n] / 2
      output y = sort(A + M, axis = 1, descending = true)
      output z = scatter(A[order], at = order, size = N)
    }`;
    const [js, wasm] = await Promise.all(
      (["js", "wasm"] as const).map((target) => cell(text, { target, dimensions: { N: 3, K: 5 } })),
    );
    expectSameBitsOnTargets(js!, wasm!, 5);
  });
});
