/** Matrices in the order in which tiles read them: where the copies are made, and how often. */
import { describe, expect, it } from "vitest";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import { fuseTails } from "../../../../compiler/passes/kernel/fuse-tails.js";
import { packOperands } from "../../../../compiler/passes/kernel/pack-operands.js";
import { printDim } from "../../../../compiler/base/types/dim.js";
import { functionOf } from "../../../support/graph-text.js";
import { bodyOf, dedent, expectKernels, expectMeaning, kernelOf } from "../../../support/kernel-text.js";
import { lowerProgram } from "../../../support/kernels.js";
import { programOf } from "../../../support/run-kernel.js";

const projection = `func f(%input.x: real[%T, 2], %param.W: shared real[3, 2]) -> (output.y: %y) {
  %y: real[%T, 3] = contract [0 1] [2 1] -> [2 0] %param.W, %input.x
}`;
const computed = `func f(%input.x: real[3], %param.V: shared real[4, 3], %param.W: shared real[4, 3]) -> (output.y: %y) {
  %M: shared real[4, 3] = mul %param.V, %param.W
  %y: real[4] = contract [0 1] [1] -> [0] %M, %input.x
}`;

/** What is packed, in order, with the regions and loops around. */
const outline = (text: string): string =>
  text
    .split("\n")
    .filter((line) => /region|pack |packed in|for t/u.test(line))
    .map((line) => line.trim().replace(/ ;.*| = .*(?= packed in)| from .*/u, ""))
    .join("\n");

describe("pack-operands", () => {
  it("copies what the caller holds where it has changed, and what the entry writes in front of what reads it", () => {
    expectKernels(
      packOperands,
      `
      buffer W: real[4] external persistent held
      buffer M: real[4]
      buffer x: real[2*%B] external persistent
      buffer y: real[2*%B] external persistent
      buffer z: real[2*%B] external persistent
      kernel f {
        region M ; M
          for i < 4
            M[i] = exp(W[i])
        region y ; y
          product y[b * 2 + i] = sum x[b * 2 + j] * W[i * 2 + j]
            rows b < examples
            columns i < 2
            contracted j < 2
        region z ; z
          product z[b * 2 + i] = sum x[b * 2 + j] * M[i * 2 + j]
            rows b < examples
            columns i < 2
            contracted j < 2
      }`,
      `
      buffer W: real[4] external persistent held
      buffer M: real[4]
      buffer x: real[2*%B] external persistent
      buffer y: real[2*%B] external persistent
      buffer z: real[2*%B] external persistent
      buffer packed.0: real[36] persistent in panels of 4
      buffer packed.1: real[36] persistent in panels of 4
      kernel f {
        region packed.0 ; W in panels
          pack packed.0 from W[i * 2 + j] over i < 2, j < 2 as 1 strips of 2 where changed
        region M ; M
          for i < 4
            M[i] = exp(W[i])
        region y ; y
          product y[b * 2 + i] = sum x[b * 2 + j] * W[i * 2 + j] packed in packed.0
            rows b < examples
            columns i < 2
            contracted j < 2
        region packed.1 ; M in panels
          pack packed.1 from M[i * 2 + j] over i < 2, j < 2 as 1 strips of 2
        region z ; z
          product z[b * 2 + i] = sum x[b * 2 + j] * M[i * 2 + j] packed in packed.1
            rows b < examples
            columns i < 2
            contracted j < 2
      }`,
    );
  });

  it("copies the matrices of all rounds of the loops around a product, but not those that their loop writes", () => {
    const buffers = `
      buffer W: real[24] external persistent held
      buffer M: real[8]
      buffer x: real[4*%B] external persistent
      buffer y: real[12*%B] external persistent
      buffer z: real[4*%B] external persistent`;
    expectKernels(
      packOperands,
      `${buffers}
      kernel f {
        for r < 3 reverse
          region y ; y
            for n < 2
              product y[b * 12 + r * 4 + n * 2 + i] = sum x[b * 4 + n * 2 + j] * W[r * 8 + n * 4 + i * 2 + j]
                rows b < examples
                columns i < 2
                contracted j < 2
        for n < 2
          region M ; M
            for i < 4
              M[n * 4 + i] = exp(W[n * 4 + i])
          region z ; z
            product z[b * 4 + n * 2 + i] = sum x[b * 4 + n * 2 + j] * M[n * 4 + i * 2 + j]
              rows b < examples
              columns i < 2
              contracted j < 2
      }`,
      `${buffers}
      buffer packed.0: real[196] persistent in panels of 4
      kernel f {
        region packed.0 ; W in panels
          pack packed.0 from W[i * 2 + j + n * 4 + r * 8] over i < 2, j < 2 for r < 3, n < 2 as 1 strips of 2 where changed
        for r < 3 reverse
          region y ; y
            for n < 2
              product y[b * 12 + i + n * 2 + r * 4] = sum x[b * 4 + j + n * 2] * W[i * 2 + j + n * 4 + r * 8] packed in packed.0[r of 3, n of 2]
                rows b < examples
                columns i < 2
                contracted j < 2
        for n < 2
          region M ; M
            for i < 4
              M[i + n * 4] = exp(W[i + n * 4])
          region z ; z
            product z[b * 4 + i + n * 2] = sum x[b * 4 + j + n * 2] * M[i * 2 + j + n * 4]
              rows b < examples
              columns i < 2
              contracted j < 2
      }`,
    );
  });

  it("packs a parameter at the start of the entry, where it has changed", () => {
    const kernel = kernelOf(projection, [packOperands]);
    expect(bodyOf(kernel)).toBe(
      dedent(`
      region packed.0 ; param.W in panels
        pack packed.0 from param.W[i * 2 + j] over i < 3, j < 2 as 1 strips of 3 where changed
      zero output.y of 3*%B*%T where an example is short in %T
      region forward y ; y = param.W · input.x
        for b < examples
          product output.y[b * (3*%T) + i + t * 3] = sum input.x[b * (2*%T) + j + t * 2] * param.W[i * 2 + j] packed in packed.0
            rows t < %T of b
            columns i < 3
            contracted j < 2`),
    );
    // A panel of four vectors of four for each of two terms, and a digest of one vector after.
    const packed = kernel.buffers.find(({ name }) => name === "packed.0")!;
    expect(printDim(packed.size)).toBe("36");
    expect(packed.panels).toBe(4);
    expectMeaning(kernel, projection);
  });

  it("packs a computed matrix after what computes it, every time", () => {
    const kernel = kernelOf(computed, [packOperands]);
    expect(bodyOf(kernel)).toContain(
      dedent(`
      region packed.0 ; forward.M in panels
        pack packed.0 from forward.M[i * 3 + j] over i < 4, j < 3 as 1 strips of 4
      region forward y ;`),
    );
    expect(outline(bodyOf(kernel))).toBe(
      dedent(`
      region forward M
      region packed.0
      pack packed.0
      region forward y
      product output.y[b * 4 + i] packed in packed.0`),
    );
    expectMeaning(kernel, computed);
  });

  it("packs it in front of a loop that does not write it", () => {
    const text = `func f(%initial.h: real[2], %param.V: shared real[2, 2], %param.W: shared real[2, 2]) -> (final.h: %last) {
      %M: shared real[2, 2] = mul %param.V, %param.W
      %last: real[2] = scan length %T carried 1 sequences 0 %initial.h, %M body
        func step(%h: real[2], %U: shared real[2, 2]) -> (h: %n) {
          %p: real[2] = contract [0 1] [1] -> [0] %U, %h
          %n: real[2] = tanh %p
        }
    }`;
    const kernel = kernelOf(text, [packOperands]);
    const lines = outline(bodyOf(kernel)).split("\n");
    expect(lines.indexOf("pack packed.0")).toBeGreaterThan(lines.indexOf("region forward M"));
    expect(lines.indexOf("pack packed.0")).toBeLessThan(lines.indexOf("for t < %T"));
    expect(lines.filter((line) => line.startsWith("pack"))).toHaveLength(1);
    expectMeaning(kernel, text);
  });

  it("takes the runs of a product with a tail together", () => {
    const text = `func f(%input.x: real[3], %param.W: shared real[8, 3]) -> (output.y: %y) {
      %p: real[8] = contract [0 1] [1] -> [0] %param.W, %input.x
      %i: real[4] = slice axis 0 start 0 length 4 %p
      %o: real[4] = slice axis 0 start 4 length 4 %p
      %y: real[4] = mul %i, %o
    }`;
    const kernel = kernelOf(text, [fuseTails, packOperands]);
    expect(bodyOf(kernel)).toContain(
      "pack packed.0 from param.W[i * 3 + j] over i < 8, j < 3 as 2 strips of 4 where changed",
    );
    expect(kernel.buffers.map(({ panels }) => panels)).toContain(1);
    expectMeaning(kernel, text);
  });

  it("makes one copy for all entries and products that read it alike, and another for those that do not", () => {
    const both =
      functionOf(`func f(%input.x: real[3], %input.z: real[3], %param.W: shared real[3, 3]) -> (output.y: %y, output.w: %w, output.v: %v) {
      %y: real[3] = contract [0 1] [1] -> [0] %param.W, %input.x
      %w: real[3] = contract [0 1] [1] -> [0] %param.W, %input.z
      %v: real[3] = contract [0 1] [0] -> [1] %param.W, %input.x
    }`);
    const forward = programOf(both);
    const step = programOf(both, "step");
    const entries = new Map([...forward.entries, ...step.entries]);
    const kernel = lowerProgram({ ...forward, entries }, { runtimeDimensions: ["S"], passes: [packOperands] });
    expect(kernel.buffers.flatMap(({ name }) => (name.startsWith("packed") ? [name] : []))).toEqual([
      "packed.0",
      "packed.1",
    ]);
    for (const fn of kernel.functions) {
      const text = printKernelFunction(fn);
      expect(text.match(/pack packed\.\d/gu)).toEqual(["pack packed.0", "pack packed.1"]);
      expect(text.match(/packed in packed\.\d/gu)).toEqual([
        "packed in packed.0",
        "packed in packed.0",
        "packed in packed.1",
      ]);
    }
  });
});

describe("in text", () => {
  const buffers = `
      buffer M: real[16]
      buffer W: real[24*%T] external persistent held
      buffer x: real[4*%B] external persistent
      buffer y: real[16*%B] external persistent`;
  const rows = "rows b < examples\n";
  const kernels = (region: string, more = ""): string =>
    `${buffers}${more}\n      kernel f {\n${region.replace(/^/gmu, "        ")}\n      }`;
  const of = (W: string, lines = "columns i < 2\n    contracted j < 2"): string =>
    `  product y[b * 16 + i] = sum x[b * 4 + j] * ${W}\n    ${rows}    ${lines}`;

  it.each([
    ["a vector", `region y ; y\n  product y[b * 16] = sum x[b * 4 + j] * W[j]\n    ${rows}    contracted j < 2`],
    ["a matrix whose place is computed", `region y ; y\n  for n < 2\n    index k = remainder(n, 2)\n${of("W[i * 2 + j + k * 4]").replace(/^/gmu, "  ")}`],
    ["matrices of as many steps as a call has", `for t < %T\n  region y ; y\n${of("W[i * 2 + j + t * 4]").replace(/^/gmu, "  ")}`],
    ["matrices of a loop that begins later", `for n < 3 from 1\n  region y ; y\n${of("W[i * 2 + j + n * 4]").replace(/^/gmu, "  ")}`],
    ["rows as far apart as a call has steps", `region y ; y\n${of("W[i * %T + j]")}`],
    ["what lies after as many numbers", `region y ; y\n${of("W[i * 2 + j + %T]")}`],
    ["a place before the matrix, which is never read", `region y ; y\n${of("W[i * 2 + j - 1]", "columns i < 2\n    contracted j < 3 from 1")}`],
    ["more strips than tiles have", `region y ; y\n  product ${Array.from({ length: 9 }, (_, i) => `sum${i}`).join(", ")} = sum x[b * 4 + j] * W[i * 2 + j]\n    ${rows}    columns i < 9\n    contracted j < 2\n    then for u < 1\n      y[b * 16 + u] = add(sum0, sum8)`],
  ])("leaves alone %s", (_, region) => {
    expectKernels(packOperands, kernels(region), kernels(region));
  }); // prettier-ignore

  it("packs a computed matrix that one row reads where its columns do not lie side by side", () => {
    const written = "region M ; M\n  for i < 4\n    M[i] = exp(x[i])\n";
    const product = "region y ; y\n  product y[i] = sum x[j] * M[i * 2 + j]\n    columns i < 2\n    contracted j < 2";
    const packed =
      "region packed.0 ; M in panels\n  pack packed.0 from M[i * 2 + j] over i < 2, j < 2 as 1 strips of 2\n";
    expectKernels(
      packOperands,
      kernels(written + product),
      kernels(written + packed + product.replace("j]\n", "j] packed in packed.0\n"), "\n      buffer packed.0: real[36] persistent in panels of 4"),
    ); // prettier-ignore
  });
});

it.each([
  ["a matrix of each example", `func f(%input.x: real[3], %context.M: real[4, 3]) -> (output.y: %y) {
    %y: real[4] = contract [0 1] [1] -> [0] %context.M, %input.x
  }`],
  ["a vector: it has no columns", `func f(%input.x: real[%T, 3], %param.w: shared real[3]) -> (output.y: %y) {
    %y: real[%T] = contract [0 1] [1] -> [0] %input.x, %param.w
  }`],
  ["a computed matrix with columns side by side that one row reads", `func f(%param.v: shared real[3], %param.W: shared real[3, 4]) -> (grad.param.y: %y) {
    %M: shared real[3, 4] = exp %param.W
    %y: shared real[4] = contract [0] [0 1] -> [1] %param.v, %M
  }`],
  ["a matrix without elements", `func f(%input.x: real[0], %param.W: shared real[4, 0]) -> (output.y: %y) {
    %y: real[4] = contract [0 1] [1] -> [0] %param.W, %input.x
  }`],
])("leaves alone %s", (_, text) => {
  expect(bodyOf(kernelOf(text))).toContain("product");
  expect(bodyOf(kernelOf(text, [packOperands]))).toBe(bodyOf(kernelOf(text)));
}); // prettier-ignore
