import { cellAxes } from "../../../compiler/base/types/call-axes.js";
import { describe, expect, it, test } from "vitest";
import { dimConstant } from "../../../compiler/base/types/dim.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";
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

describe("a network with losses, initial values that are computed, lengths that values tell and parts", () => {
  const text = `network Says(V, H; T, N) {
    input x: [T, H]
    input bos: index(V)
    param W: [V, H] ~ 1 + 2 * uniform(-1, 1)
    param b: [V] ~ zeros
    fixed f: [V] ~ zeros
    z[t] = W @ x[t] + f
    output said[n] = argmax(W @ W[before(said, bos)[n]] + b) over L <= N until said[n] == 0
    loss = sum(z, axis = [0, 1]) per T
    entry first = z
  }`;
  const { program: found } = lowerSource(text, { dimensions: { V: 3, H: 2 } }, "all sizes");
  const program = found!;
  const [part] = program.parts!;

  it("has no problems", () => {
    expect(problemsOf(program)).toEqual([]);
  });

  it.each<[string, Partial<Program>, string]>([
    [
      "a loss that no output is",
      { losses: ["lost"] },
      "no output lost of the loss lost is one number for all examples",
    ],
    [
      "a loss of every example",
      {
        outputs: program.outputs.map((output) => ({ ...output, shared: output.name !== "loss.sum" && output.shared })),
      },
      "no output loss.sum of the loss loss is one number for all examples",
    ],
    ["initial values that nothing computes", { starts: undefined }, "nothing computes what W starts as"],
    [
      "draws that nobody knows",
      { starts: { ...program.starts!, draws: [] } },
      "inputs of start: param.W, param.b, fixed.f, draw.W 0, and the tensors are param.W, param.b, fixed.f",
    ],
    [
      "lengths that nothing finds",
      { found: { ...program.found!, dimensions: [] } },
      "outputs of lengths: found.L, and the lengths are ",
    ],
    [
      "lengths that are found of what nobody gives",
      {
        found: {
          ...program.found!,
          fn: { ...program.found!.fn, names: program.found!.fn.names.map((name) => name && `${name}'`) },
        },
      },
      "lengths reads input.bos', which forward does not have",
    ],
    [
      "a length that is no axis",
      { axes: program.axes.filter(({ symbol }) => symbol !== "L") },
      "L is no axis of calls",
    ],
    [
      "a declared gradient of nothing",
      { gradientAsDeclared: ["w"] },
      "the gradient by w is declared, and there is no such tensor",
    ],
    [
      "a part that is given what it does not read",
      { parts: [{ ...part!, given: ["q"] }] },
      "first: q is given, and no input",
    ],
    [
      "a part along an axis that there is not",
      { parts: [{ ...part!, program: { ...part!.program, ownAxes: ["Q"] } }] },
      "first: Q is no axis of calls",
    ],
    ["fixed values that only a part has", { fixed: [] }, "first: f is no fixed value of the whole"],
    ["params that only a part has", { params: program.params.slice(1) }, "first: W is no param of the whole"],
  ])("%s", (_, change, problem) => {
    expect(problemsOf({ ...program, ...change })).toContain(problem);
  });
});
