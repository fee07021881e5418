/** A check that compared nothing does not pass: zero against zero, and kinks throughout. */
import { describe, expect, it } from "vitest";
import { cell, checkGradients, type GradientCheckOptions, type GradientReport } from "../../../../compiler/index.js";
import { asModule } from "../../../../runtime/index.js";
import { printReport } from "../../../../compiler/cli/gradcheck-report.js";

const check = (text: string, options: GradientCheckOptions = {}): Promise<GradientReport> =>
  checkGradients(text, { seed: 1, runs: 1, coordinates: 1, target: "js", precisions: ["f64"], ...options });

const tensorOf = ({ tensors }: GradientReport, wanted: string) => tensors.find(({ name }) => name === wanted)!;

const dead = "cell A { input x: real param w: real output y = relu(w * x - 1e6) + x }";

describe("a gradient that is zero at every point", () => {
  it("fails, and says why", async () => {
    const report = await check(dead);
    expect(tensorOf(report, "w")).toMatchObject({ passed: false, zero: false, uncompared: ["f64"] });
    expect(tensorOf(report, "x")).toMatchObject({ passed: true, zero: false, uncompared: [] });
    expect(report).toMatchObject({ passed: false, fault: undefined });
    expect(report.furtherPoints).toBeGreaterThan(3);
    const text = printReport(report, false);
    expect(text).toContain(
      "param w, float64: nothing to compare, the gradient was zero at every point: no result changes with it there",
    );
    expect(text).toContain("not every gradient could be compared (--allow-uncompared passes that)");
    expect(text).toMatch(/^param +w +zero +zero/mu);
    expect(text).not.toContain("derivatives agree");
  });

  it("passes where that is asked for", async () => {
    const report = await check(dead, { allowUncompared: true });
    expect(report.passed).toBe(true);
    expect(tensorOf(report, "w")).toMatchObject({ passed: true, uncompared: ["f64"] });
  });

  it("passes where it is zero by construction, and says so", async () => {
    const report = await check(
      "cell A { input x: real context m: real state h: real h' = if m > 0 then h else x output y = h' }",
    );
    expect(tensorOf(report, "m")).toMatchObject({ passed: true, zero: true, uncompared: [] });
    expect(report).toMatchObject({ passed: true });
    expect(printReport(report, false)).toContain("context m: the gradient is zero by construction");
  });
});

describe("what is said to have no influence", () => {
  const shifted = "cell A(N) { input x: [N] param b: real param w: [N] output y = softmax(w * x + b) }";

  it("passes where it has none, and was looked at", async () => {
    const report = await check(shifted, { noInfluence: ["b"], dimensions: { N: 3 } });
    expect(tensorOf(report, "b")).toMatchObject({ passed: true, withoutInfluence: true, uncompared: [] });
    expect(tensorOf(report, "w").withoutInfluence).toBeUndefined();
    expect(report).toMatchObject({ passed: true, furtherPoints: 0 });
    expect(printReport(report, false)).toContain("param b: no result changes with it, as was said of it");
  });

  it("fails where it has some", async () => {
    const report = await check(shifted, { noInfluence: ["w", "b"], dimensions: { N: 3 } });
    expect(tensorOf(report, "w")).toMatchObject({ passed: false, withoutInfluence: false });
    expect(report.passed).toBe(false);
    const text = printReport(report, false);
    expect(text).toContain("param w: results change with it, and it was said to have no influence");
    expect(text).toContain("what was said to have no influence has some: ");
  });

  it("is a name of what has a gradient", async () => {
    await expect(check(shifted, { noInfluence: ["c"] })).rejects.toThrow(
      "c is said to have no influence, and A has no",
    );
    await expect(check(shifted, { noInfluence: "b" as never })).rejects.toThrow("noInfluence must be a list of names");
  });
});

describe("further points are drawn", () => {
  it.each([
    ["with states left to the cell", "state h: real = tanh(p) h' = h + x output y = h'", "p"],
    ["with whole numbers, where a cell counts", "state n: real n' = n + 1 output y = if n == 2 then p * x else x", "p"],
    ["with lengths of delays", "output y = delay(x, by = p, most = 3)", "p"],
    ["with larger numbers", "output y = x + relu(x - 3) * p", "p"],
    ["with larger run-time sizes", "context c: [S] output y = x + p * relu(sum(if c > -99 then 1 else 0) - 3)", "p"],
  ])("%s", async (_, body, name) => {
    for (const seed of [1, 2]) {
      const report = await check(`cell A { input x: real param p: real ${body} }`, { seed });
      expect(tensorOf(report, name)).toMatchObject({ passed: true, uncompared: [] });
    }
  });
});

it("is not what counts whole numbers, whose sums and quotients round nothing", async () => {
  for (const body of [
    "input u: [3] output y = cumprod(sort(u))",
    "input u: real state t: real t' = t + 1 output y = if t mod 2 == 0 then 2 * u else u",
  ]) {
    const report = await check(`cell A { ${body} }`, { coordinates: 3 });
    expect(report.passed).toBe(true);
    const { methods } = tensorOf(report, "u");
    expect(methods.every(({ compared }) => compared >= 1)).toBe(true);
    expect(methods[0]).toMatchObject({ method: "complex step", kinks: 0 });
  }
});

describe("a module alone", () => {
  it("may be right with a gradient of zero: its equations are not known", async () => {
    const text = "cell A { input x: real context m: real output y = if m > 0 then x else 2 * x }";
    const { manifest, instantiate, instantiateAsync } = await cell(text, {
      dtype: "f64",
      target: "js",
      gradient: true,
    });
    const module = asModule({ manifest, instantiate, instantiateAsync });
    expect(await checkGradients(module, { seed: 1, runs: 1 })).toMatchObject({ passed: true });
  });
});

describe("a gradient that leaves the range of float32", () => {
  it("is no fault of the code", async () => {
    const report = await check("cell A { input x: real output y = 1 / x }", {
      scale: 1e-25,
      precisions: ["f64", "f32"],
    });
    expect(report).toMatchObject({ passed: false, fault: { stage: "range", precision: "f32", operation: "div" } });
    expect(printReport(report, false)).toContain("finite in float64 and leaves the range of float32");
  });
});
