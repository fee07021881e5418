/** Strong products leave out what meets only zeros of a derivative, and are plain products otherwise. */
import { describe, expect, test } from "vitest";
import { type BatchValue, evaluateFunction } from "../../../../compiler/ir/graph/evaluate.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { GraphFunction, ValueType } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { expandStrongProducts } from "../../../../compiler/passes/graph/expand-strong-products.js";
import { constantOf } from "../../../../compiler/base/types/dim.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";
import { flatten } from "../../../support/evaluate-helpers.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes([]));
const strong = (types: string, labels: string, result: string): GraphFunction =>
  parseProgram(`func f(${types}) -> (r: %r) {\n  %r: real[${result}] = contract strong ${labels} %v, %x\n}`)
    .functions[0] as GraphFunction;

/** Of the function, of what it becomes, and the text of that. */
function both(fn: GraphFunction, v: readonly number[], x: readonly number[]): [number[], number[], string] {
  const expanded = expandStrongProducts.run(fn, context);
  expect(verifyFunction(expanded, context)).toEqual([]);
  const values = fn.inputs.map((id, i): BatchValue => {
    const { shape, shared } = fn.types[id] as ValueType;
    const tensor = { shape: shape.map((dim) => constantOf(dim) as number), data: Float64Array.from([v, x][i] ?? []) };
    return shared ? { shared: tensor } : { examples: [tensor] };
  });
  const of = (own: GraphFunction): number[] =>
    evaluateFunction(own, values, [new Map()]).flatMap(flatten).map((number) => number + 0); // prettier-ignore
  return [of(fn), of(expanded), printFunction(expanded)];
}

describe("a strong product", () => {
  test("is written as it is read", () => {
    const fn = strong("%v: real[2, 3], %x: real[2, 2]", "[0 1] [0 2] -> [1 2]", "3, 2");
    expect(printFunction(parseProgram(printFunction(fn)).functions[0] as GraphFunction)).toBe(printFunction(fn));
    expect(printFunction(fn)).toContain("contract strong [0 1] [0 2] -> [1 2] %v, %x");
  });

  test.each([
    ["rows of an input", "%v: real[2, 3], %x: real[2, 2]", "[0 1] [0 2] -> [1 2]", "3, 2", [0, 0, 0, 1, 0, 2], [NaN, Infinity, 3, 4], [3, 4, 0, 0, 6, 8]],
    ["a vector, one derivative for all", "%v: real[2], %x: real[2]", "[0] [1] -> [0 1]", "2, 2", [0, 0], [NaN, 1], [0, 0, 0, 0]],
    ["single terms, where each has a derivative", "%v: real[2], %x: real[2]", "[0] [0] -> []", "", [0, 2], [NaN, 3], [6]],
    ["axes in another order", "%v: real[2, 1, 2], %x: real[2, 2]", "[0 1 2] [2 0] -> [1]", "1", [0, 1, 2, 3], [NaN, 4, 5, 6], [4 * 2 + 5 + 6 * 3]],
    ["rows of the result by a shared matrix", "%v: real[2, 2], %x: shared real[2, 2]", "[0 1] [1 2] -> [0 2]", "2, 2", [0, 0, 1, 2], [Infinity, 1, NaN, 1], [0, 0, NaN, 3]],
  ] as const)("leaves out %s", (_, types, labels, result, v, x, right) => {
    const [ideal, expanded, text] = both(strong(types, labels, result), v, x);
    expect(expanded).toEqual(right);
    expect(ideal).toEqual(right);
    expect(text).not.toContain("strong");
  }); // prettier-ignore

  test("keeps what is live beside a zero", () => {
    const fn = strong("%v: real[2, 2], %x: real[2, 2]", "[0 1] [0 2] -> [1 2]", "2, 2");
    const [ideal, expanded] = both(fn, [0, 1, 2, 3], [1, 2, 3, 4]);
    expect(expanded).toEqual([6, 8, 10, 14]);
    expect(ideal).toEqual(expanded);
  });
});

describe("expand-strong-products, as text", () => {
  const zeros = (at: number, shape: string): string => `
    %${at}: shared real[] = constant real 0
    %${at + 1}: shared real[${shape}] = broadcast [${shape}] axes [] %${at}`;

  test("rows of the other operand are zeros where the derivative has nothing but zeros", () => {
    const head = "func f(%v: real[2, 3], %x: real[2, 2]) -> (r: %r) {";
    expectRewritten(
      expandStrongProducts,
      `${head}
        %r: real[3, 2] = contract strong [0 1] [0 2] -> [1 2] %v, %x
      }`,
      `${head}
        %2: real[2, 3] = abs %v
        %3: real[2] = reduce sum axes [1] %2
        ${zeros(4, "2")}
        %6: bool[2] = ne %3, %5
        %7: bool[2, 2] = broadcast [2, 2] axes [0] %6
        ${zeros(8, "2, 2")}
        %10: real[2, 2] = select %7, %x, %9
        %r: real[3, 2] = contract [0 1] [0 2] -> [1 2] %v, %10
      }`,
    );
  });

  test("with a shared operand it is rows of the result that are zeros, and the operand is not copied", () => {
    const head = "func f(%v: real[2, 2], %W: shared real[2, 3]) -> (r: %r) {";
    expectRewritten(
      expandStrongProducts,
      `${head}
        %r: real[2, 3] = contract strong [0 1] [1 2] -> [0 2] %v, %W
      }`,
      `${head}
        %2: real[2, 3] = contract [0 1] [1 2] -> [0 2] %v, %W
        %3: real[2, 2] = abs %v
        %4: real[2] = reduce sum axes [1] %3
        ${zeros(5, "2")}
        %7: bool[2] = ne %4, %6
        %8: bool[2, 3] = broadcast [2, 3] axes [0] %7
        ${zeros(9, "2, 3")}
        %r: real[2, 3] = select %8, %2, %10
      }`,
    );
  });

  test("a plain product stays one", () => {
    expectUnchanged(
      expandStrongProducts,
      `func f(%v: real[2], %W: shared real[2, 3]) -> (r: %r) {
        %r: real[3] = contract [0] [0 1] -> [1] %v, %W
      }`,
    );
  });
});
