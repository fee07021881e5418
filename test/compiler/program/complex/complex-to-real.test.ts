/** Complex numbers, each beside the same written in pairs of real numbers. */
import { describe, expect, it } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { evaluate, lower, numbers } from "../support.js";

const inputs = {
  ...Object.fromEntries(["p", "q"].flatMap((name, i) => ["re", "im"].map((part, j) => [`${name}_${part}`, numbers(3, 2 * i + j)]))), // prettier-ignore
  ...Object.fromEntries(["A", "B"].flatMap((name, i) => ["re", "im"].map((part, j) => [`${name}_${part}`, numbers(i === 0 ? 6 : 12, 9 + 2 * i + j)]))), // prettier-ignore
  w_re: numbers(4, 20),
  w_im: numbers(4, 21),
  s: [0.7],
  v: numbers(3, 30),
  k: [1],
};

/** `p`, `q`, `w`, `A` and `B` are complex, with their parts beside them; `s` and `v` are real. */
const around = (lines: string, items = ""): string => `cell Test(M, N, K) {
  input p_re, p_im, q_re, q_im: [N]
  input A_re, A_im: [M, N]
  input B_re, B_im: [N, K]
  input w_re, w_im: [K]
  input s: real
  input v: [N]
  input k: index(2)
  p = complex(p_re, p_im)
  q = complex(q_re, q_im)
  A = complex(A_re, A_im)
  B = complex(B_re, B_im)
  w = complex(w_re, w_im)
  ${items}
  ${lines}
  output unused = s + v[0] + sum(E(k)) + re(p[0] + q[0] + A[0, 0] + B[0, 0] + w[0])
  fn E(k: index(2)): [3] { return [[1, 2, 3], [4, 5, 6]][k] }
}`;

/** The parts of each `e` of the lines, all in one cell. */
function partsOf(lines: readonly string[], items = ""): { readonly re: number[]; readonly im: number[] }[] {
  const named = lines.map((line, i) => line.replace(/^e/u, `e${i}`));
  const outputs = lines.map((_, i) => `output y${i} = re(e${i})\n  output z${i} = im(e${i})`);
  return run([...named, ...outputs].join("\n  "), lines.length, items);
}

function run(text: string, count: number, items = ""): { readonly re: number[]; readonly im: number[] }[] {
  const all = evaluate(lower(around(text, items), { M: 2, N: 3, K: 4 }).step, inputs);
  return Array.from({ length: count }, (_, i) => {
    const [re, im] = [all[`y${i}`], all[`z${i}`]];
    expect(re?.shape).toEqual(im?.shape);
    return { re: [...(re?.data ?? [])], im: [...(im?.data ?? [])] };
  });
}

type Rows = readonly (readonly [string, string, string])[];

function expectSameParts(rows: Rows, items = ""): void {
  const own = partsOf(rows.map(([value]) => (/^e\b.*=/u.test(value) ? value : `e = ${value}`)), items); // prettier-ignore
  const written = run(rows.map(([, re, im], i) => `output y${i} = ${re}\n  output z${i} = ${im}`).join("\n  "), rows.length, items); // prettier-ignore
  for (const [i, [value]] of rows.entries()) expect(own[i], value).toEqual(written[i]);
}

describe("a complex value has the bits of its parts, written out", () => {
  it("of elements", () => {
    expectSameParts([
      ["p + q", "p_re + q_re", "p_im + q_im"],
      ["p - v", "p_re - v", "p_im"],
      ["v - p", "v - p_re", "-p_im"],
      ["-p", "-p_re", "-p_im"],
      ["s + p[0] * v", "s + p_re[0] * v", "p_im[0] * v"],
      ["p * q", "p_re * q_re - p_im * q_im", "p_re * q_im + p_im * q_re"],
      ["p * v", "p_re * v", "p_im * v"],
      ["2i * p", "-(2 * p_im)", "2 * p_re"],
      ["1i * v + 2", "fill(2, [N])", "v"],
      ["complex(s, v)", "fill(s, [N])", "v"],
      ["complex(v, 0)", "v", "zeros([N])"],
      ["p / v", "p_re / v", "p_im / v"],
      ["p / 2i", "p_im / 2", "-(p_re / 2)"],
      ["p / q", "(p_re * q_re - p_im * -q_im) / (q_re * q_re + q_im * q_im)", "(p_re * -q_im + p_im * q_re) / (q_re * q_re + q_im * q_im)"], // prettier-ignore
      ["s / q", "s * q_re / (q_re * q_re + q_im * q_im)", "s * -q_im / (q_re * q_re + q_im * q_im)"],
      ["p ^ 2", "p_re * p_re - p_im * p_im", "p_re * p_im + p_im * p_re"],
      ["p ^ 0 + 0 * p", "1 + 0 * p_re", "0 * p_im"],
      ["exp(p)", "exp(p_re) * cos(p_im)", "exp(p_re) * sin(p_im)"],
      ["exp(1i * v)", "cos(v)", "sin(v)"],
      ["exp(complex(v, 0))", "exp(v)", "zeros([N])"],
      ["conj(p)", "p_re", "-p_im"],
      ["conj(v) + 0i", "v", "zeros([N])"],
      ["complex(abs(p), arg(p))", "sqrt(p_re * p_re + p_im * p_im)", "atan2(p_im, p_re)"],
      ["complex(abs(2i * v), re(v))", "abs(2 * v)", "v"],
      ["if v > 0 then p else q", "if v > 0 then p_re else q_re", "if v > 0 then p_im else q_im"],
      ["if v > 0 then p else 1", "if v > 0 then p_re else 1", "if v > 0 then p_im else 0"],
      ["A @ p", "A_re @ p_re - A_im @ p_im", "A_re @ p_im + A_im @ p_re"],
      ["p @ q", "p_re @ q_re - p_im @ q_im", "p_re @ q_im + p_im @ q_re"],
      ["outer(p, v)", "outer(p_re, v)", "outer(p_im, v)"],
      ["sum(A, axis = N)", "sum(A_re, axis = N)", "sum(A_im, axis = N)"],
      ["mean(p)", "mean(p_re)", "mean(p_im)"],
      ["concat(p, v, q)", "concat(p_re, v, q_re)", "concat(p_im, zeros([N]), q_im)"],
      ["[p, v]", "[p_re, v]", "[p_im, zeros([N])]"],
      ["stack(p, q, axis = 1)", "stack(p_re, q_re, axis = 1)", "stack(p_im, q_im, axis = 1)"],
      ["reshape(transpose(A), [N * M])", "reshape(transpose(A_re), [N * M])", "reshape(transpose(A_im), [N * M])"],
      ["fill(p, [2])", "fill(p_re, [2])", "fill(p_im, [2])"],
      ["p[:, new] * B[:, :1]", "p_re[:, new] * B_re[:, :1] - p_im[:, new] * B_im[:, :1]", "p_re[:, new] * B_im[:, :1] + p_im[:, new] * B_re[:, :1]"], // prettier-ignore
      ["[p, q][k] + A[0]", "[p_re, q_re][k] + A_re[0]", "[p_im, q_im][k] + A_im[0]"],
      ["p[argsort(abs(p))]", "p_re[argsort(sqrt(p_re * p_re + p_im * p_im))]", "p_im[argsort(sqrt(p_re * p_re + p_im * p_im))]"], // prettier-ignore
      ["p[(argmax(re(v * p)) + 1) mod N]", "p_re[(argmax(v * p_re) + 1) mod N]", "p_im[(argmax(v * p_re) + 1) mod N]"],
    ]);
  });

  it("of an index", () => {
    expectSameParts([
      ["e[n] = p[n] * B[n]", "p_re[:, new] * B_re - p_im[:, new] * B_im", "p_re[:, new] * B_im + p_im[:, new] * B_re"],
      ["e[n] = p[(n + 1) mod N] + 1i", "concat(p_re, p_re)[1:N + 1]", "concat(p_im, p_im)[1:N + 1] + 1"],
      ["e[n] = A[:, n]", "transpose(A_re)", "transpose(A_im)"],
      ["e[m] = sum(A[m, n] * p[n] for n)", "A_re @ p_re - A_im @ p_im", "A_re @ p_im + A_im @ p_re"],
      ["e[m] = sum(s * A[m, n] * v[n] for n)", "s * (A_re @ v)", "s * (A_im @ v)"],
      ["e[m] = mean(A[m, n] for n)", "mean(A_re, axis = N)", "mean(A_im, axis = N)"],
      ["e = sum(p[n] for n)", "sum(p_re)", "sum(p_im)"],
    ]);
  });

  it("and of other ways to say it", () => {
    const rows = [
      ["p ^ 5", "p * p * p * p * p"],
      ["p ^ -2", "1 / (p * p)"],
      ["(A @ B) @ w", "A @ (B @ w)"],
      ["exp(p) * exp(q)", "exp(p + q)"],
      ["sum(p[n] * conj(q[n]) * B[n, j] * w[j] for n, j)", "(p * conj(q)) @ B @ w"],
      ["abs(p) * exp(1i * arg(p))", "p"],
    ] as const;
    const all = partsOf(rows.flatMap((sides) => sides.map((side) => `e = ${side}`)));
    for (const [i, sides] of rows.entries()) {
      const [a, b] = [all[2 * i]!, all[2 * i + 1]!];
      for (const part of ["re", "im"] as const) {
        expect(a[part].length, sides[0]).toBeGreaterThan(0);
        for (const [j, value] of a[part].entries()) expect(value, sides[0]).toBeCloseTo(b[part][j] ?? NaN, 9);
      }
    }
  });
});

describe("complex numbers in functions and used cells", () => {
  it("are arguments, results, and what functions read of the cell", () => {
    const items = `param r: complex
  fn square(z: complex[n]): complex[n] { return z * z }
  fn turned(z: complex[n]): complex[n] { twice = square(z) + square(1i * z) + z return twice * rate }
  fn size(z: complex[n]): real { return sum(re(z * conj(z))) }
  fn all(n): complex[n] { return 1i }
  rate = r + 1`;
    const [own] = partsOf(["e = turned(p) + all(N) * size(q)"], items);
    // p p + (i p)(i p) is nothing, and the rate is 1.
    const [written] = run("output y0 = p_re\n  output z0 = p_im + sum(q_re * q_re + q_im * q_im)", 1);
    expect(own).toEqual(written);
  });

  it("are states and params that are given, and initial values", () => {
    const cell = lower(
      `cell Inner(N) {
        input u: [N]
        param a: complex[N]
        state h: complex[N] = a
        h' = a * h + u
        output y = re(h')
      }
      cell Outer(N) {
        input u: [N]
        param b: complex[N]
        use inner = Inner(N, a = 2i * b)
        state g: complex[N] = 1
        g' = inner.h'
        output y = inner(u, h = g + 1i)
        output left = im(inner.h)
      }`,
      { N: 1 },
    );
    expect(cell.states.map(({ name, initial }) => [name, initial])).toEqual([
      ["inner.h.re", "computed"],
      ["inner.h.im", "computed"],
      ["g.re", "computed"],
      ["g.im", "computed"],
    ]);
    expect(cell.params.map(({ name }) => name)).toEqual(["b.re", "b.im"]);
    const values = {
      u: [0.5],
      "b.re": [3],
      "b.im": [5],
      "inner.h.re": [7],
      "inner.h.im": [8],
      "g.re": [2],
      "g.im": [4],
    };
    // a = 2i (3 + 5i) = -10 + 6i; h' = a (2 + 5i) + 0.5 = -49.5 - 38i
    const step = evaluate(cell.step, values);
    expect([step["g.re"]?.data[0], step["g.im"]?.data[0]]).toEqual([-49.5, -38]);
    expect([step["y"]?.data[0], step["left"]?.data[0]]).toEqual([-49.5, 8]);
    const initial = evaluate(cell.initial!, values);
    expect([initial["inner.h.re"], initial["inner.h.im"], initial["g.re"], initial["g.im"]].map((one) => one?.data[0])).toEqual([-10, 6, 1, 0]); // prettier-ignore
  });
});

it("computes no part that nothing reads, and each only once", () => {
  const products = (lines: string): number =>
    printFunction(lower(`cell A(N) { input x: [N] state h: complex[N] param C: complex[N, N] param b: complex ${lines} }`).step).match(/contract/gu)?.length ?? 0; // prettier-ignore
  expect(products("h' = b * x output y = re(C @ h)")).toBe(2);
  expect(products("h' = C @ x output y = re(b * h)")).toBe(2);
  expect(products("h' = (C @ h) ^ 4 / (C @ x) + exp(C @ h) output y = x * abs(b)")).toBe(10);
});

it("grows with the text: what is nested is computed once", () => {
  const size = (open: string, close: string, depth: number): number => {
    const value = open.repeat(depth) + "h" + close.repeat(depth);
    return lower(`cell A(N) { input x: [N] state h: complex[N] h' = ${value} output y = x }`).step.instructions.length;
  };
  for (const [open, close] of [
    ["exp(", ")"],
    ["(1 / ", ")"],
    ["(", " * h)"],
    ["(if x > 0 then ", " else conj(h))"],
    ["[", ", h][0]"],
    ["(", " ^ 3)"],
    ["complex(abs(", "), x)"],
  ] as const) {
    const [short, long] = [size(open, close, 10), size(open, close, 40)];
    expect(long, open).toBeLessThanOrEqual(4 * short + 10);
  }
});
