/** Elementwise regions after products run on the sums while these are in registers. */
import { describe, expect, it } from "vitest";
import { fuseTails } from "../../../../compiler/passes/kernel/fuse-tails.js";
import { bodyOf, dedent, expectKernels, expectMeaning, kernelOf } from "../../../support/kernel-text.js";

function expectFused(text: string, expected: string): void {
  const kernel = kernelOf(text, [fuseTails]);
  expect(bodyOf(kernel)).toBe(dedent(expected));
  expectMeaning(kernel, text);
}

/** A cell whose next state is made of the state `h`, the product `p` of it, and an input. */
const loop = (lines: string, shape = "4", product = "[0 1] [1] -> [0]"): string => `
  func f(%initial.h: real[${shape}], %input.x: real[%T, ${shape}], %param.U: shared real[4, 4]) -> (final.h: %last) {
    %last: real[${shape}] = scan length %T carried 1 sequences 1 %initial.h, %input.x, %param.U body
      func step(%h: real[${shape}], %x: real[${shape}], %U: shared real[4, 4]) -> (h: %n) {
        %p: real[${shape}] = contract ${product} %U, %h
        ${lines}
      }
  }`;

describe("fuse-tails", () => {
  it("runs a region on the sums that it reads, and drops the buffer in between", () => {
    expectKernels(
      fuseTails,
      `
      buffer W: real[4] external persistent
      buffer p: real[2*%B]
      buffer x: real[2*%B] external persistent
      buffer y: real[2*%B] external persistent
      kernel f {
        region p ; p
          product p[b * 2 + i] = sum x[b * 2 + j] * W[i * 2 + j]
            rows b < examples
            columns i < 2
            contracted j < 2
        region y ; y
          for b < examples
            for i < 2
              y[b * 2 + i] = tanh(p[b * 2 + i])
      }`,
      `
      buffer W: real[4] external persistent
      buffer x: real[2*%B] external persistent
      buffer y: real[2*%B] external persistent
      kernel f {
        region y ; p, then y
          product sum0 = sum x[b * 2 + j] * W[i * 2 + j]
            rows b < examples
            columns i < 2
            contracted j < 2
            then for unit < 2
              y[b * 2 + unit] = tanh(sum0)
      }`,
    );
  });

  it("calls sums and the unit as nothing else is", () => {
    const buffers = `
      buffer W: real[4] external persistent
      buffer x: real[2*%B] external persistent
      buffer y: real[2*%B] external persistent`;
    expectKernels(
      fuseTails,
      `${buffers.replace("buffer x", "buffer p: real[2*%B]\n      buffer x")}
      kernel f {
        region p ; p
          product p[b * 2 + i] = sum x[b * 2 + j] * W[i * 2 + j]
            rows b < examples
            columns i < 2
            contracted j < 2
        region y ; y
          for b < examples
            let unit = exp(x[b * 2])
            for i < 2
              let sum0 = tanh(p[b * 2 + i])
              y[b * 2 + i] = add(sum0, unit)
      }`,
      `${buffers}
      kernel f {
        region y ; p, then y
          product sum02 = sum x[b * 2 + j] * W[i * 2 + j]
            rows b < examples
            columns i < 2
            contracted j < 2
            then for unit2 < 2
              let unit = exp(x[b * 2])
              let sum0 = tanh(sum02)
              y[b * 2 + unit2] = add(sum0, unit)
      }`,
    );
  });

  it("makes a run of columns of each gate", () => {
    expectFused(
      `func f(%input.x: real[3], %param.W: shared real[8, 3], %param.b: shared real[8]) -> (output.y: %y) {
        %p: real[8] = contract [0 1] [1] -> [0] %param.W, %input.x
        %s: real[8] = add %param.b, %p
        %i: real[4] = slice axis 0 start 0 length 4 %s
        %o: real[4] = slice axis 0 start 4 length 4 %s
        %a: real[4] = sigmoid %i
        %c: real[4] = tanh %o
        %y: real[4] = mul %a, %c
      }`,
      `
      region forward y ; s = param.b + param.W · input.x, then y elementwise
        product sum0, sum1 = param.b[i] + sum input.x[b * 3 + j] * param.W[i * 3 + j]
          rows b < examples
          columns i < 8
          contracted j < 3
          then for unit < 4
            let v = mul(sigmoid(sum0), tanh(sum1))
            output.y[b * 4 + unit] = v`,
    );
  });

  it("goes into loops that are around both, and renames their variables", () => {
    expectFused(
      `func f(%input.x: real[%T, 2], %param.W: shared real[3, 2]) -> (output.y: %y) {
        %p: real[%T, 3] = contract [0 1] [2 1] -> [2 0] %param.W, %input.x
        %y: real[%T, 3] = tanh %p
      }`,
      `
      zero output.y of 3*%B*%T where an example is short in %T
      region forward y ; p = param.W · input.x, then y elementwise
        for b < examples
          product sum0 = sum input.x[b * (2*%T) + j + t * 2] * param.W[i * 2 + j]
            rows t < %T of b
            columns i < 3
            contracted j < 2
            then for unit < 3
              let v = tanh(sum0)
              output.y[b * (3*%T) + t * 3 + unit] = v`,
    );
  });

  it("copies the state that it overwrites, a row after the other", () => {
    const text = loop("%s: real[4] = add %x, %p\n%n: real[4] = tanh %s");
    const kernel = kernelOf(text, [fuseTails]);
    expect(bodyOf(kernel)).toContain(
      dedent(`
          region forward.loop3 n ; s = x + U · h, then n elementwise
            product sum0 = input.x[b * (4*%T) + i + t * 4] + sum final.h[b * 4 + j] copied to forward.loop3.s.operand * param.U[i * 4 + j]
              rows b < examples forward.loop3.rows[0 .. active]
              columns i < 4
              contracted j < 4
              then for unit < 4
                let v = tanh(sum0)
                final.h[b * 4 + unit] = v`).replace(/^/gmu, "  "),
    );
    expect(kernel.buffers.map(({ name }) => name)).not.toContain("forward.loop3.s");
    expectMeaning(kernel, text);
  });

  it("copies it in a region of its own where loops are around: a round would overwrite what the next one reads", () => {
    const text = loop("%s: real[2, 4] = add %x, %p\n%n: real[2, 4] = tanh %s", "2, 4", "[0 1] [2 1] -> [2 0]");
    const kernel = kernelOf(text, [fuseTails]);
    expect(bodyOf(kernel)).toContain("region forward.loop3 s operand ; a copy of the left operand");
    expect(bodyOf(kernel)).toContain("sum forward.loop3.s.operand[");
    expectMeaning(kernel, text);
  });
});

describe("left alone are", () => {
  const inputs = "%input.x: real[3], %input.z: real[8], %param.W: shared real[8, 3], %param.b: shared real[8]";
  const plain = (lines: string, outputs = "output.y: %y"): string =>
    `func f(${inputs}) -> (${outputs}) {\n%p: real[8] = contract [0 1] [1] -> [0] %param.W, %input.x\n${lines}\n}`;
  const halves = (length: number): string =>
    `%a: real[${length}] = slice axis 0 start 0 length ${length} %p
     %c: real[${length}] = slice axis 0 start ${8 - length} length ${length} %p
     %y: real[${length}] = mul %a, %c`;

  it.each([
    ["a product that the caller sees", plain("%y: real[8] = tanh %p", "output.y: %y, output.z: %p")],
    ["a product that two regions read", plain("%y: real[8] = tanh %p\n%s: real[] = reduce sum axes [0] %p", "output.y: %y, output.s: %s")],
    ["runs that the columns are no multiple of", plain(halves(5))],
    ["runs that do not begin where the last one ends", plain(`%a: real[4] = slice axis 0 start 2 length 4 %p\n%y: real[4] = tanh %a`)],
    ["choices by places", plain("%a: real[3] = slice axis 0 start 0 length 3 %input.z\n%c: real[5] = slice axis 0 start 3 length 5 %input.z\n%r: real[8] = concat axis 0 %c, %a\n%y: real[8] = mul %p, %r")],
    ["sums after a product", plain("%e: real[8] = exp %p\n%y: real[] = reduce sum axes [0] %e")],
    ["products that start from the state that is overwritten", loop("%s: real[4] = add %h, %p\n%n: real[4] = tanh %s")],
  ])("%s", (_, text) => {
    expect(bodyOf(kernelOf(text, [fuseTails]))).toBe(bodyOf(kernelOf(text)));
  }); // prettier-ignore

  /** A product and the region after it. */
  const pair = (body: string, last = "", product = "p[b * 4 + i] = sum x[b * 2 + j] * W[i * 2 + j]"): string => `
      buffer W: real[8*%B] external persistent
      buffer p: real[4*%B]
      buffer rows: index[%B]
      buffer x: real[2*%B] external persistent
      buffer y: real[4*%B] external persistent
      kernel f {
        region p ; p
          product ${product}
            rows b < examples
            columns i < 4
            contracted j < 2
        region y ; y
${body.replace(/^/gmu, "          ")}${last}
      }`;
  const stored = "y[b * 4 + i] = tanh(p[b * 4 + i])";

  it.each([
    ["a product that another region writes to", `for b < examples\n  for i < 4\n    ${stored}`, "\n        region z ; z\n          p[0] = 1"],
    ["a region of other rows", `for b < 1\n  for i < 4\n    ${stored}`],
    ["a region with a loop more", `for b < examples\n  for k < 2\n    for i < 2\n      y[b * 4 + i + k * 2] = tanh(p[b * 4 + i + k * 2])`],
    ["a region of every other unit", `for b < examples\n  for i < 4 step 2\n    ${stored}`],
    ["a region that runs backwards", `for b < examples\n  for i < 4 reverse\n    ${stored}`],
    ["a region that does not read the product", "for b < examples\n  for i < 4\n    y[b * 4 + i] = tanh(x[b * 2])"],
    ["a region that takes its numbers for truth values", "for b < examples\n  for i < 4\n    y[b * 4 + i] = select(bool p[b * 4 + i], 1, 0)"],
    ["a region that reads another row", "for b < examples\n  for i < 4\n    y[b * 4 + i] = tanh(p[i])"],
    ["a region that overwrites the right operand", "for b < examples\n  for i < 4\n    W[b * 8 + i] = tanh(p[b * 4 + i])"],
  ])("%s", (_, body, last = "") => {
    const text = pair(body, last);
    expectKernels(fuseTails, text, text);
  }); // prettier-ignore

  it.each([
    [8, true],
    [9, false],
  ])("%i gates: a tile has sums for eight", (gates, fuses) => {
    const parts = Array.from({ length: gates }, (_, g) => `%g${g}: real[2] = slice axis 0 start ${2 * g} length 2 %p`);
    const sums = parts.slice(1).map((_, g) => `%s${g + 1}: real[2] = mul %${g === 0 ? "g" : "s"}${g}, %g${g + 1}`);
    const text = `func f(%input.x: real[3], %param.W: shared real[${2 * gates}, 3]) -> (output.y: %s${gates - 1}) {
      %p: real[${2 * gates}] = contract [0 1] [1] -> [0] %param.W, %input.x
      ${[...parts, ...sums].join("\n")}
    }`;
    expect(bodyOf(kernelOf(text, [fuseTails])).includes("then for unit < 2")).toBe(fuses);
  });
});
