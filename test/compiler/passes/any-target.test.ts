/** What is a loop for every target: more operations, or more elements of a window, than the description of all machines has. */
import { expect, it } from "vitest";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
import { anyTarget } from "../../../compiler/passes/any-target.js";

/** A round is an addition and a `tanh`. */
const loopsOf = (rounds: number): number => {
  const text = `cell A(H) {\n  input x: [H]\n  state s: [H]\n  r = s then tanh(r + x) for ${rounds}\n  s' = r\n  output y = r\n}\n`;
  const { step } = lowerSource(text, { cell: "A", dimensions: { H: 2 } }, "all sizes").cell!;
  return step.instructions.filter(({ operation }) => operation.kind === "scan").length;
};

it("rounds are written out up to as many operations as it says", () => {
  const most = anyTarget.mostWrittenOut / 2;
  expect([most, most + 1].map(loopsOf)).toEqual([0, 1]);
});
