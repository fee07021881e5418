/** What is left out is an output, and nothing else: names keep their values. */
import { expect, test } from "vitest";
import { at } from "../../../../compiler/base/at.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { withoutOutputs } from "../../../../compiler/ir/graph/without-outputs.js";

const text = (outputs: string): string => `func f(%x: real[2]) -> (${outputs}) {
  %a: real[2] = tanh %x
  %b: real[2] = exp %a
}
`;

test.each([
  ["none", [], "a: %a, b: %b, x: %x"],
  ["one in the middle", ["b"], "a: %a, x: %x"],
  ["one that there is not", ["c"], "a: %a, b: %b, x: %x"],
  ["all", ["a", "b", "x"], ""],
])("%s", (_, unwanted, left) => {
  const fn = at(parseProgram(text("a: %a, b: %b, x: %x")).functions, 0);
  expect(printFunction(withoutOutputs(fn, new Set(unwanted)))).toBe(text(left));
});
