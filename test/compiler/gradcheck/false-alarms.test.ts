/** Right cells at points that are hard to measure at, each of which once failed the check; and that faults beside them are found. */
import { describe, expect, it } from "vitest";
import { checkRules } from "../../../compiler/gradcheck/check-gradients.js";
import { derivativeRules } from "../../../compiler/transform/autodiff/derivative-rules.js";

const cellOf = (...outputs: string[]): string =>
  `cell C(N) {\n  input x: [N]\n  input z: [N]\n${outputs.map((output) => `  output ${output}\n`).join("")}}`;

/** Numbers are whole, halves, and equal to each other. */
const atKinks = { kinks: 1, runs: 8, seed: 1 };

describe("at a kink", () => {
  it.each([
    ["an equality", "y = if x == z then 2 * x else z"],
    ["an equality with another number", "y = if x == 0.5 then 2 * x * z else x * z"],
    ["a sign that is 0 at the point only", "y = sign(abs(x)) * z"],
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
