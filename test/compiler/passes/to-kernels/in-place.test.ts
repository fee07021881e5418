/** States that are written where they are read. */
import { expect, test } from "vitest";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import { compileKernels } from "../../../support/run-kernel.js";

function stepOf(text: string): string {
  const { cell } = lowerSource(text, { dimensions: { H: 4 } }, "all sizes");
  const { kernel } = compileKernels(buildEntries(programOfCell(cell!), { gradient: false, jvp: false, hvp: false }), "f64"); // prettier-ignore
  return printKernelFunction(kernel.functions.find(({ name }) => name === "step")!);
}

test("a state that stays is not copied", () => {
  const step = stepOf("cell Hold(H) { input x: [H] state q, v: [H] q' = q + x v' = v output y = q' * v }");
  expect(step).toContain("step.state.q[b * 4 + i] = ");
  expect(step).not.toMatch(/step\.state\.v\S*\[.*\] = /u);
});

test("rounds that begin with a state go on in its place", () => {
  const step = stepOf(`cell Swing(H) {
    input x: [H]
    state q, v: [H]
    param c: [H, H]
    a, b = (q, v) then (a + 0.1 * b, b - 0.1 * (sin(a') + c @ a' - x)) for 100
    q' = a
    v' = b
    output y = q'
  }`);
  const [before, rounds] = step.split("for t < 100");
  expect(before).not.toContain("step.state.v[b * 4 + i] =");
  expect(rounds).toContain("step.state.v[b * 4 + i] =");
});
