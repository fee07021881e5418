/** What is not finite where a cell starts is named, though no random state comes near it. */
import { describe, expect, it } from "vitest";
import { cell, checkGradients, type GradientCheckOptions } from "../../../../compiler/index.js";
import { asModule } from "../../../../runtime/index.js";

const quick = { seed: 1, runs: 1, coordinates: 1, target: "js", precisions: ["f64"] } as const;

const cellOf = (equation: string, state = "state h: [2]"): string =>
  `cell Unit {\n  input x: [2]\n  ${state}\n  param w: [2] ~ ones\n  n = ${equation}\n  h' = tanh(w * x + n)\n  output y = h'\n}`;

const startOf = async (text: string, options: GradientCheckOptions = {}) => {
  const { passed, singularStart } = await checkGradients(text, { ...quick, ...options });
  expect(passed).toBe(singularStart === undefined);
  return singularStart;
};

/** A module without its source. */
const alone = async (text: string) => {
  const { manifest, instantiate, instantiateAsync } = await cell(text, { dtype: "f64", target: "js", gradient: true });
  return asModule({ manifest, instantiate, instantiateAsync });
};

describe("a cell whose declared start is a singular point", () => {
  it.each([
    ["h / sqrt(sum(h * h))", "values", "div", "h / sqrt(sum(h * h))"],
    ["1 / h", "gradient", "div", "1 / h"],
    ["log(h + 0 * x)", "values", "log", "log(h + 0 * x)"],
    ["sqrt(h * h)", "gradient", "sqrt", "sqrt(h * h)"],
    ["(h * h) ^ 0.3", "gradient", "pow", "(h * h) ^ 0.3"],
  ])("%s", async (equation, of, operation, text) => {
    const start = await startOf(cellOf(equation), { allowUncompared: true });
    expect(start).toMatchObject({ of, operation, equation: "n", step: 0, precision: "f64" });
    expect(start!.place).toMatchObject({ line: 5, text });
    if (of === "gradient") expect(start!.names).toContain("h");
  });

  it("is found in the other file that has the equation", async () => {
    const used = cellOf("h / sqrt(sum(h * h))");
    const start = await startOf(
      'import { Unit } from "./unit.cell"\ncell A {\n  input x: [2]\n  use u = Unit()\n  output y = u(x)\n}',
      { file: "a.cell", readFile: (path) => (path === "unit.cell" ? used : undefined) },
    );
    expect(start!.place).toMatchObject({ span: { file: "unit.cell" }, line: 5 });
  });

  it("is found in float32, and for a parameter that starts at zero", async () => {
    const small = cellOf("h / sqrt(sum(h * h) + s * s)", "state h: [2]\n  param s: real ~ constant(1e-30)");
    expect(await startOf(small, { precisions: ["f32"] })).toMatchObject({ precision: "f32", operation: "div" });
    const text = "cell A { input x: [2] param g: [2] ~ zeros output y = x / g }";
    expect(await startOf(text)).toMatchObject({ of: "values", operation: "div", equation: "y" });
  });

  it("is reported of a module alone, without a place", async () => {
    const module = await alone(cellOf("sqrt(h * h)"));
    const report = await checkGradients(module, { seed: 1, runs: 1, coordinates: 1 });
    expect(report).toMatchObject({ passed: false, singularStart: { of: "gradient", precision: "f64" } });
    expect(report.singularStart).not.toHaveProperty("place");
  });
});

describe("a cell that starts at a regular point", () => {
  it.each([
    ["with a small number under the root", cellOf("h / sqrt(sum(h * h) + 1e-12)")],
    ["with a state that starts elsewhere", cellOf("h / sqrt(sum(h * h))", "state h: [2] = 1")],
    ["whose inputs are sometimes outside of its domain", cellOf("h * log(1 + x)")],
  ])("%s", async (_, text) => {
    expect(await startOf(text)).toBeUndefined();
  });
});
