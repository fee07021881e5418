import { describe, expect, it } from "vitest";
import { elementwiseFunctions, type Builtin } from "../../../compiler/language/semantics/builtins.js";
import { evaluate, lower } from "./support.js";

const samples = [-100, -3, -1, -0.5, -0, 0, 0.25, 1, 2, 30, Infinity, -Infinity, NaN];

/** One expression of the inputs v [N], w [N], A [2, N], s: its elements. */
function entries(expression: string, values: Record<string, readonly number[]>, N: number): number[] {
  const text = `cell A(N) { input v, w: [N] input A: [2, N] input s: real ; output y = ${expression} ; output unused = v * w + s + sum(A, axis = 0) }`;
  return [...(evaluate(lower(text, { N }).step, values)["y"]?.data ?? [])];
}

const erf = (x: number): number => {
  let sum = 0;
  let term = x;
  for (let n = 0; n < 200; n++) {
    sum += term / (2 * n + 1);
    term *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

const formulas: Record<string, (x: number) => number> = {
  "sigmoid(v)": (x) => 1 / (1 + Math.exp(-x)),
  "tanh(v)": Math.tanh,
  "relu(v)": (x) => (Number.isNaN(x) ? NaN : Math.max(x, 0)),
  "leaky_relu(v)": (x) => (x > 0 ? x : 0.01 * x),
  "leaky_relu(v, 0.2)": (x) => (x > 0 ? x : 0.2 * x),
  "leaky_relu(v, slope = s)": (x) => (x > 0 ? x : 2 * x),
  "elu(v)": (x) => (x > 0 ? x : Math.expm1(x)),
  "silu(v)": (x) => x / (1 + Math.exp(-x)),
  "softplus(v)": (x) => (x > 20 ? x : Math.log1p(Math.exp(x))),
  "log_sigmoid(v)": (x) => (x < -20 ? x : -Math.log1p(Math.exp(-x))),
  "sinh(v)": Math.sinh,
  "cosh(v)": Math.cosh,
  "asinh(v)": Math.asinh,
  "asinh(v * 1e200)": (x) => Math.asinh(x * 1e200),
  "acosh(v)": Math.acosh,
  "acosh(v * 1e200)": (x) => Math.acosh(x * 1e200),
  "atanh(v)": Math.atanh,
  "atan(v)": Math.atan,
  "asin(v)": Math.asin,
  "acos(v)": Math.acos,
  "asin(v / 3)": (x) => Math.asin(x / 3),
  "acos(v / 3)": (x) => Math.acos(x / 3),
  "atan2(v, s)": (x) => Math.atan2(x, 2),
  "atan2(v, -s)": (x) => (Object.is(x, -0) ? Math.PI : Math.atan2(x, -2)),
  "atan2(s, v)": (x) => Math.atan2(2, x),
  "atan2(-s, v)": (x) => Math.atan2(-2, x),
  "atan2(v, 0)": (x) => Math.atan2(x, 0),
  "atan2(0, v)": (x) => Math.atan2(0, x + 0),
  "softsign(v)": (x) => x / (1 + Math.abs(x)),
  "hard_sigmoid(v)": (x) => (Number.isNaN(x) ? NaN : Math.min(Math.max(x / 6 + 0.5, 0), 1)),
  "hard_tanh(v)": (x) => (Number.isNaN(x) ? NaN : Math.min(Math.max(x, -1), 1)),
  "exp(v)": Math.exp,
  "expm1(v)": Math.expm1,
  "log(v)": Math.log,
  "log1p(v)": Math.log1p,
  "sqrt(v)": Math.sqrt,
  "square(v)": (x) => x * x,
  "abs(v)": Math.abs,
  "sign(v)": Math.sign,
  "floor(v)": Math.floor,
  "min(v, s)": (x) => Math.min(x, 2),
  "max(v, s)": (x) => Math.max(x, 2),
  "clamp(v, -1, s)": (x) => (Number.isNaN(x) ? NaN : Math.min(Math.max(x, -1), 2)),
  "stop_gradient(v)": (x) => x,
  "-v": (x) => -x,
  "v + s": (x) => x + 2,
  "v - s": (x) => x - 2,
  "v * s": (x) => x * 2,
  "v / s": (x) => x / 2,
  "v ^ 0": () => 1,
  "v ^ 1": (x) => x,
  "v ^ 2": (x) => x * x,
  "v ^ 3": (x) => x * x * x,
  "v ^ 4": (x) => x * x * (x * x),
  "v ^ -1": (x) => 1 / x,
  "v ^ -2": (x) => 1 / (x * x),
  "v ^ 0.5": Math.sqrt,
  "v ^ -0.5": (x) => 1 / Math.sqrt(x),
  "v ^ 5": (x) => x ** 5,
  "v ^ s": (x) => x ** 2,
  "if v < s then 1 else 0": (x) => (x < 2 ? 1 : 0),
  "if v <= s then 1 else 0": (x) => (x <= 2 ? 1 : 0),
  "if v > s then 1 else 0": (x) => (x > 2 ? 1 : 0),
  "if v >= s then 1 else 0": (x) => (x >= 2 ? 1 : 0),
  "if v == s then 1 else 0": (x) => (x === 2 ? 1 : 0),
  "if v != s then 1 else 0": (x) => (x !== 2 ? 1 : 0),
  "if v > 0 and not (v > 1) or v == -3 then 1 else 0": (x) => ((x > 0 && !(x > 1)) || x === -3 ? 1 : 0),
  "if v > 0 then v else if v < -2 then 7 else 5": (x) => (x > 0 ? x : x < -2 ? 7 : 5),
  "v * N": (x) => x * samples.length,
};

describe("values", () => {
  it.each(Object.entries(formulas))("%s", (expression, formula) => {
    const found = entries(expression, { v: samples, s: [2] }, samples.length);
    samples.forEach((x, i) => {
      const wanted = formula(x);
      const actual = found[i] as number;
      if (Number.isFinite(wanted))
        expect(Math.abs(actual - wanted), `${expression} at ${x}`).toBeLessThanOrEqual(1e-14 * Math.abs(wanted));
      else expect(actual, `${expression} at ${x}`).toBe(wanted);
    });
  });

  /** Functions that words define, each with a formula above or below. */
  const inWords: readonly (keyof typeof elementwiseFunctions)[] = ["exp", "log", "sqrt", "sign", "sin", "cos", "atan", "atan2", "erf", "floor", "round", "min", "max"]; // prettier-ignore

  it.each(Object.entries<Builtin>(elementwiseFunctions))("%s is what the reference says", (name, builtin) => {
    const { formula, parameters } = builtin;
    expect(formula === "", `${name} has a formula, or is one of those in words`).toBe((inWords as string[]).includes(name)); // prettier-ignore
    if (formula === "") return;
    const v = [-2.5, -1, -0.75, -0.5, 0.25, 0.5, 0.75, 1, 2];
    const others: Readonly<Record<string, string>> = { slope: "0.2", low: "-0.6", high: "1.5" };
    const given = parameters.slice(1).map(({ name }) => others[name]!);
    const written = parameters
      .slice(1)
      .reduce((text, parameter, i) => text.replaceAll(parameter.name, given[i]!), formula)
      .replaceAll("π", "pi")
      .replace(/\bx\b/gu, "v");
    const [found, wanted] = [`${name}(${["v", ...given].join(", ")})`, written].map((text) => entries(text, { v }, v.length)); // prettier-ignore
    v.forEach((x, i) => {
      if (Number.isFinite(wanted![i])) expect(found![i], `${name} at ${x}`).toBeCloseTo(wanted![i]!, 12);
      else expect(found![i], `${name} at ${x}`).toBe(wanted![i]);
    });
  });

  it("gelu, erf, sin, cos, tan, round", () => {
    const v = [-2.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.5];
    const near = (expression: string, formula: (x: number) => number): void => {
      const found = entries(expression, { v }, v.length);
      v.forEach((x, i) => expect(found[i], `${expression} at ${x}`).toBeCloseTo(formula(x), 13));
    };
    near("erf(v)", erf);
    near("gelu(v)", (x) => (x * (1 + erf(x / Math.SQRT2))) / 2);
    near("sin(v)", Math.sin);
    near("cos(v)", Math.cos);
    near("tan(v)", Math.tan);
    near("round(v)", (x) => [-2, -1, 0, 0, 0, 1, 2, 2][v.indexOf(x)] as number);
  });

  const v = [1, -2, 3];
  const w = [0.5, 4, -1];
  const A = [1, 2, 3, 4, 5, 6];
  it.each<[string, number[]]>([
    ["sum(v)", [2]],
    ["mean(v)", [2 / 3]],
    ["max(v)", [3]],
    ["min(v)", [-2]],
    ["sum(A, axis = 0)", [5, 7, 9]],
    ["sum(A, axis = -1)", [6, 15]],
    ["mean(A, axis = 0)", [2.5, 3.5, 4.5]],
    ["max(A, axis = 1)", [3, 6]],
    ["norm(v)", [Math.sqrt(14)]],
    ["norm(A, axis = 1)", [Math.sqrt(14), Math.sqrt(77)]],
    ["var(v)", [38 / 9]],
    ["std(v)", [Math.sqrt(38) / 3]],
    ["std(A, axis = 0)", [1.5, 1.5, 1.5]],
    ["v @ w", [-10.5]],
    ["A @ v", [6, 12]],
    ["A[:, 0] @ A", [17, 22, 27]],
    ["A @ transpose(A)", [14, 32, 32, 77]],
    ["stack(A, 2 * A) @ v", [6, 12, 12, 24]],
    ["stack(A, 2 * A) @ transpose(A)", [14, 32, 32, 77, 28, 64, 64, 154]],
    ["reshape(A, [1, 2, N]) @ reshape(stack(v, w), [2, N, 1])", [6, 12, 0.5 + 8 - 3, 2 + 20 - 6]],
    ["v @ reshape(stack(v, w), [2, N, 1])", [14, -10.5]],
    ["outer(v, w)", [0.5, 4, -1, -1, -8, 2, 1.5, 12, -3]],
    ["outer(s, w)", [1, 8, -2]],
    ["outer(A, stack(s, 1))", [2, 1, 4, 2, 6, 3, 8, 4, 10, 5, 12, 6]],
    ["A + v", [2, 0, 6, 5, 3, 9]],
    ["A * reshape(A[:, 0], [2, 1])", [1, 2, 3, 16, 20, 24]],
    ["reshape(v, [N, 1]) - w", [0.5, -3, 2, -2.5, -6, -1, 2.5, -1, 4]],
    ["concat(v, w)", [1, -2, 3, 0.5, 4, -1]],
    ["concat(A, A, axis = 1)", [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]],
    ["concat(v)", [1, -2, 3]],
    ["stack(v, w, axis = 1)", [1, 0.5, -2, 4, 3, -1]],
    ["stack(s, 3)", [2, 3]],
    ["reshape(A, [N, 2])", [1, 2, 3, 4, 5, 6]],
    ["transpose(A)", [1, 4, 2, 5, 3, 6]],
    ["transpose(stack(A, -A), [2, 0, 1])", [1, 4, -1, -4, 2, 5, -2, -5, 3, 6, -3, -6]],
    ["v[0]", [1]],
    ["v[N - 1]", [3]],
    ["v[1:]", [-2, 3]],
    ["v[:N - 1]", [1, -2]],
    ["A[1]", [4, 5, 6]],
    ["A[:, N - 1]", [3, 6]],
    ["A[1, 1:N]", [5, 6]],
    ["zeros([2]) + ones([2])", [1, 1]],
    ["logsumexp(v)", [Math.log(Math.exp(1) + Math.exp(-2) + Math.exp(3))]],
    ["logsumexp(1000 * v)", [3000]],
    ["logsumexp(v - 2000)", [Math.log(Math.exp(1) + Math.exp(-2) + Math.exp(3)) - 2000]],
    ["softmax(0 * v)", [1 / 3, 1 / 3, 1 / 3]],
    ["softmax(1000 * v)", [0, 0, 1]],
    ["sum(softmax(A, axis = 0), axis = 0)", [1, 1, 1]],
    ["sum(softmax(A, axis = 1), axis = 1)", [1, 1]],
    ["exp(log_softmax(v)) - softmax(v)", [0, 0, 0]],
    ["if s > 0 then v else w", [1, -2, 3]],
    ["if A > 2 then v else 0", [0, 0, 3, 1, -2, 3]],
  ])("%s", (expression, wanted) => {
    const found = entries(expression, { v, w, A, s: [2] }, 3);
    expect(found).toHaveLength(wanted.length);
    wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 12));
  });

  it("logsumexp of infinities", () => {
    expect(entries("logsumexp(v)", { v: [-Infinity, -Infinity] }, 2)).toEqual([-Infinity]);
    expect(entries("logsumexp(v)", { v: [0, Infinity] }, 2)).toEqual([Infinity]);
    expect(entries("logsumexp(v)", { v: [0, NaN] }, 2)).toEqual([NaN]);
    expect(entries("logsumexp(v)", { v: [0, -Infinity] }, 2)).toEqual([0]);
  });

  it("gathers rows by an index", () => {
    const text =
      "cell A(V) { input x: index(V) param E: [V, 2] output y = E[x] output z = transpose(E)[1, x] output u = outer(E, E)[x, :, x, 0] }";
    const { y, z, u } = evaluate(lower(text, { V: 3 }).step, { x: [2], E: [1, 2, 3, 4, 5, 6] });
    expect([...(y?.data ?? [])]).toEqual([5, 6]);
    expect([...(z?.data ?? [])]).toEqual([6]);
    expect([...(u?.data ?? [])]).toEqual([25, 30]);
  });

  it("computes with run-time dimensions", () => {
    const text =
      "cell A(D) { input q: [D] context m: [S, D] a = softmax(m @ q) output alpha = a output y = a @ m + mean(m, axis = 0) * S output last = m[S - 1] }";
    const cell = lower(text, { D: 2 });
    expect(cell.runtimeDimensions).toEqual(["S"]);
    const { alpha, y, last } = evaluate(cell.step, { q: [0, 0], m: [1, 2, 3, 4, 5, 6, 7, 8] }, { S: 4 });
    expect([...(alpha?.data ?? [])]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect([...(y?.data ?? [])]).toEqual([4 + 16, 5 + 20]);
    expect([...(last?.data ?? [])]).toEqual([7, 8]);
  });

  it("writes functions out in the sizes of their calls", () => {
    const text = `fn halves(v: [2 * n]): [n] { a = v[0:n] return a * second(v) / n }
      fn second(v: [2 * n]): [n] { return v[n:] }
      cell A(N) { input v: [4 * N] output y = halves(v) output z = halves(v[0:2]) }`;
    const { y, z } = evaluate(lower(text, { N: 1 }).step, { v: [1, 2, 3, 4] });
    expect([...(y?.data ?? [])]).toEqual([1.5, 4]);
    expect([...(z?.data ?? [])]).toEqual([2]);
  });
});
