/** Derivatives of what moves, repeats and adds elements: ahead the same operation on tangents, back its transpose. */
import { expect, it } from "vitest";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { gradientOf, tangentsOnly } from "../../../../compiler/passes/autodiff/whole-derivatives.js";
import { removeUnusedValues } from "../../../../compiler/passes/graph/remove-unused-values.js";
import { context, functionOf, linesOf } from "../../../support/graph-text.js";

/** The lines of a function, without what nothing reads and without numbers of values, `result` standing for the last. */
function body(fn: GraphFunction): string[] {
  const lines = linesOf(printFunction(removeUnusedValues.run(fn, context))).slice(1, -1);
  return lines.map((line) => line.replace(/^%\S+: /u, ""));
}

it.each<[name: string, line: string, ahead: string[], back: string[], given?: string]>([
  ["a sum", "real[2] = reduce sum axes [1] %x",
    ["real[2] = reduce sum axes [1] %tangent.x"], ["real[2, 3] = broadcast [2, 3] axes [0] %grad.r"]],
  ["repeating", "real[4, 2, 3] = broadcast [4, 2, 3] axes [1 2] %x",
    ["real[4, 2, 3] = broadcast [4, 2, 3] axes [1 2] %tangent.x"], ["real[2, 3] = reduce sum axes [0] %grad.r"]],
  ["a slice", "real[2, 1] = slice axis 1 start 2 length 1 %x",
    ["real[2, 1] = slice axis 1 start 2 length 1 %tangent.x"], ["real[2, 3] = pad axis 1 before 2 after 0 %grad.r"]],
  ["zeros around", "real[2, 6] = pad axis 1 before 1 after 2 %x",
    ["real[2, 6] = pad axis 1 before 1 after 2 %tangent.x"], ["real[2, 3] = slice axis 1 start 1 length 3 %grad.r"]],
  ["joining, where a value is twice in it", "real[4, 3] = concat axis 0 %x, %x",
    ["real[4, 3] = concat axis 0 %tangent.x, %tangent.x"],
    ["real[2, 3] = slice axis 0 start 0 length 2 %grad.r", "real[2, 3] = slice axis 0 start 2 length 2 %grad.r", "real[2, 3] = add %2, %3"]],
  ["another shape", "real[6] = reshape [6] %x", ["real[6] = reshape [6] %tangent.x"], ["real[2, 3] = reshape [2, 3] %grad.r"]],
  ["another order of axes", "real[4, 2, 3] = transpose [2 0 1] %x",
    ["real[4, 2, 3] = transpose [2 0 1] %tangent.x"], ["real[2, 3, 4] = transpose [1 2 0] %grad.r"], "%x: real[2, 3, 4]"],
  ["another direction", "real[2, 3] = reverse axis 1 %x", ["real[2, 3] = reverse axis 1 %tangent.x"], ["real[2, 3] = reverse axis 1 %grad.r"]],
  ["windows", "real[2, 2, 2] = window axis 1 length 2 size 2 stride 1 dilation 1 %x",
    ["real[2, 2, 2] = window axis 1 length 2 size 2 stride 1 dilation 1 %tangent.x"], ["real[2, 3] = unwindow axis 1 size 3 stride 1 dilation 1 %grad.r"]],
  ["windows put back", "real[4] = unwindow axis 0 size 4 stride 2 dilation 1 %x",
    ["real[4] = unwindow axis 0 size 4 stride 2 dilation 1 %tangent.x"], ["real[2, 2] = window axis 0 length 2 size 2 stride 2 dilation 1 %grad.r"], "%x: real[2, 2]"],
  ["rows of a table", "real[5, 3] = gather %x, %i",
    ["real[5, 3] = gather %tangent.x, %i"], ["real[2, 3] = scatter_add size 2 %i, %grad.r"], "%x: real[2, 3], %i: index[5]"],
  ["rows into a table", "real[4, 3] = scatter_add size 4 %i, %x",
    ["real[4, 3] = scatter_add size 4 %i, %tangent.x"], ["real[2, 3] = gather %grad.r, %i"], "%x: real[2, 3], %i: index[2]"],
  ["a product", "real[2] = contract [0 1] [1] -> [0] %x, %v",
    ["real[2] = contract [0 1] [1] -> [0] %tangent.x, %v", "real[2] = contract [0 1] [1] -> [0] %x, %tangent.v", "real[2] = add %4, %5"],
    ["real[2, 3] = contract [0] [1] -> [0 1] %grad.r, %v", "real[3] = contract [0] [0 1] -> [1] %grad.r, %x"], "%x: real[2, 3], %v: real[3]"],
])("of %s", (_, line, ahead, back, given = "%x: real[2, 3]") => {
  const fn = functionOf(`func f(${given}) -> (r: %r) {\n%r: ${line}\n}`);
  expect(body(tangentsOnly(fn, context))).toEqual(ahead);
  expect(body(gradientOf(fn, context))).toEqual(back);
}); // prettier-ignore
