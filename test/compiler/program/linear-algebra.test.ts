/** Linear algebra of std/linear: residuals of random matrices, known results, what is singular, and the same bits on both targets. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { createRandom } from "../../../runtime/index.js";
import { expectSameBitsOnTargets } from "../../support/same-targets.js";
import { evaluate, lower, tryLower } from "./support.js";

type Matrix = readonly (readonly number[])[];

const imports = 'import { solve, inverse, det, log_det, solve_lower, solve_upper, cholesky, expm } from "std/linear"';
const functions = {
  solved: "solve(A, b)",
  inverted: "inverse(A)",
  determinant: "det(A)",
  logarithm: "log_det(A)",
  lower: "solve_lower(A, b)",
  upper: "solve_upper(A, b)",
  root: "cholesky(A @ transpose(A))",
  exponential: "expm(A)",
};
type Name = keyof typeof functions;

const textOf = (names: readonly Name[]): string => `${imports}
  cell A(N) { input A: [N, N] input b: [N] output unused = A @ b
    ${names.map((name) => `output ${name} = ${functions[name]}`).join("\n    ")} }`;

const graphs = new Map<string, ReturnType<typeof lower>>();

/** A vector, or the rows of a matrix one after the other. */
function result(name: Name, A: Matrix, b: readonly number[] = A.map((_, i) => i + 1)): number[] {
  const key = `${name} ${A.length}`;
  const graph = graphs.get(key) ?? lower(textOf([name]), { N: A.length });
  graphs.set(key, graph);
  return [...(evaluate(graph.step, { A: A.flat(), b })[name]?.data ?? [])].map((x) => x + 0);
}

const matrix = (name: Name, A: Matrix): number[][] => {
  const entries = result(name, A);
  return A.map((_, i) => entries.slice(i * A.length, (i + 1) * A.length));
};

const product = (A: Matrix, B: Matrix): number[][] =>
  A.map((row) => (B[0] ?? []).map((_, j) => row.reduce((sum, a, k) => sum + a * (B[k]?.[j] ?? NaN), 0)));
const transposed = (A: Matrix): number[][] => A.map((_, i) => A.map((row) => row[i] as number));
const eye = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)));
const column = (v: readonly number[]): number[][] => v.map((x) => [x]);

/** Laplace's expansion. */
function determinant([first = [], ...rest]: Matrix): number {
  if (first.length === 0) return 1;
  const minor = (j: number): number => determinant(rest.map((row) => row.filter((_, k) => k !== j)));
  return first.reduce((sum, a, j) => sum + (j % 2 === 0 ? a : -a) * minor(j), 0);
}

function expectClose(got: Matrix, wanted: Matrix, within = 1e-11): void {
  expect(got.length).toBe(wanted.length);
  const largest = Math.max(...wanted.flat().map(Math.abs), 1);
  for (const [i, row] of wanted.entries())
    for (const [j, x] of row.entries()) expect(Math.abs((got[i]?.[j] ?? NaN) - x) / largest).toBeLessThan(within);
}

/** Elements on [-1, 1), and a diagonal that `shift` keeps from zero. */
function random(n: number, seed: number, shift: number): number[][] {
  const { uniform } = createRandom(seed);
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => uniform(-1, 1) + (i === j ? shift : 0)),
  );
}

describe("of random matrices", () => {
  it.each([1, 2, 5])("of %i rows", (n) => {
    const b = Array.from({ length: n }, (_, i) => i + 1);
    for (const [seed, shift] of [
      [n, 0],
      [n + 100, 2 + n / 2],
    ] as const) {
      // prettier-ignore
      const A = random(n, seed, shift);
      const within = shift === 0 ? 1e-9 : 1e-13;
      expectClose(product(A, column(result("solved", A, b))), column(b), within);
      expectClose(product(A, matrix("inverted", A)), eye(n), within);
      expectClose([result("determinant", A)], [[determinant(A)]]);
      expectClose([result("logarithm", A)], [[Math.log(Math.abs(determinant(A)))]]);
      const root = matrix("root", A);
      expectClose(product(root, transposed(root)), product(A, transposed(A)));
      expect(root.flatMap((row, i) => row.slice(i + 1)).every((x) => x === 0)).toBe(true);
      expect(root.every((row, i) => (row[i] as number) > 0)).toBe(true);
    }
  });

  it("triangles are solved, and of the others only the elements of the triangle are read", () => {
    const A = random(4, 3, 3);
    const triangle = (isIn: (i: number, j: number) => boolean): number[][] =>
      A.map((row, i) => row.map((x, j) => (isIn(i, j) ? x : 0)));
    const b = [1, 2, 3, 4];
    expectClose(product(triangle((i, j) => j <= i), column(result("lower", A, b))), column(b)); // prettier-ignore
    expectClose(product(triangle((i, j) => j >= i), column(result("upper", A, b))), column(b)); // prettier-ignore
  });

  it("the exponentials of A and -A are inverse to each other", () => {
    const A = random(3, 5, 1);
    const other = A.map((row) => row.map((x) => -x));
    expectClose(product(matrix("exponential", A), matrix("exponential", other)), eye(3), 1e-12);
  });
});

describe("of known ones", () => {
  it("takes the largest pivot: zeros on the diagonal, rows of which one is tiny", () => {
    const turned = [[0, 2, 0], [0, 0, 4], [8, 0, 0]]; // prettier-ignore
    expect(result("solved", turned, [2, 4, 8])).toEqual([1, 1, 1]);
    expect(result("inverted", turned)).toEqual([0, 0, 1 / 8, 1 / 2, 0, 0, 0, 1 / 4, 0]);
    expect(result("determinant", turned)).toEqual([64]);
    expect(result("determinant", [[0, 1], [1, 0]])).toEqual([-1]); // prettier-ignore
    expectClose(column(result("solved", [[1e-20, 1], [1, 1]], [1, 2])), [[1], [1]]); // prettier-ignore
  });

  it("expm: nilpotent, diagonal, a turn, nothing, large", () => {
    const exponential = (A: Matrix): number[][] => matrix("exponential", A);
    expectClose(exponential([[0, 1, 2], [0, 0, 3], [0, 0, 0]]), [[1, 1, 3.5], [0, 1, 3], [0, 0, 1]], 1e-14); // prettier-ignore
    expectClose(exponential([[-3, 0], [0, 2]]), [[Math.exp(-3), 0], [0, Math.exp(2)]], 1e-14); // prettier-ignore
    expectClose(exponential([[0, -20], [20, 0]]), [[Math.cos(20), -Math.sin(20)], [Math.sin(20), Math.cos(20)]], 1e-13); // prettier-ignore
    expect(exponential([[0, 0], [0, 0]])).toEqual(eye(2)); // prettier-ignore
    expectClose([exponential([[300, 0], [0, 0]])[0]!.map((x) => x / Math.exp(300))], [[1, 0]], 1e-12); // prettier-ignore
  });

  it("what is singular is infinite or no number, and has the determinant 0; what has no root is no number", () => {
    const singular = [[1, 2], [2, 4]]; // prettier-ignore
    expect(result("determinant", singular)).toEqual([0]);
    expect(result("logarithm", singular)).toEqual([-Infinity]);
    expect(result("solved", singular, [1, 1]).some((x) => Number.isFinite(x))).toBe(false);
    expect(result("determinant", [[0, 0], [0, 0]])).toEqual([0]); // prettier-ignore
    expect(result("determinant", [[NaN, 1], [1, 2]])).toEqual([NaN]); // prettier-ignore
    const own = `${imports} cell A { input x: real output y = cholesky([[1, x], [x, 1]]) }`;
    expect([...(evaluate(lower(own).step, { x: [2] })["y"]?.data ?? [])]).toEqual([1, 0, 2, NaN]);
  });

  it("takes each of a batch in an index equation, and columns", () => {
    const batch = `import { solve } from "std/linear"
      cell A(K, N, M) {
        input A: [K, N, N]
        input B: [N, M]
        output y[k, m] = solve(A[k], B[:, m])
      }`;
    const [A, B] = [[0, 1, 1, 0, 2, 0, 0, 4], [1, 2, 3, 4, 5, 6]]; // prettier-ignore
    const { y } = evaluate(lower(batch, { K: 2, N: 2, M: 3 }).step, { A, B });
    expect(y?.shape).toEqual([2, 3, 2]);
    expect([...(y?.data ?? [])]).toEqual([4, 1, 5, 2, 6, 3, 0.5, 1, 1, 1.25, 1.5, 1.5]);
  });

  it("is refused of matrices whose size is known at run time only", () => {
    const text = `${imports} cell A(D) { input q: [D] context m: [S, D] output y = log_det(m @ transpose(m)) + q }`;
    const { diagnostics } = tryLower(text, { D: 2 });
    expect(diagnostics.map(({ code }) => code)).toEqual(["bad-dimension-size"]);
    expect(diagnostics[0]?.help).toContain("run-time dimension");
  });

  it("is refused where there are too many rows", () => {
    const large = `import { solve } from "std/linear" cell A(N) { input A: [N, N] output y = solve(A, A[0]) }`;
    const { diagnostics } = tryLower(large, { N: 2000 });
    expect(diagnostics.map(({ code }) => code)).toEqual(["program-too-large"]);
  });
});

describe("of both targets", () => {
  it.each(["f32", "f64"] as const)("the bits are the same in %s", async (dtype) => {
    const options = { dimensions: { N: 2 }, dtype, gradient: false } as const;
    const text = textOf(["solved", "root"]);
    const [first, second] = await Promise.all([
      cell(text, { ...options, target: "js" }),
      cell(text, { ...options, target: "wasm" }),
    ]);
    expectSameBitsOnTargets(first, second, 7);
  });
});

it("of a matrix is of each column, to the bit", () => {
  const text = (
    one: (f: string, B: string) => string,
  ): string => `import { solve, solve_lower, solve_upper } from "std/linear"
    cell A(N, M) { input A: [N, N] input B: [N, M] output x = ${one("solve", "A")} output l = ${one("solve_lower", "A")} output u = ${one("solve_upper", "A")} }`;
  const [whole, columns] = [
    text((f, A) => `${f}(${A}, B)`),
    text((f, A) => `transpose(${f}_rows) ${f}_rows[m] = ${f}(${A}, B[:, m])`),
  ].map((source) => lower(source, { N: 3, M: 2 }).step);
  const random = createRandom(3);
  const values = {
    A: Array.from({ length: 9 }, () => random.normal()),
    B: Array.from({ length: 6 }, () => random.normal()),
  };
  expect(evaluate(whole!, values)).toEqual(evaluate(columns!, values));
});
