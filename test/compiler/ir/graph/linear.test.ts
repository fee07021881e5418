/** What may stand in a declared derivative: functions that are linear in their first inputs by their form. */
import { expect, test } from "vitest";
import { whyNotLinear } from "../../../../compiler/ir/graph/linear.js";
import { functionOf } from "../../../support/graph-text.js";

const why = (...lines: readonly string[]): string | undefined =>
  whyNotLinear(functionOf(`func f(%d: real[H], %e: real[H], %x: real[H]) -> (r: %r) {\n${lines.join("\n")}\n}`), 2);

test.each([
  ["a multiple by what is no tangent", ["%r: real[H] = mul %d, %x"], undefined],
  ["a sum of tangents", ["%r: real[H] = add %d, %e"], undefined],
  ["a quotient", ["%r: real[H] = div %d, %x"], undefined],
  ["a product of two tangents", ["%r: real[H] = mul %d, %e"], "mul is not linear in the tangents"],
  ["a tangent that divides", ["%r: real[H] = div %x, %d"], "div is not linear in the tangents"],
  ["a function of a tangent", ["%r: real[H] = tanh %d"], "tanh is not linear in the tangents"],
  ["a function of the rest", ["%y: real[H] = tanh %x", "%r: real[H] = mul %y, %d"], undefined],
  ["a tangent and something else added", ["%r: real[H] = add %d, %x"], "add is not linear in the tangents"],
  ["no tangent at all", ["%r: real[H] = tanh %x"], "an output does not depend on a tangent"],
  ["zero", ["%z: shared real[] = constant real 0", "%r: shared real[H] = broadcast [H] axes [] %z"], undefined],
])("%s", (_, lines, found) => {
  expect(why(...lines)).toBe(found);
});
