/** Functions with dimensions as arguments, and those of std/linear. */
import { describe, expect, it } from "vitest";
import { check, expectReport } from "../language/semantics/support.js";
import { evaluate, lower } from "./support.js";

function value(expression: string, names: string): number[] {
  const text = `import { ${names} } from "std/linear"
    cell A(N) { input v: [N] input M: [N, N] output y = ${expression} output u = sum(v) + sum(M[0]) }`;
  const { y } = evaluate(lower(text, { N: 3 }).step, { v: [1, 2, 4], M: [1, 2, 3, 4, 5, 6, 7, 8, 10] });
  return [...(y?.data ?? [])];
}

describe("std/linear", () => {
  it.each<[string, string, number[]]>([
    ["eye(N) @ v", "eye", [1, 2, 4]],
    ["eye(N + 1)[N]", "eye", [0, 0, 0, 1]],
    ["tril(N) @ v", "tril", [1, 3, 7]],
    ["diag(v)", "diag", [1, 0, 0, 0, 2, 0, 0, 0, 4]],
    ["diagonal(M)", "diagonal", [1, 5, 10]],
    ["[trace(M)]", "trace", [16]],
    ["ramp(N) * v", "ramp", [0, 2, 8]],
    ["reversed(v)", "reversed", [4, 2, 1]],
    ["hippo_legs(2)", "hippo_legs", [-1, 0, -Math.sqrt(3), -2]],
  ])("%s", (expression, names, expected) => {
    const got = value(expression, names);
    expect(got).toHaveLength(expected.length);
    got.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 14));
  });
});

describe("dimensions as arguments", () => {
  const fn = "fn rows(N, v: [k], M): [N, k, M] { R[i < N] = fill(1, [M])[new] * v[:, new]  return R }";
  it("stand anywhere, by position or by name, beside those that shapes tell", () => {
    const text = `${fn} cell A(H) { input x: [H] output y = rows(2, x, M = H) output z = rows(v = x, N = H, M = 1)[0, :, 0] }`;
    const { y, z } = evaluate(lower(text, { H: 3 }).step, { x: [1, 2, 3] });
    expect(y?.shape).toEqual([2, 3, 3]);
    expect([...(z?.data ?? [])]).toEqual([1, 2, 3]);
  });

  it("are symbols inside, numbers in expressions, and may be told by a shape as well", () => {
    const text = `fn mean_of(N, v: [N]): real { return sum(v) / N }
      cell A(H) { input x: [2 * H] output y = mean_of(2 * H, x) }`;
    const { y } = evaluate(lower(text, { H: 2 }).step, { x: [1, 2, 3, 6] });
    expect([...(y?.data ?? [])]).toEqual([3]);
  });

  it.each([
    ["rows(2, x)", "wrong-arity"],
    ["rows(‹x›, x, 2)", "not-a-dimension"],
    ["rows(‹0›, x, 2)", "bad-dimension-size"],
    ["rows(‹1.5›, x, 2)", "not-a-dimension"],
  ])("%s is refused", (call, code) => {
    const marked = call.includes("‹") ? call : `‹${call}›`;
    expectReport(`${fn} cell A(H) { input x: [H] output y = ${marked} }`, code);
  });

  it("that contradict a shape are refused", () => {
    const marked = "fn f(N, v: [N]): [N] { return v } cell A(H, I) { input x: [H] output y = f(I, ‹x›) }";
    expectReport(marked, "shape-mismatch");
  });

  it("are proposed where nothing tells a dimension", () => {
    const { diagnostics } = check("fn ones_of(): [n] { return ones([n]) } cell A { input x: real output y = x }");
    expect(diagnostics[0]?.help).toContain("`fn ones_of(n, …)`");
  });
});
