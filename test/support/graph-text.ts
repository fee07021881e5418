/** Passes on graphs as text: what comes out is compared line by line, and must mean what went in. */
import { expect } from "vitest";
import { parseProgram } from "../../compiler/ir/graph/parse.js";
import { printFunction } from "../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../compiler/ir/graph/shape-rules.js";
import type { GraphPass } from "../../compiler/passes/pass.js";
import { numbersOf, randomInputs, randomSource, run, worstError } from "./evaluate-helpers.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";

/** `S` differs from example to example, as `%T` does. */
export const context = shapeContext(cellAxes(["S"]));

/** Two examples, of four steps and of two. */
export const sizes = [
  new Map([["H", 3], ["I", 2], ["S", 3], ["%T", 4]]),
  new Map([["H", 3], ["I", 2], ["S", 1], ["%T", 2]]),
]; // prettier-ignore

export function functionOf(text: string): GraphFunction {
  return parseProgram(text, cellAxes(["S"])).functions[0] as GraphFunction;
}

/** Lines without indentation. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The pass makes `after` of `before`, a function that is in order and gives the same numbers. */
export function expectRewritten(pass: GraphPass, before: string, after: string): void {
  const fn = functionOf(before);
  const result = pass.run(fn, context);
  expect(linesOf(printFunction(result))).toEqual(linesOf(after));
  expect(verifyFunction(result, context)).toEqual([]);
  const inputs = randomInputs(fn, sizes, randomSource(7));
  const [expected, numbers] = [run(fn, inputs, sizes), run(result, inputs, sizes)];
  for (const name of fn.outputNames) {
    const error = worstError(numbersOf(numbers, name, sizes), numbersOf(expected, name, sizes));
    expect(error, name).toBeLessThan(1e-12);
  }
}

/** The pass changes nothing of `text`, which is as printing gives it. */
export function expectUnchanged(pass: GraphPass, text: string): void {
  expectRewritten(pass, text, text);
}
