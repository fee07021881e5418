/** How far ahead values look along a sequence, and what it is that does. */
import { expect, test } from "vitest";
import { causalityOf, isCausal, reachOfInput } from "../../../../compiler/program/sequences/causality.js";
import { printDim } from "../../../../compiler/base/types/dim.js";
import { typeOf } from "../../../../compiler/ir/graph/values.js";
import { functionOf } from "../../../support/graph-text.js";

function lookOf(...lines: readonly string[]): string {
  const fn = functionOf(`func f(%x: real[S, H], %w: real[H, H], %c: real[H]) -> (r: %r) {\n${lines.join("\n")}\n}`);
  const inputs = fn.inputs.map((id) => reachOfInput(typeOf(fn, id).shape, "S"));
  const { reaches, faults } = causalityOf(fn, "S", inputs);
  const reach = reaches.get(fn.outputs[0]!)!;
  const fault = [...faults.values()][0];
  if (reach.kind !== "along") return fault === undefined ? reach.kind : `${reach.kind}: ${fault.what}`;
  return `${isCausal(reach) ? "causal" : "ahead"}, looks ${reach.look === undefined ? "nowhere" : printDim(reach.look)}`;
}

test.each([
  ["element by element", ["%r: real[S, H] = contract [0 1] [2 1] -> [0 2] %x, %w"], "causal, looks 0"],
  ["nothing along it", ["%r: real[H] = tanh %c"], "same"],
  ["backwards", ["%r: real[S, H] = reverse axis 0 %x"], "ahead: goes from the last element to the first"],
  ["a sum over it", ["%r: real[H] = reduce sum axes [0] %x"], "ahead: takes the sum over all elements"],
])("%s", (_, lines, found) => {
  expect(lookOf(...lines)).toBe(found);
});

test("an input has its sequence in front, or looks ahead from the beginning", () => {
  const { inputs, types } = functionOf("func f(%a: real[S, H], %b: real[H, S], %c: real[H]) -> (r: %c) {\n}");
  expect(inputs.map((id) => reachOfInput(types[id]!.shape, "S").kind)).toEqual(["along", "ahead", "same"]);
});
