import { expect, test } from "vitest";
import { printShape } from "../../../../compiler/base/types/shape.js";
import { scatteredRows } from "../../../../compiler/ir/graph/rows.js";
import { functionOf } from "../../../support/graph-text.js";

const lines = {
  one: "%one: real[4, 2] = scatter_add size 4 %i, %d",
  E: "%E: shared real[4, 2] = batch_sum %one",
};

const rows = (outputs: string, body: string, inputs = "%i: index[%T], %d: real[%T, 2]"): string[] =>
  [...scatteredRows(functionOf(`func f(${inputs}) -> (${outputs}) {\n${body}\n}`))].map(
    ([name, places]) => `${name} ${printShape(places)}`,
  );

test("what is scattered once is made by rows, at its places", () => {
  expect(rows("E: %E", `${lines.one}\n${lines.E}`)).toEqual(["E [%T]"]);
  expect(rows("E: %E, d: %d", `${lines.one}\n${lines.E}`, "%i: index[3, %T], %d: real[3, %T, 2]")).toEqual([
    "E [3, %T]",
  ]);
});

test.each([
  ["what something else reads", "E: %E, e: %e", `${lines.one}\n${lines.E}\n%e: shared real[4, 2] = tanh %E`],
  ["what is given twice", "E: %E, F: %E", `${lines.one}\n${lines.E}`],
  ["a scatter that is read beside its sum", "E: %E, one: %one", `${lines.one}\n${lines.E}`],
  ["a scatter of each example", "one: %one", lines.one],
  ["a sum of two", "E: %s", `${lines.one}\n${lines.E}\n%s: shared real[4, 2] = add %E, %E`],
])("not %s", (_, outputs, body) => {
  expect(rows(outputs, body)).toEqual([]);
});

test("not at places that all examples share", () => {
  expect(rows("E: %E", `${lines.one}\n${lines.E}`, "%i: shared index[3], %d: real[3, 2]")).toEqual([]);
});

test("not rows beside rows", () => {
  const beside = "%one: real[4, 3, 2] = scatter_add along 1 size 4 %i, %d\n%E: shared real[4, 3, 2] = batch_sum %one";
  expect(rows("E: %E", beside, "%i: index[3], %d: real[3, 2]")).toEqual([]);
});
