/** What sums of windows become: the same values, and of convolutions no product for each element of a window. */
import { describe, expect, it } from "vitest";
import { evaluateFunction } from "../../../../compiler/ir/graph/evaluate.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { constantOf } from "../../../../compiler/base/types/dim.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";
import { expandUnwindows } from "../../../../compiler/passes/graph/expand-unwindows.js";
import { flatten } from "../../../support/evaluate-helpers.js";
import { expectRewritten, functionOf } from "../../../support/graph-text.js";

const context = shapeContext(cellAxes([]));

/** The expanded text; its values are those of the function. */
function expanded(text: string): string {
  const fn = functionOf(text);
  const result = expandUnwindows.run(fn, context);
  expect(verifyFunction(result, context)).toEqual([]);
  const values = fn.inputs.map((id, n) => {
    const shape = fn.types[id]!.shape.map((dim) => constantOf(dim) as number);
    const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1 + n + 1.3 * i));
    return { examples: [{ shape, data }] };
  });
  const of = (own: GraphFunction): number[] => evaluateFunction(own, values, [new Map()]).flatMap(flatten);
  const [got, wanted] = [of(result), of(fn)];
  expect(got).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 12);
  return printFunction(result);
}

describe("the whole text", () => {
  it.each([
    [
      "of a convolution",
      `func f(%v: real[4, 2], %W: real[2, 3, 3]) -> (r: %r) {
      %p: real[4, 3, 3] = contract [0 1] [1 2 3] -> [0 3 2] %v, %W
      %r: real[6, 3] = unwindow axis 0 size 6 stride 1 dilation 1 %p
    }`,
      `func f(%v: real[4, 2], %W: real[2, 3, 3]) -> (r: %r) {
      %p: real[4, 3, 3] = contract [0 1] [1 2 3] -> [0 3 2] %v, %W
      %3: real[8, 2] = pad axis 0 before 2 after 2 %v
      %4: real[6, 3, 2] = window axis 0 length 6 size 3 stride 1 dilation 1 %3
      %5: real[2, 3, 3] = reverse axis 2 %W
      %r: real[6, 3] = contract [0 3 1] [1 2 3] -> [0 2] %4, %5
    }`,
    ],
    [
      "of a sum element by element",
      `func f(%x: real[2, 2, 2]) -> (r: %r) {
      %r: real[2, 7] = unwindow axis 1 size 7 stride 3 dilation 2 %x
    }`,
      `func f(%x: real[2, 2, 2]) -> (r: %r) {
      %1: real[2, 2, 1] = slice axis 2 start 0 length 1 %x
      %2: real[2, 2] = reshape [2, 2] %1
      %3: real[2, 2, 1] = reshape [2, 2, 1] %2
      %4: real[2, 2, 3] = pad axis 2 before 0 after 2 %3
      %5: real[2, 6] = reshape [2, 6] %4
      %6: real[2, 13] = pad axis 1 before 0 after 7 %5
      %7: real[2, 7] = slice axis 1 start 0 length 7 %6
      %8: real[2, 2, 1] = slice axis 2 start 1 length 1 %x
      %9: real[2, 2] = reshape [2, 2] %8
      %10: real[2, 2, 1] = reshape [2, 2, 1] %9
      %11: real[2, 2, 3] = pad axis 2 before 0 after 2 %10
      %12: real[2, 6] = reshape [2, 6] %11
      %13: real[2, 15] = pad axis 1 before 2 after 7 %12
      %14: real[2, 7] = slice axis 1 start 0 length 7 %13
      %r: real[2, 7] = add %7, %14
    }`,
    ],
    [
      "of a sum along places",
      `func f(%x: real[3, S]) -> (r: %r) {
      %r: real[S + 2] = unwindow axis 0 size S + 2 stride 1 dilation 1 %x
    }`,
      `func f(%x: real[3, S]) -> (r: %r) {
      %1: real[3, S] = reverse axis 1 %x
      %2: real[2*S + 4, S] = pad axis 0 before S - 1 after S + 2 %1
      %3: real[2*S*S + 4*S] = reshape [2*S*S + 4*S] %2
      %4: real[S + 2, S] = window axis 0 length S + 2 size S stride S dilation S + 1 %3
      %r: real[S + 2] = reduce sum axes [1] %4
    }`,
    ],
  ])("%s", (_, before, after) => expectRewritten(expandUnwindows, before, after));
});

describe("windows that are", () => {
  it("a product with weights for each element become one of the windows of what was multiplied", () => {
    const text = expanded(`func f(%v: real[4, 2], %W: real[2, 3, 3]) -> (r: %r) {
      %p: real[4, 3, 3] = contract [0 1] [1 2 3] -> [0 3 2] %v, %W
      %r: real[6, 3] = unwindow axis 0 size 6 stride 1 dilation 1 %p }`);
    expect(text).toContain("%r: real[6, 3] = contract [0 3 1] [1 2 3] -> [0 2]");
    expect(text).toContain("pad axis 0 before 2 after 2 %v");
    expect(text).not.toContain("unwindow");
  });

  it.each([
    ["with a stride and a dilation", "%r: real[12, 3] = unwindow axis 0 size 12 stride 2 dilation 2 %p"],
    ["with a rest at the end", "%r: real[9, 3] = unwindow axis 0 size 9 stride 1 dilation 2 %p"],
  ])("%s", (_, line) => {
    const text = expanded(`func f(%v: real[4, 2], %W: real[2, 3, 3]) -> (r: %r) {
      %p: real[4, 3, 3] = contract [1 2 3] [0 1] -> [0 3 2] %W, %v
      ${line} }`);
    expect(text).not.toContain("unwindow");
    expect(text).toContain("-> [0 2]");
  });

  it("over two axes have their zeros under both windows", () => {
    const text = expanded(`func f(%v: real[3, 4, 2], %W: real[2, 2, 2, 3]) -> (r: %r) {
      %p: real[3, 2, 4, 3, 2] = contract [0 1 2] [2 5 3 4] -> [0 3 1 4 5] %v, %W
      %q: real[3, 2, 6, 2] = unwindow axis 2 size 6 stride 1 dilation 1 %p
      %r: real[4, 6, 2] = unwindow axis 0 size 4 stride 1 dilation 1 %q }`);
    expect(text.match(/pad axis/gu)).toHaveLength(2);
    expect(text.indexOf("window axis")).toBeGreaterThan(text.lastIndexOf("pad axis 1"));
    expect(text).not.toContain("unwindow");
  });

  it("sums of products are sums of convolutions", () => {
    const text = expanded(`func f(%v: real[3, 2], %W: real[2, 2, 3], %u: real[3, 1], %U: real[1, 2, 3]) -> (r: %r) {
      %p: real[3, 2, 3] = contract [0 1] [1 2 3] -> [0 2 3] %v, %W
      %q: real[3, 2, 3] = contract [0 1] [1 2 3] -> [0 2 3] %u, %U
      %s: real[3, 2, 3] = add %p, %q
      %r: real[4, 3] = unwindow axis 0 size 4 stride 1 dilation 1 %s }`);
    expect(text.match(/window axis/gu)).toHaveLength(2);
  });

  it("a product with a single channel are added element by element", () => {
    const text = expanded(`func f(%v: real[4, 2], %W: real[2, 1, 3]) -> (r: %r) {
      %p: real[4, 3, 1] = contract [0 1] [1 2 3] -> [0 3 2] %v, %W
      %r: real[6, 1] = unwindow axis 0 size 6 stride 1 dilation 1 %p }`);
    expect(text).not.toContain("window");
    expect(text.match(/contract/gu)).toHaveLength(1);
  });

  it.each([
    ["%r: real[4, 3] = unwindow axis 0 size 4 stride 1 dilation 1 %x", "%x: real[3, 2, 3]"],
    ["%r: real[2, 7] = unwindow axis 1 size 7 stride 3 dilation 2 %x", "%x: real[2, 2, 2]"],
    ["%r: real[5] = unwindow axis 0 size 5 stride 2 dilation 1 %x", "%x: real[1, 3]"],
  ])("anything else are added element by element: %s", (line, input) => {
    expect(expanded(`func f(${input}) -> (r: %r) { ${line} }`)).not.toContain("unwindow");
  });

  it.each([
    ["%r: real[25] = unwindow axis 0 size 25 stride 2 dilation 1 %x", "%x: real[4, 17]"],
    ["%r: real[2, 60] = unwindow axis 1 size 60 stride 1 dilation 3 %x", "%x: real[2, 3, 18]"],
  ])("of many elements are a sum along places: %s", (line, input) => {
    const text = expanded(`func f(${input}) -> (r: %r) { ${line} }`);
    expect(text).not.toContain("unwindow");
    expect(text).toContain("reduce sum");
  });

  it.each([
    ["%r: real[7, 2] = unwindow axis 0 size 7 stride 3 dilation 1 %x", "%x: real[2, 3, 2]"],
    ["%r: real[5] = unwindow axis 0 size 5 stride 3 dilation 1 %x", "%x: real[2, 2]"],
  ])("that do not overlap are put one after the other: %s", (line, input) => {
    const text = expanded(`func f(${input}) -> (r: %r) { ${line} }`);
    expect(text).not.toMatch(/unwindow|add |reduce/u);
  });

  it("of a size that is no number yet are a sum along places", () => {
    const text =
      "func f(%x: real[3, K]) -> (r: %r) { %r: real[K + 2] = unwindow axis 0 size K + 2 stride 1 dilation 1 %x }";
    expect(printFunction(expandUnwindows.run(functionOf(text), context))).toContain(
      "window axis 0 length K + 2 size K",
    );
  });
});
