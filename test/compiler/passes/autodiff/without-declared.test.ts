import { expect, it } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { withoutDeclared } from "../../../../compiler/passes/autodiff/without-declared.js";
import { context, functionOf, linesOf } from "../../../support/graph-text.js";

const declared = (value: string, rest: string): string => `func f(%x: real[2], %w: shared real[2]) -> (r: %r) {
  ${value}
  %y: real[2] = custom_derivative arguments 1 %v, %x tangent
    func y(%dx: real[2]) -> (y: %d) {
      %d: real[2] = neg %dx
    }
  ${rest}
}`;

it("values stand where their derivatives are declared, under the name that those had", () => {
  const before = functionOf(declared("%v: real[2] = exp %x", "%r: real[2] = tanh %y").replaceAll("%v", "%2"));
  const { fn, valueOf } = withoutDeclared(before);
  expect(linesOf(printFunction(fn))).toEqual(
    linesOf(`func f(%x: real[2], %w: shared real[2]) -> (r: %r) {
      %y: real[2] = exp %x
      %r: real[2] = tanh %y
    }`),
  );
  expect(verifyFunction(fn, context)).toEqual([]);
  const result = before.instructions[1]!.results[0]!;
  expect(fn.names[valueOf(result)]).toBe("y");
});

it("a value keeps its own name, and outputs are the values", () => {
  const { fn } = withoutDeclared(functionOf(declared("%v: real[2] = exp %x", "").replace("r: %r", "r: %y")));
  expect(linesOf(printFunction(fn)).slice(0, 2)).toEqual([
    "func f(%x: real[2], %w: shared real[2]) -> (r: %v) {",
    "%v: real[2] = exp %x",
  ]);
});

it("a derivative that differs from example to example stays where the value is shared", () => {
  const before = functionOf(declared("%v: shared real[2] = exp %w", "%r: real[2] = tanh %y"));
  expect(printFunction(withoutDeclared(before).fn)).toBe(printFunction(before));
});
