import { cellAxes } from "../../../compiler/base/types/call-axes.js";
import { expect, it, test } from "vitest";
import { dimConstant } from "../../../compiler/base/types/dim.js";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { programOfCell } from "../../../compiler/program/cell-program.js";
import type { Program } from "../../../compiler/program/program.js";
import { problemsOf } from "../../../compiler/program/verify-program.js";
import { alignerProgram as aligner } from "../../support/aligner-program.js";
import { handBuiltLstm } from "../../support/hand-built-cells.js";

test("programs whose parts fit have no problems", () => {
  expect(problemsOf(aligner)).toEqual([]);
  expect(problemsOf(programOfCell(handBuiltLstm()))).toEqual([]);
});

const [y, back, loss] = aligner.outputs as [never, never, never];

it.each<[string, Partial<Program>, string]>([
  ["an axis that calls do not give", { axes: cellAxes([]) }, "U is no axis of calls"],
  ["a stream along no axis", { stream: "%X" }, "%X is no axis of calls"],
  ["one name for two tensors", { outputs: [y, y, back, loss] }, "two tensors are called y"],
  [
    "a tensor that the equations do not have",
    { outputs: [y, back] },
    "outputs of forward: output.y, output.back, output.loss, final.h, and the tensors are output.y, output.back, final.h",
  ],
  [
    "another shape",
    { outputs: [{ ...(y as Program["outputs"][0]), shape: [dimConstant(4)] }, back, loss] },
    "outputs of forward: output.y is real[U, 3], and the tensor is real[U, 4]",
  ],
  [
    "a result of each example as one for all",
    { outputs: [{ ...(y as Program["outputs"][0]), shared: true }, back, loss] },
    "outputs of forward: output.y is real[U, 3], and the tensor is shared real[U, 3]",
  ],
  [
    "a parameter of each example",
    { params: aligner.params.map((param) => ({ ...param, shared: false })) },
    "inputs of forward: param.W is shared real[3, 2], and the tensor is real[3, 2]",
  ],
  [
    "initial values that nothing computes",
    { states: aligner.states.map((state) => ({ ...state, initial: "computed" as const })) },
    "nothing computes initial values",
  ],
])("%s", (_, change, problem) => {
  const broken = { ...aligner, ...change };
  expect(problemsOf(broken)).toContain(problem);
  expect(() => buildEntries(broken, { gradient: false, jvp: false, hvp: false })).toThrow(problem);
});

test("what is one for all examples may be stored for each", () => {
  const stored = { ...aligner, outputs: [y, back, { ...(loss as Program["outputs"][0]), shared: false }] };
  expect(problemsOf(stored)).toEqual([]);
});
