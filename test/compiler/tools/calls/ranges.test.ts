/** Cells that have values for some numbers only: where numbers are drawn, and what is said of points without values. */
import { describe, expect, it } from "vitest";
import { checkGradients, type GradientCheckOptions, type GradientReport } from "../../../../compiler/index.js";
import { printReport } from "../../../../compiler/cli/gradcheck-report.js";
import { drawPoint } from "../../../../compiler/tools/gradcheck/draw-point.js";
import { createRandom } from "../../../../runtime/base/random.js";
import { cell, verifyModule } from "../../../../compiler/index.js";

const check = (text: string, options: GradientCheckOptions = {}): Promise<GradientReport> =>
  checkGradients(text, { seed: 1, runs: 1, coordinates: 1, target: "js", precisions: ["f64"], ...options });

const failure = (text: string, options: GradientCheckOptions): Promise<unknown> =>
  check(text, options).catch((error: unknown) => error);

const narrow = `cell Narrow {
  input x: real
  param p: real
  state h: real = 5
  q = sqrt(x - 3)
  h' = 6 + log(h - 4) / 9
  output y = q * p + h'
}`;

describe("a cell that has values for some numbers only", () => {
  it("fails with the operation at which they begin, and how to help it", async () => {
    const error = await failure(narrow, {});
    expect(error).toMatchObject({ name: "NotFiniteError" });
    expect((error as Error).message).toMatch(
      /^Narrow: .*y.* not finite at any of 10 random points with numbers of about 1; .*--range x=0\.1:2 .*; at the first they are not from `(?:sqrt|log)` in (?:q|h') on, (?:at step 0|before the first step) \(.*:[56]:\d+\)$/u,
    );
  });

  it("passes with ranges, of a state too", async () => {
    const report = await check(narrow, { ranges: { x: [3.1, 4], h: [4.9, 7], p: [-9, -8] } });
    expect(report.tensors.filter(({ passed }) => !passed)).toEqual([]);
    expect(report).toMatchObject({ skipped: 0, notFinite: undefined });
  });

  it("says of a state that is finite only as declared that it was left to the cell", async () => {
    const text = "cell A { input x: real state h: real = exp(9) h' = exp(9) + 0 * log(h - 99) * x output y = h' + x }";
    const report = await check(text, { seed: 3 });
    expect(report.notFinite).toMatchObject({ names: ["y", "h"], operation: "log", equation: "h'", step: 0 });
    const printed = printReport(report, false);
    expect(printed).toContain(
      "state h, float64: nothing to compare, it was left to the cell at every point with finite values",
    );
    expect(printed).toMatch(
      /^ {2}at the first of them y, h, from `log` in h' on, at step 0\n.*:1:\d+ {2}log\(h - 99\)\n {2}--range/mu,
    );
    const given = await check(text, { seed: 3, ranges: { h: [100, 101] } });
    expect(given.tensors.find(({ name }) => name === "h")?.methods.some(({ compared }) => compared > 0)).toBe(true);
  });
});

it("says of what cancels that no result changes by more than rounding", async () => {
  const report = await check("cell A { input x: [3] param p: real output y = softmax(x + p) }");
  expect(printReport(report, false)).toContain(
    "param p, float64: nothing to compare, the gradient was zero at every point: no result changes with it by more than rounding",
  );
});

it("draws every number within its range, also at kinks and of whole numbers, and leaves others alone", async () => {
  const { manifest } = await cell(
    "cell A { input x: [9] context c: [9] param p: [9] state h: [9] h' = h + p * c * x output y = h' }",
  );
  const ranges = { x: [0.5, 2], p: [3, 4], h: [-8, -7] } as const;
  for (const options of [{}, { kinks: 1 }, { whole: true }, { states: "given", positive: true, scale: 100 }] as const) {
    const { tensors, cotangents } = drawPoint(manifest, createRandom(1), { ...options, ranges });
    for (const [name, [least, most]] of Object.entries(ranges)) {
      const values = tensors.find((tensor) => tensor.name === name)?.values ?? [];
      expect(values.length).toBeGreaterThan(0);
      expect([...values].filter((value) => value < least || value > most)).toEqual([]);
    }
    expect(
      [...(tensors.find(({ name }) => name === "c")?.values ?? [])].some((value) => value < 0.5 || value > 2),
    ).toBe(true);
    expect(cotangents.flatMap(({ values }) => [...values]).every((value) => Math.abs(value) <= 1)).toBe(true);
  }
});

it("stays at the declared start with a range of a state", async () => {
  const { manifest } = await cell("cell A { input x: real state h: [3] h' = h + x output y = h' }");
  const { tensors } = drawPoint(manifest, createRandom(1), { states: "declared", ranges: { h: [1, 2] } });
  expect(tensors.find(({ name }) => name === "h")?.values.every((value) => value === 0)).toBe(true);
});

describe("refused is", () => {
  const text = "cell A { input x: real input k: index(3) param omega: [3] output y = omega[k] * x }";
  it.each([
    [{ omegas: [0, 1] }, /^a range is given for omegas, and A has no input.* of that name; did you mean omega\?$/u],
    [
      { k: [0, 1] },
      /^a range is given for k, which is an index: indices are drawn from all that may be, and have no gradient$/u,
    ],
    [{ zeta: [0, 1] }, /; it has x, omega$/u],
    [{ x: [1, 1] }, /^the range of x must go from a smaller number to a larger one, got 1 to 1$/u],
    [{ x: [0, Infinity] }, /^the range of x must be two numbers, \[least, most\], or "spd", got /u],
    [{ x: [0] }, /^the range of x must be two numbers/u],
    [[1, 2], /^ranges must be an object such as/u],
  ])("%j", async (ranges, message) => {
    const error = await failure(text, { ranges: ranges as GradientCheckOptions["ranges"] & object });
    expect(error).toMatchObject({ name: "WrongRangeError", message: expect.stringMatching(message) as string });
  });
});

it("tells how far a run is", async () => {
  const told: number[] = [];
  await check("cell A { input x: real param p: real output y = p * x }", { onProgress: (done) => told.push(done) });
  expect(told.filter((done) => done > 0 && done < 1).length).toBeGreaterThan(3);
  expect([...told].sort((a, b) => a - b)).toEqual(told);
  expect([told[0], told.at(-1)]).toEqual([0, 1]);
});

describe("positive definite matrices", () => {
  const factor = `import { cholesky, solve } from "std/linear"
    cell A(N) { input P: [2, N, N] input x: [N] param b: [N] output y = cholesky(P[0]) @ x + solve(P[1], b) }`;

  it("are drawn in gradient checks, and refused where they are none", async () => {
    const report = await check(factor, { ranges: { P: "spd" }, dimensions: { N: 3 } });
    expect(report).toMatchObject({ passed: true, skipped: 0 });
    await expect(check(factor, { ranges: { b: "spd" }, dimensions: { N: 3 } })).rejects.toThrow("b is to be drawn positive definite, and has the shape [3]"); // prettier-ignore
    await expect(check(factor, { ranges: { P: "pd" as never } })).rejects.toThrow(
      'two numbers, [least, most], or "spd"',
    );
  });

  it("are symmetric, with eigenvalues of at least a half, and others are left as they are", async () => {
    const { manifest } = await cell(factor, { dimensions: { N: 3 }, target: "js" });
    const { tensors } = drawPoint(manifest, createRandom(1), { ranges: { P: "spd" }, batch: 2 });
    const { values } = tensors.find(({ name }) => name === "P")!;
    for (let start = 0; start < values.length; start += 9) {
      const [a, b, c, d, e, f, g, h, i] = values.subarray(start, start + 9) as unknown as number[];
      expect([b, c, f]).toEqual([d, g, h]);
      expect(Math.min(a!, a! * e! - b! * d!, a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!))).toBeGreaterThan(0.1); // prettier-ignore
    }
  });

  it("and ranges are drawn in checks of modules", async () => {
    const module = await cell(factor, { dimensions: { N: 3 }, target: "js", gradient: true });
    const options = { seed: 1, runs: 1, bail: true } as const;
    expect((await verifyModule(module as never, options)).passed).toBe(false);
    expect(await verifyModule(module as never, { ...options, ranges: { P: "spd", x: [2, 3] } })).toMatchObject({ passed: true }); // prettier-ignore
    await expect(verifyModule(module as never, { ranges: { Q: [0, 1] } })).rejects.toThrow("a range is given for Q");
  });
});
