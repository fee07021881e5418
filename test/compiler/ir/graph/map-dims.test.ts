import { expect, test } from "vitest";
import { dimConstant, dimSymbol, substituteDim } from "../../../../compiler/base/types/dim.js";
import { type DimChange, functionWithDims, resized } from "../../../../compiler/ir/graph/map-dims.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { context, functionOf, linesOf } from "../../../support/graph-text.js";

/** Sizes become others, and numbers that are no sizes stay what they are. */
const change: DimChange = {
  size: (dim) => substituteDim(dim, new Map([["S", dimSymbol("%T")]])),
  number: (dim) => dim,
};

const text = (
  S: string,
): string => `func f(%x: real[${S} + 1], %i: index[${S}], %d: real[${S}, 3]) -> (n: %n, s: %s, all: %all, E: %E rows [${S}]) {
  %n: real[] = dimension S
  %y: real[${S}] = slice axis 0 start 1 length ${S} %x
  %s: real[], %all: real[${S}] = scan length ${S} carried 1 sequences 1 %n, %y body
    func add(%a: real[], %e: real[]) -> (a: %b, b: %b) {
      %v: real[${S}] = broadcast [${S}] axes [] %e
      %b: real[] = reduce sum axes [0] %v
    }
  %one: real[4, 3] = scatter_add size 4 %i, %d
  %E: shared real[4, 3] = batch_sum %one
}`;

const linesAfter = (fn: ReturnType<typeof functionOf>): string[] => {
  expect(verifyFunction(fn, context)).toEqual([]);
  return linesOf(printFunction(fn));
};

test("sizes are changed in types, operations, loops and rows, and no other number", () => {
  const expected = linesOf(printFunction(functionOf(text("%T"))));
  expect(linesAfter(functionWithDims(functionOf(text("S")), change))).toEqual(expected);
  expect(linesAfter(resized(functionOf(text("S")), change, context))).toEqual(expected);
});

test("numbers are changed where no size stands", () => {
  const fn = functionOf(`func f(%x: real[S]) -> (y: %y, n: %n) {
    %y: real[2*S] = pad axis 0 before S after 0 %x
    %n: real[] = dimension S
  }`);
  const four: DimChange = { size: (dim) => dim, number: (dim) => substituteDim(dim, new Map([["S", dimConstant(4)]])) };
  expect(linesOf(printFunction(functionWithDims(fn, four))).slice(1, 3)).toEqual([
    "%y: real[2*S] = pad axis 0 before 4 after 0 %x",
    "%n: real[] = dimension 4",
  ]);
});

test("of other sizes a value may be the same for all examples", () => {
  const one: DimChange = { size: (dim) => substituteDim(dim, new Map([["S", dimConstant(1)]])), number: (dim) => dim };
  const fn = functionOf(`func f(%x: shared real[]) -> (y: %y) {
    %y: real[S] = broadcast [S] axes [] %x
  }`);
  expect(linesOf(printFunction(resized(fn, one, context)))[1]).toBe("%y: shared real[1] = broadcast [1] axes [] %x");
});
