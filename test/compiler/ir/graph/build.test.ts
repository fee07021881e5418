/** The maker of graph functions: what it refuses, and that a function stays as it was handed out. */
import { describe, expect, it, test } from "vitest";
import { InvariantError } from "../../../../compiler/base/diagnostics/invariant.js";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
import { GraphBuilder } from "../../../../compiler/ir/graph/build.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { ValueType } from "../../../../compiler/ir/graph/graph-function.js";

const vector: ValueType = { dtype: "real", shape: [dimConstant(2)], shared: false };

describe("a finished function", () => {
  test.each<[string, (b: GraphBuilder, x: number, y: number) => unknown]>([
    ["input", (b) => b.input("z", vector)],
    ["instruction", (b, x) => b.map("neg", x)],
    ["name", (b, _, y) => {
      b.nameValue(y, "late");
    }],
    ["outputs", (b, _, y) => b.finish([{ name: "again", value: y }])],
  ])("takes no further %s", (_, change) => {
    const b = new GraphBuilder("f");
    const x = b.input("x", vector);
    const y = b.map("neg", x);
    const fn = b.finish([{ name: "y", value: y }]);
    const text = printFunction(fn);
    expect(() => change(b, x, y)).toThrow(new InvariantError("f is finished"));
    expect(printFunction(fn)).toBe(text);
    expect([fn.inputs.length, fn.types.length, fn.names.length]).toEqual([1, 2, 2]);
  }); // prettier-ignore
});

it("refuses what the shape rules refuse, with the shapes", () => {
  const b = new GraphBuilder("f");
  const x = b.input("x", vector);
  const wider = b.input("w", { ...vector, shape: [dimConstant(3)] });
  expect(() => b.map("add", x, wider)).toThrow("f: add of shapes [2] and [3] (map of [2], [3])");
  expect(() => b.map("neg", 7)).toThrow("no value %7 in f");
});

it("keeps the first name of a value", () => {
  const b = new GraphBuilder("f");
  const y = b.map("neg", b.input("x", vector));
  b.nameValue(y, "first");
  b.nameValue(y, "second");
  expect([b.names[y], b.hasName("first"), b.hasName("second")]).toEqual(["first", true, false]);
});
