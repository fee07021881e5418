/** Small input projections are computed with the recurrent product that starts from them, and are never stored. */
import { describe, expect, test } from "vitest";
import { countOperations } from "../../../../compiler/ir/kernel/count-operations.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import type { KernelFunction, KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { joinInputs } from "../../../../compiler/passes/kernel/join-inputs.js";
import { expectKernels } from "../../../support/kernel-text.js";
import { projectionKernels as kernels } from "../../../support/projection-kernels.js";
import { scheduleKernels } from "../../../support/kernels.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

const sizes = new Map([["%B", 3], ["%T", 5]]); // prettier-ignore

function schedule(source: string, cell: string, dimensions: Record<string, number>, dtype: "f32" | "f64" = "f32") {
  const { cell: lowered } = lowerSource(source, { cell, dimensions }, "all sizes");
  if (lowered === undefined) throw new Error("the cell is wrong");
  const program = buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false });
  const { kernel } = scheduleKernels(program, { dtype, runtimeDimensions: [] });
  return kernel;
}

const std = (name: string, file: string, dimensions: Record<string, number>, dtype?: "f64"): KernelProgram =>
  schedule(`import { ${name} } from "std/${file}"\n`, name, dimensions, dtype);

const entry = (kernel: KernelProgram, name: string): KernelFunction => kernel.functions.find((f) => f.name === name)!;

const placesOfProducts = (kernel: KernelProgram, name: string): [string, number][] =>
  countOperations(kernel, entry(kernel, name), sizes)
    .filter(({ products }) => products > 0)
    .map(({ place, products }) => [place, products]);

test("a projection is computed in the product whose sums it starts, and has no buffer any more", () => {
  expectKernels(
    joinInputs,
    kernels(),
    `
    buffer U: real[4] external persistent held
    buffer W: real[6] external persistent held
    buffer b: real[2] external persistent held
    buffer rows: index[%B]
    buffer x: real[3*%B*%T] external persistent
    buffer y: real[2*%B*%T] external persistent
    kernel f {
      for t < %T
        select rows[0 .. active] from examples where t < %T
        region y ; y = p + U · x
          product y[b * (2*%T) + i + t * 2] = b[i] + sum x[b * (3*%T) + "j of the input" + t * 3] * W[i * 3 + "j of the input"] + sum x[b * (3*%T) + j + t * 3] * U[i * 2 + j]
            rows b < examples rows[0 .. active]
            columns i < 2
            earlier "j of the input" < 3
            contracted j < 2
    }`,
  );
});

describe("left alone", () => {
  const again = "region z ; z\n        y[0] += p[0]";
  test.each([
    ["a projection that the caller sees", { p: "p: real[2*%B*%T] external persistent" }],
    ["what another entry reads", { p: "p: real[2*%B*%T] persistent" }],
    ["what is read twice", { last: again }],
    ["what is written twice", { last: "region z ; z\n        p[0] = 0" }],
    ["what is read one element later", { p: "p: real[2*%B*%T + 1]", start: "p[b * (2*%T) + i + t * 2 + 1]" }],
    ["what starts fewer sums than it has", { columns: "columns i < 1" }],
    [
      "what is read along rows that it has along columns",
      { start: "p[b * (2*%T) + i * 2 + t]", loop: "for t < 2", out: "p[b * (2*%T) + i + t * 2]" },
    ],
    ["what is read at another place than that of the sum", { start: "p[b * (2*%T) + t * 2]" }],
    ["what is made of something that the kernel writes", { input: "y[b * (2*%T) + t * 2]" }],
    [
      "what each example multiplies with a matrix of its own",
      { W: "W: real[6*%B] external persistent held", matrix: "W[b * 6 + i * 3 + j]" },
    ],
  ])("%s", (_, changes) => {
    expectKernels(joinInputs, kernels(changes), kernels(changes));
  });
});

describe("an LSTM of 16 units", () => {
  test("with few inputs: one product in a step, and nothing before the loop", () => {
    const kernel = std("LSTM", "lstm", { I: 4, H: 16 });
    expect(placesOfProducts(kernel, "forward")).toEqual([["loop", 2 * 3 * 5 * 4 * 16 * (4 + 16)]]);
    expect(placesOfProducts(kernel, "step")).toHaveLength(1);
    // Pre-activations of a whole sequence are in no buffer.
    expect(kernel.buffers.filter(({ name }) => /^forward\.v\d+$/u.test(name))).toEqual([]);
  });

  test("bias, then inputs, then the state", () => {
    const text = printKernelFunction(entry(std("LSTM", "lstm", { I: 4, H: 16 }), "forward"));
    expect(text).toMatch(/= joined\.\d+\[i\] \+ sum input\.x\[.*\] packed in packed\.\d+ \+ sum final\.h\[/u);
  });

  test.each([
    ["with many inputs", 24, 16, undefined],
    ["with large weights", 16, 256, undefined],
    ["with weights that are large in float64", 16, 64, "f64"],
  ] as const)("%s: inputs of all steps in one product", (_, I, H, dtype) => {
    const [first] = placesOfProducts(std("LSTM", "lstm", { I, H }, dtype), "forward");
    expect(first).toEqual(["before", 2 * 3 * 5 * 4 * H * I]);
  });
});

test("what the function writes is not read later than before: the second layer of a stack", () => {
  const source = `
cell Two(I, H) {
  input x: [I]
  state a, b: [H]
  param W, U, V, R: [H, H] ~ glorot_uniform
  param P: [H, I] ~ glorot_uniform
  a' = tanh(P @ x + U @ a)
  b' = tanh(V @ a' + R @ b)
  output y = b' + W @ a'
}`;
  const kernel = schedule(source, "Two", { I: 3, H: 4 });
  const text = printKernelFunction(entry(kernel, "forward"));
  expect(text.match(/ of the input/gu)).not.toBeNull();
  for (const line of text.split("\n").filter((one) => one.includes(" of the input") && one.includes("product"))) {
    expect(line).toContain("sum input.x[");
  }
});
