/** Right cells at points that are hard to measure at, each of which once failed the check; and that faults beside them are found. */
import { describe, expect, it } from "vitest";
import { checkGradients } from "../../../../compiler/index.js";
import { checkRules } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { derivativeModes } from "../../../../compiler/tools/gradcheck/locate/find-rule.js";
import { derivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { failures } from "../../../support/gradient-failures.js";

const cellOf = (...outputs: string[]): string =>
  `cell C(N) {\n  input x: [N]\n  input z: [N]\n${outputs.map((output) => `  output ${output}\n`).join("")}}`;

/** Numbers are whole, halves, and equal to each other. */
const atKinks = { kinks: 1, runs: 8, seed: 1 };

describe("at a kink", () => {
  it.each([
    ["an equality", "y = if x == z then 2 * x else z"],
    ["an equality with another number", "y = if x == 0.5 then 2 * x * z else x * z"],
    ["a sign that is 0 at the point only", "y = sign(abs(x)) * z"],
    ["a minimum of a number and itself in a choice", "y = min(x, leaky_relu(x, slope = 0.2)) + max(leaky_relu(z), z)"],
    [
      "a greatest element among equal ones",
      "y = max(stack(x, 2 * x, leaky_relu(x)), axis = 0) + min(stack(z, x, z), axis = 0)",
    ],
    ["a bound", "y = clamp(x, -0.5, 0.5) * z"],
    ["choices that cancel beside the point", "y = relu(x) - relu(-x) + abs(z) - abs(-z)"],
  ])("%s is a choice", (_, output) => {
    expect(checkRules(cellOf(output), derivativeRules, atKinks).mode).toBeUndefined();
  });

  it("an output that jumps hides no fault of another one", () => {
    const { scalar } = derivativeRules;
    const wrong = { ...derivativeRules, scalar: { ...scalar, cos: scalar.sin } };
    const { mode, fault } = checkRules(cellOf("y = floor(x)", "w = cos(x + z)"), wrong, {
      ...atKinks,
      modes: ["forward"],
    });
    expect(mode).toBe("forward");
    expect(fault).toMatchObject({ operation: "cos", equation: "w" });
  });
});

it.each(derivativeModes)("what is left of large terms that cancel is no fault, %s", (mode) => {
  const quotient = cellOf("y = 10000 * (x / x)", "w = 10000 * (x * z / x - z)");
  expect(checkRules(quotient, derivativeRules, { runs: 20, seed: 1, modes: [mode] }).mode).toBeUndefined();
});

it("minus infinity beside numbers is no kink", async () => {
  const text = `network Blocked(N; T >= 1) {
    input x: [T, N]
    before_a = before(a, concat([0], fill(-inf, [N - 1])))
    a[t] = logsumexp(stack(before_a[t], before(before_a[t], -inf)), axis = 0) + x[t]
    output y = logsumexp(a, axis = 1)
  }`;
  const report = await checkGradients(text, { dimensions: { N: 4 }, runs: 2, seed: 1, precisions: ["f64"] });
  const kinks = report.tensors.flatMap(({ methods }) => methods.map((method) => method.kinks));
  expect([report.passed, Math.max(...kinks)]).toEqual([true, 0]);
});

const spike = "fn spike(v: [n]): [n] { return if v > 0 then 1 else 0 derivative(dv) = dv / square(1 + 10 * abs(v)) }\n";

describe("a compiled module", () => {
  it.each([
    ["whose small derivative is stopped, beside a large one", cellOf("y = 1e-9 * stop_gradient(z) * z", "w = x")],
    [
      "whose second derivative is lost in rounding",
      spike + cellOf("y = 1000 * (exp(x) * exp(z) - exp(x + z)) + spike(x)"),
    ],
    ["in which float32 rounds an equality away", cellOf("y = if 0.1 * (x + z) == 0.1 * x + 0.1 * z then 2 * x else x")],
    ["whose numbers are 0 in float32 only", cellOf("y = if exp(-150 - abs(x)) > 0 then 2 * x else x", "w = x * z")],
    ["that jumps nearer than the steps of differences", cellOf("y = 0.1 * floor(1000 * x + 3000.3) * z")],
    [
      "in which float32 carries numbers of thousands across a jump",
      cellOf("y = (1000 * x + 3000) - floor(1000 * x + 3000)"),
    ],
  ])("%s", async (_, text) => {
    expect(failures(await checkGradients(text, { seed: 1, runs: 2 }))).toEqual([]);
  });

  it("that overflows on the way to a choice which nothing depends on", async () => {
    const source = `cell C(H) { context g: [H] state h: [H] state c: [H] h' = h output y = h
      c' = concat(h, min(exp(1000 * g), 1.5))[0:H] }`;
    expect(failures(await checkGradients(source, { seed: 0, runs: 1, coordinates: 1 }))).toEqual([]);
  });

  it.each([1, 2, 3])("that rises more steeply than differences resolve in float32, %i", async (seed) => {
    const source = `cell C(H) { context m: [S, H] state h: [H] h' = h output z = tanh(10000 * (m @ h)) }`;
    expect(failures(await checkGradients(source, { seed, runs: 1, coordinates: 1 }))).toEqual([]);
  });

  it("says where float32 may be on the other side of a jump", async () => {
    const { passed, tensors } = await checkGradients(cellOf("y = floor(0.1 * round(20 * x) * 10) * z"), {
      runs: 4,
      allowUncompared: true,
    });
    const methods = tensors.find(({ name }) => name === "z")!.methods;
    const { kinks, compared } = methods.find(({ precision, method }) => precision === "f32" && method === "float64")!;
    expect({ passed, some: kinks > 0 && compared > 0 }).toEqual({ passed: true, some: true });
  });
});
