import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import { examplesFirst } from "../../../../compiler/passes/kernel/examples-first.js";
import { keepStates } from "../../../../compiler/passes/kernel/keep-states.js";
import type { KernelPass } from "../../../../compiler/passes/kernel/kernel-pass.js";
import type { VectorTarget } from "../../../../compiler/passes/kernel/target.js";
import { programOf } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";

/** What the specification shows is what is printed. */
test.each([
  [
    "a projection of every step",
    `func f(%input.x: real[%T, 64], %param.W: shared real[512, 64], %param.b: shared real[512]) -> (output.y: %y) {
      %wx: real[%T, 512] = contract [0 1] [2 1] -> [2 0] %param.W, %input.x
      %bs: real[%T, 512] = broadcast [%T, 512] axes [1] %param.b
      %y: real[%T, 512] = add %bs, %wx
    }`,
  ],
  [
    "its weight gradient",
    `func f(%grad.output.y: real[%T, 512], %input.x: real[%T, 64]) -> (grad.param.W: %W) {
      %w: real[512, 64] = contract [0 1] [0 2] -> [1 2] %grad.output.y, %input.x
      %W: shared real[512, 64] = batch_sum %w
    }`,
  ],
  [
    "a state in a variable",
    `func f(%initial.h: real[], %input.x: real[%T], %param.a: shared real[]) -> (output.y: %y, final.h: %last) {
      %last: real[], %y: real[%T] = scan length %T carried 1 sequences 1 %initial.h, %input.x, %param.a body
        func step(%h: real[], %x: real[], %a: shared real[]) -> (h: %hn, y: %hn) {
          %ah: real[] = mul %a, %h
          %hn: real[] = add %ah, %x
        }
    }`,
    [examplesFirst, keepStates],
  ],
] as [string, string, KernelPass<VectorTarget>[]?][])("spec/kernel-ir.md shows %s", (_, text, passes = []) => {
  const fn = parseProgram(text).functions[0]!;
  const printed = printKernel(lowerProgram(programOf(fn), { runtimeDimensions: [], passes }));
  const lines = printed.split("\n");
  const start = lines.findLastIndex((line) => line.includes("region"));
  const region = lines.slice(start, lines.indexOf("}", start));
  const shown = readFileSync(new URL("../../../../spec/kernel-ir.md", import.meta.url), "utf8");
  expect(shown).toContain(region.map((line) => line.slice(2)).join("\n"));
});
