/** Lists, `fill`, `new`, axes by name and constants with a name, each beside the longer way to say it. */
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import { check, expectFine, expectReport, inCell } from "../language/semantics/support.js";
import { evaluate, lower, tryLower } from "./support.js";

const around = (value: string): string => `cell A(N, K) {
  input v, w: [N]
  input A: [N, K]
  input s: real
  output y = ${value}
  output unused = v * w + s + sum(A, axis = 1)
}`;

describe("a shorter way and a longer one make the same graph", () => {
  it.each([
    ["[v, w]", "stack(v, w)"],
    ["[0.25, s, -1]", "stack(0.25, s, -1)"],
    ["[[1, 2], [3, 4]]", "stack(stack(1, 2), stack(3, 4))"],
    ["[v, w][1]", "stack(v, w)[1]"],
    ["v[:, new]", "reshape(v, [N, 1])"],
    ["v[new]", "reshape(v, [1, N])"],
    ["A[:, new, :]", "reshape(A, [N, 1, K])"],
    ["A[0, new]", "reshape(A[0], [1, K])"],
    ["sum(A, axis = N)", "sum(A, axis = 0)"],
    ["softmax(A, axis = K)", "softmax(A, axis = 1)"],
    ["concat(A, A, axis = K)", "concat(A, A, axis = 1)"],
    ["fill(0, [N])", "zeros([N])"],
    ["pi * v", "3.141592653589793 * v"],
    ["v[new] * A[:, new, :]", "reshape(v, [1, N]) * reshape(A, [N, 1, K])"],
  ])("%s", (short, long) => {
    // A product of [1, N] and [N, 1, K] fits for K = N only.
    const text = (value: string): string =>
      (short.includes("* A") ? around(value).replaceAll("K", "N") : around(value)).replace("cell A(N, N)", "cell A(N)");
    expect(printFunction(lower(text(short)).step)).toBe(printFunction(lower(text(long)).step));
  });
});

it("fill repeats a value along new axes", () => {
  const { y } = evaluate(lower(around("fill(v, [2, K])"), { N: 2, K: 3 }).step, { v: [4, 5] });
  expect(y?.shape).toEqual([2, 3, 2]);
  expect([...(y?.data ?? [])]).toEqual([4, 5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 5]);
  const { y: scalar } = evaluate(lower(around("fill(s, [3])"), { N: 2, K: 3 }).step, { s: [7] });
  expect([...(scalar?.data ?? [])]).toEqual([7, 7, 7]);
});

describe("constants", () => {
  it("have values", () => {
    const { y } = evaluate(lower(around("[pi, inf, -inf]"), { N: 1, K: 1 }).step, {});
    expect([...(y?.data ?? [])]).toEqual([Math.PI, Infinity, -Infinity]);
  });

  it("are names of the cell where it has them", () => {
    const text = "cell A(pi) { input x: [pi] inf = 2 output y = x * inf * pi output new = x[0:pi] }";
    const { y } = evaluate(lower(text, { pi: 2 }).step, { x: [1, 3] });
    expect([...(y?.data ?? [])]).toEqual([4, 12]);
    expectFine("fn f(pi: real): real { inf = pi return inf + pi } cell A { input x: real output y = f(x) }");
  });

  it("are no dimensions, and have no next value", () => {
    expectReport(inCell("output z = y[‹pi›]"), "unknown-dimension");
    expectReport(inCell("output z = ‹pi'›"), "unknown-name");
  });
});

describe("initialisers", () => {
  const initializer = (text: string, sizes = { N: 4 }) =>
    lower(`cell A(N, a: real = 0.5) { input x: [N] param b: [N] ~ ${text} output y = a * b * x }`, sizes).params[0]
      ?.initializer;

  it.each([
    ["0.5", 0.5],
    ["-1", -1],
    ["1 / sqrt(N)", 0.5],
    ["log(a)", Math.log(0.5)],
    ["pi", Math.PI],
    ["(-2) ^ 3", -8],
  ])("a number: %s", (text, value) => {
    expect(initializer(text)).toEqual({ kind: "constant", value });
  });

  it("`constant(c)` says the same", () => {
    expect(initializer("constant(0.25)")).toEqual(initializer("0.25"));
  });

  it.each([
    ["‹x›", "varying-initial-value"],
    ["‹[1, 2]›", "shape-mismatch"],
    ["‹unifrom›(0.1)", "unknown-initializer"],
    ["‹xavier›", "unknown-initializer"],
  ])("%s is refused", (text, code) => {
    expectReport(`cell A(N) { input x: [N] param b: [N] ~ ${text} output y = b * x }`, code);
  });
});

it("a param does not begin at infinity", () => {
  expect(tryLower("cell A(N) { input x: [N] param b: [N] ~ inf output y = b * x }").codes).toEqual(["bad-initializer"]);
});

it("a row beside a matrix is told how to become one", () => {
  const { diagnostics } = check(around("concat(A, s * A[0])"));
  expect(diagnostics.map(({ help }) => help)).toEqual(["a row of its own has one axis more: `v[new]`"]);
});
