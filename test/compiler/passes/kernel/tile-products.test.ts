/** Products as loops over tiles of sums, and what is left at the edges. */
import { describe, expect, it } from "vitest";
import { parseKernelBody } from "../../../../compiler/ir/kernel/parse.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import type { ScalarTarget } from "../../../../compiler/passes/kernel/target.js";
import { tileProducts, tileProductsPass } from "../../../../compiler/passes/kernel/tile-products.js";
import { bodyOf, dedent, expectMeaning, expectStatements, kernelOf, planned } from "../../../support/kernel-text.js";

/** Tiles of two rows and two columns, so that a few numbers have all kinds of tiles. */
const machine: ScalarTarget = {
  kept: 0,
  tiles: [
    { rows: 2, columns: [2, 1] },
    { rows: 1, columns: [2, 1] },
  ],
};

/** Checks that the tiles mean the product, and gives their text. */
function tiled(text: string): string {
  const kernel = planned(kernelOf(text), tileProductsPass, machine);
  expectMeaning(kernel, text);
  const body = bodyOf(kernel);
  expect(body).not.toContain("product ");
  return body;
}

/** Only what says which tiles there are. */
const loops = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^(index|for [^jk])/u.test(line));

describe("tile-products", () => {
  it("has tiles of several rows, then of one, each with columns of all sizes", () => {
    const text = `func f(%input.x: real[3, 2], %param.W: shared real[5, 2]) -> (output.y: %y) {
      %y: real[3, 5] = contract [0 1] [2 1] -> [0 2] %input.x, %param.W
    }`;
    expect(tiled(text)).toBe(
      dedent(`
      region forward y ; y = input.x · param.W
        for b < examples
          for i < 2 from 0 step 2
            for j < 4 from 0 step 2
              var sum00 = 0
              var sum01 = 0
              var sum10 = 0
              var sum11 = 0
              for k < 2
                let x0 = input.x[b * 6 + i * 2 + k]
                let x1 = input.x[b * 6 + i * 2 + k + 2]
                let w0 = param.W[j * 2 + k]
                let w1 = param.W[j * 2 + k + 2]
                sum00 = sum(sum00, mul(x0, w0))
                sum01 = sum(sum01, mul(x0, w1))
                sum10 = sum(sum10, mul(x1, w0))
                sum11 = sum(sum11, mul(x1, w1))
              output.y[b * 15 + i * 5 + j] = sum00
              output.y[b * 15 + i * 5 + j + 1] = sum01
              output.y[b * 15 + i * 5 + j + 5] = sum10
              output.y[b * 15 + i * 5 + j + 6] = sum11
            for j < 5 from 4
              var sum0 = 0
              var sum1 = 0
              for k < 2
                let x0 = input.x[b * 6 + i * 2 + k]
                let x1 = input.x[b * 6 + i * 2 + k + 2]
                let w = param.W[j * 2 + k]
                sum0 = sum(sum0, mul(x0, w))
                sum1 = sum(sum1, mul(x1, w))
              output.y[b * 15 + i * 5 + j] = sum0
              output.y[b * 15 + i * 5 + j + 5] = sum1
          for i < 3 from 2
            for j < 4 from 0 step 2
              var sum0 = 0
              var sum1 = 0
              for k < 2
                let x = input.x[b * 6 + i * 2 + k]
                let w0 = param.W[j * 2 + k]
                let w1 = param.W[j * 2 + k + 2]
                sum0 = sum(sum0, mul(x, w0))
                sum1 = sum(sum1, mul(x, w1))
              output.y[b * 15 + i * 5 + j] = sum0
              output.y[b * 15 + i * 5 + j + 1] = sum1
            for j < 5 from 4
              var sum = 0
              for k < 2
                let x = input.x[b * 6 + i * 2 + k]
                let w = param.W[j * 2 + k]
                sum = sum(sum, mul(x, w))
              output.y[b * 15 + i * 5 + j] = sum`),
    );
  });

  it("has tiles of one row only where there are no rows, and none at edges that do not exist", () => {
    const text = `func f(%input.x: real[3], %context.M: real[4, 3]) -> (output.y: %y) {
      %y: real[4] = contract [0 1] [1] -> [0] %context.M, %input.x
    }`;
    expect(tiled(text)).toBe(
      dedent(`
      region forward y ; y = context.M · input.x
        for b < examples
          for i < 4 from 0 step 2
            var sum0 = 0
            var sum1 = 0
            for j < 3
              let x = input.x[b * 3 + j]
              let w0 = context.M[b * 12 + i * 3 + j]
              let w1 = context.M[b * 12 + i * 3 + j + 3]
              sum0 = sum(sum0, mul(x, w0))
              sum1 = sum(sum1, mul(x, w1))
            output.y[b * 4 + i] = sum0
            output.y[b * 4 + i + 1] = sum1`),
    );
  });

  it("finds out how many rows an example has", () => {
    const text = `func f(%input.x: real[%T, 2], %param.W: shared real[2, 2]) -> (output.y: %y) {
      %y: real[%T, 2] = contract [0 1] [2 1] -> [2 0] %param.W, %input.x
    }`;
    expect(loops(tiled(text))).toEqual([
      "for b < examples",
      "index tSize = %T of b",
      "index tRest = remainder(tSize, 2)",
      "for t < tRest * (-1) + tSize from 0 step 2",
      "for i < 2 from 0 step 2",
      "for t < tSize from tRest * (-1) + tSize",
      "for i < 2 from 0 step 2",
    ]);
  });

  it("takes all examples for rows by their number", () => {
    const text = `func f(%input.x: real[2], %param.W: shared real[2, 2]) -> (output.y: %y) {
      %y: real[2] = contract [0 1] [1] -> [0] %param.W, %input.x
    }`;
    expect(loops(tiled(text))).toEqual([
      "index bRest = remainder(%B, 2)",
      "for b < bRest * (-1) + %B from 0 step 2",
      "for i < 2 from 0 step 2",
      "for b < %B from bRest * (-1) + %B",
      "for i < 2 from 0 step 2",
    ]);
  });

  it("takes examples of a list from it, and starts each sum from what it is added to", () => {
    const text = `func f(%initial.h: real[2], %input.x: real[%T, 2], %param.U: shared real[2, 2]) -> (final.h: %last) {
      %last: real[2] = scan length %T carried 1 sequences 1 %initial.h, %input.x, %param.U body
        func step(%h: real[2], %x: real[2], %U: shared real[2, 2]) -> (h: %n) {
          %p: real[2] = contract [0 1] [1] -> [0] %U, %h
          %n: real[2] = add %x, %p
        }
    }`;
    expect(tiled(text)).toContain(
      dedent(`
      region forward.loop3 n ; n = x + U · h
        index bRest = remainder(active, 2)
        for bPosition < active + bRest * (-1) from 0 step 2
          index b0 = forward.loop3.rows[bPosition]
          index b1 = forward.loop3.rows[bPosition + 1]
          for i < 2 from 0 step 2
            var sum00 = input.x[b0 * (2*%T) + i + t * 2]
            var sum01 = input.x[b0 * (2*%T) + i + t * 2 + 1]
            var sum10 = input.x[b1 * (2*%T) + i + t * 2]
            var sum11 = input.x[b1 * (2*%T) + i + t * 2 + 1]`).replace(/^/gmu, "  "),
    );
  });

  it("has one sum for a product of numbers without rows and columns", () => {
    const text = `func f(%input.x: real[3], %context.z: real[3]) -> (output.y: %y) {
      %y: real[] = contract [0] [0] -> [] %input.x, %context.z
    }`;
    expect(tiled(text)).toBe(
      dedent(`
      region forward y ; y = input.x · context.z
        for b < examples
          var sum = 0
          for i < 3
            let x = input.x[b * 3 + i]
            let w = context.z[b * 3 + i]
            sum = sum(sum, mul(x, w))
          output.y[b] = sum`),
    );
  });

  it("expands products in pieces of long sums, and adds each piece to its total", () => {
    const text = `func f(%grad.output.y: real[%T, 2], %input.x: real[%T, 2]) -> (grad.param.W: %W) {
      %w: real[2, 2] = contract [0 1] [0 2] -> [1 2] %grad.output.y, %input.x
      %W: shared real[2, 2] = batch_sum %w
    }`;
    const body = tiled(text);
    expect(body).toContain("pieces of ");
    expect(body).toMatch(/ = .*sum11/u);
  });

  it("stores what is made of a sum, which goes by the name of its own accumulator", () => {
    expectStatements(
      tileProductsPass,
      machine,
      `
      buffer a: real[12] external persistent
      buffer w: real[4] external persistent
      buffer y: real[3] external persistent`,
      `
      product y[i] = y[i] + sum a[i * 4 + k] * w[k]
        rows i < 3
        contracted k < 4
        stored tanh(sum)`,
      `
      for i < 2 from 0 step 2
        var sum0 = y[i]
        var sum1 = y[i + 1]
        for k < 4
          let x0 = a[i * 4 + k]
          let x1 = a[i * 4 + k + 4]
          let w = w[k]
          sum0 = sum(sum0, mul(x0, w))
          sum1 = sum(sum1, mul(x1, w))
        y[i] = tanh(sum0)
        y[i + 1] = tanh(sum1)
      for i < 3 from 2
        var sum = y[i]
        for k < 4
          let x = a[i * 4 + k]
          let w = w[k]
          sum = sum(sum, mul(x, w))
        y[i] = tanh(sum)`,
    );
  });

  it("calls what it makes as nothing else is", () => {
    expectStatements(
      tileProductsPass,
      machine,
      `
      buffer a: real[4*%B] external persistent
      buffer v: real[4] external persistent
      buffer y: real[%B] external persistent
      buffer z: real[4] external persistent`,
      `
      let sum0 = a[0]
      let sum = a[1]
      let x = a[2]
      let w = a[3]
      for bRest < 1
        product y[b] = sum0 + sum a[b * 4 + k] * v[k]
          rows b < examples
          contracted k < 4
      z[0] = add(add(sum0, sum), add(x, w))`,
      `
      let sum0 = a[0]
      let sum = a[1]
      let x = a[2]
      let w = a[3]
      for bRest < 1
        index bRest2 = remainder(%B, 2)
        for b < bRest2 * (-1) + %B from 0 step 2
          var sum02 = sum0
          var sum1 = sum0
          for k < 4
            let x0 = a[b * 4 + k]
            let x1 = a[b * 4 + k + 4]
            let w2 = v[k]
            sum02 = sum(sum02, mul(x0, w2))
            sum1 = sum(sum1, mul(x1, w2))
          y[b] = sum02
          y[b + 1] = sum1
        for b < %B from bRest2 * (-1) + %B
          var sum2 = sum0
          for k < 4
            let x2 = a[b * 4 + k]
            let w2 = v[k]
            sum2 = sum(sum2, mul(x2, w2))
          y[b] = sum2
      z[0] = add(add(sum0, sum), add(x, w))`,
    );
  });

  it("has no loops over tiles that are wider than what there is", () => {
    expectStatements(
      tileProductsPass,
      machine,
      `
      buffer a: real[4] external persistent
      buffer w: real[4] external persistent
      buffer y: real[1] external persistent`,
      `
      product y[i] = sum a[k] * w[i * 4 + k]
        columns i < 1
        contracted k < 4`,
      `
      for i < 1 from 0
        var sum = 0
        for k < 4
          let x = a[k]
          let w = w[i * 4 + k]
          sum = sum(sum, mul(x, w))
        y[i] = sum`,
    );
  });

  it("finds out how many rows a part of an example has", () => {
    const text = `
      for b < examples
        product y[t] = sum a[t * 2 + k] * w[k]
          rows t < %T of b beyond 0, at most 3
          contracted k < 2`;
    const tiles = tileProducts(parseKernelBody(dedent(text)), machine, new Set());
    expect(loops(printKernelFunction({ name: "f", body: tiles }))).toEqual([
      "for b < examples",
      "index tSize = %T of b beyond 0, at most 3",
      "index tRest = remainder(tSize, 2)",
      "for t < tRest * (-1) + tSize from 0 step 2",
      "for t < tSize from tRest * (-1) + tSize",
    ]);
  });

  it.each([
    ["a packed operand", "product y[0] = sum a[k] * w[k] packed in p\n  contracted k < 4"],
    ["a tail", "product s = sum a[k] * w[k]\n  contracted k < 4\n  then for u < 1\n    y[u] = s"],
    ["earlier terms", "product y[0] = sum a[m] * w[m] + sum a[k] * w[k]\n  earlier m < 4\n  contracted k < 4"],
  ])("refuses %s, which tiles of scalars would leave out", (_, text) => {
    expect(() => tileProducts(parseKernelBody(text), machine, new Set())).toThrow(
      "a product that is scheduled for vectors",
    );
  });

  it("leaves everything else alone", () => {
    const kernel = kernelOf(`func f(%input.x: real[2]) -> (output.y: %y) { %y: real[2] = tanh %input.x }`);
    expect(bodyOf(planned(kernel, tileProductsPass, machine))).toBe(bodyOf(kernel));
  });
});
