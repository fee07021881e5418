/** Gradients of what is no cell: several loops and sequences, a result that all examples share. */
import { cellAxes, networkAxes } from "../../../../compiler/base/types/call-axes.js";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../../runtime/base/random.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { derivativeRules, type DerivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { type Program, programContext } from "../../../../compiler/program/program.js";
import { manifestOf } from "../../../../compiler/tools/gradcheck/candidates.js";
import { checkGradients, checkProgram } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { argumentsOf } from "../../../../compiler/tools/gradcheck/declared-arguments.js";
import { drawPoint } from "../../../../compiler/tools/gradcheck/draw-point.js";
import { findChangingPass } from "../../../../compiler/tools/gradcheck/locate/find-pass.js";
import { findWrongRule } from "../../../../compiler/tools/gradcheck/locate/find-rule.js";
import { sourceOfProgram } from "../../../../compiler/tools/gradcheck/program-source.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { alignerOver, alignerProgram } from "../../../support/aligner-program.js";

describe.each([...cellAxes([]), ...networkAxes(["V"])])("a program over $symbol and U", (axis) => {
  const program = alignerOver(axis);

  test("has the gradients that are measured, in modules of both precisions", async () => {
    const report = await checkProgram(program, { runs: 2, seed: 5, target: "js" });
    expect(report.fault).toBeUndefined();
    expect(report.tensors.map(({ name, passed }) => [name, passed])).toEqual(
      ["W", "V", "x", "z", "h"].map((name) => [name, true]),
    );
    const methods = new Set(
      report.tensors.flatMap((tensor) => tensor.methods.map((m) => `${m.precision} ${m.method}`)),
    );
    expect([...methods].sort()).toEqual(["f32 differences", "f32 float64", "f32 forward mode", "f64 complex step", "f64 differences", "f64 forward mode", "f64 second differences"]); // prettier-ignore
  });

  test("keeps its meaning through all passes", () => {
    const point = drawPoint(manifestOf(program), createRandom(3), { batch: 3, steps: 3, size: 2 });
    expect(findChangingPass(program, point)).toBeUndefined();
  });
});

test.each(["reverse", "forward"] as const)("a rule that is wrong is found in %s mode", (mode) => {
  const { tanh } = derivativeRules.scalar;
  const rules: DerivativeRules = {
    ...derivativeRules,
    scalar: {
      ...derivativeRules.scalar,
      tanh: (site) => tanh(site).map((along) => (v) => site.b.map("neg", along!(v))),
    },
  };
  const source = { ...sourceOfProgram(alignerProgram), rules };
  const random = createRandom(1);
  const trial = { dimensions: {}, point: drawPoint(manifestOf(alignerProgram), random, { batch: 3, steps: 2 }) };
  expect(findWrongRule(sourceOfProgram(alignerProgram), trial)).toBeUndefined();
  const fault = findWrongRule(source, trial, [mode]);
  expect(fault).toMatchObject({ mode, operation: "tanh", counterexample: { batch: 1, steps: 1, sizes: { U: [1] } } });
});

test("arguments of functions that declare their derivative are those of every round of the loops around a call", () => {
  const text = `
func forward(%input.x: real[%T, U], %input.y: real[%T]) -> (output.s: %s) {
  %s: real[%T] = scan length %T carried 0 sequences 2 %input.x, %input.y body
    func outer(%row: real[U], %factor: real[]) -> (s: %sum) {
      %zero: shared real[] = constant real 0
      %own: real[] = mul %factor, %zero
      %sum: real[] = scan length U carried 1 sequences 1 %own, %row, %factor body
        func inner(%before: real[], %x: real[], %factor: real[]) -> (after: %after) {
          %p: real[] = mul %x, %factor
          %after: real[] = add %before, %p
        }
    }
}`;
  const axes = [...cellAxes([]), ...networkAxes(["U"])];
  const forward = parseProgram(text, axes).functions[0]!;
  const plain = { documentation: "", shape: [], shared: false };
  const program: Program = {
    ...alignerProgram,
    axes,
    inputs: [
      { ...plain, name: "x", over: axes.map(({ symbol }) => symbol), dtype: "real" },
      { ...plain, name: "y", over: ["%T"], dtype: "real" },
    ],
    states: [],
    params: [],
    outputs: [{ ...plain, name: "s", over: ["%T"] }],
    forward,
  };
  expect(verifyFunction(forward, programContext(program))).toEqual([]);
  const [outer] = forward.instructions;
  const body = outer!.operation.kind === "scan" ? outer!.operation.body : undefined;
  const inner = body!.instructions.at(-1)!;
  const inside = inner.operation.kind === "scan" ? inner.operation.body : undefined;
  const call = {
    of: "forward",
    scans: [outer!.results[0]!, inner.results[0]!],
    arguments: [inside!.inputs[1]!, inside!.instructions[0]!.results[0]!],
  } as const;
  const span = { file: "", start: 0, end: 0 };
  const point = drawPoint(manifestOf(program), createRandom(2), { batch: 2, steps: 3, sizes: { U: 2 } });
  const found = argumentsOf(program, { name: "f", span, fn: inside!, calls: [call] }, point);
  const [x, y] = point.tensors.map(({ values }) => values);
  const expected = point.examples.flatMap(({ steps, sizes }, b) =>
    Array.from({ length: steps }, (_t, t) =>
      Array.from({ length: sizes["U"]! }, (_u, u) => {
        const own = x![(b * 3 + t) * 2 + u]!;
        return [own, own * y![b * 3 + t]!];
      }),
    ).flat(),
  );
  expect(expected.length).toBeGreaterThan(6);
  expect(found.map(({ values }) => values.map(({ data }) => data[0]))).toEqual(expected);
});

test("of a network, functions are measured where its runs call them, and beside these", async () => {
  const source = `
fn inside(v: [n]): [n] { return v * v / 2 derivative(dv) = v * dv }
fn beside(v: [n]): [n] { return tanh(v) derivative(dv) = 2 * dv }
cell Unit(H) { input x: [H] state h: [H] param w: [H] h' = tanh(w * h + inside(x)) output y = h' }
network Net(H; T) {
  input x: [T, H]
  use u = Unit(H)
  a = u(reverse(u(x)))
  output y = beside(sum(a, axis = 0))
}`;
  const options = { cell: "Net", dimensions: { H: 2 }, runs: 1, seed: 3, precisions: ["f64"], target: "js" } as const;
  const { passed, declared } = await checkGradients(source, options);
  expect(passed).toBe(true);
  const [inside, beside] = ["inside", "beside"].map((name) => declared.find((found) => found.name === name)!);
  expect(inside!.compared).toBeGreaterThan(0);
  expect(inside!.distance).toBeLessThan(1e-12);
  expect(beside!.worst!.declared).toBe(2);
  expect(beside!.worst!.true).toBeCloseTo(1 - Math.tanh(beside!.worst!.at) ** 2, 12);
});
