import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
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
])("spec/kernel-ir.md shows %s", (_, text) => {
  const fn = parseProgram(text).functions[0]!;
  const printed = printKernel(lowerProgram(programOf(fn), { runtimeDimensions: [] }));
  const lines = printed.split("\n");
  const start = lines.findIndex((line) => line.includes("region"));
  const region = lines.slice(start, lines.indexOf("}", start));
  const shown = readFileSync(new URL("../../../../spec/kernel-ir.md", import.meta.url), "utf8");
  expect(shown).toContain(region.map((line) => line.slice(2)).join("\n"));
});
