/**
 * Kernels keep their meaning from stage to stage: the evaluator of kernels gives what that of graphs gives, after each of them, and
 * the verifier finds nothing.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { evaluateKernels } from "../../../../compiler/ir/kernel/evaluate.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/types.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { lowerSource } from "../../../../compiler/driver/lower-source.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { type KernelTargetName, targetPasses } from "../../../../compiler/driver/stages.js";
import { kernelStages } from "../../../support/kernel-stages.js";
import { lowerProgram } from "../../../support/kernels.js";
import { lstmProgram } from "../../../support/lstm-program.js";
import { compareEntries, evaluated } from "../../../support/run-kernel.js";
import { sizesFor, standardCells } from "../../../support/standard-cells.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

const targets = Object.keys(targetPasses) as KernelTargetName[];
const examples = [4, 0, 2, 5, 3].map((steps) => new Map([["%T", steps], ["S", 1 + (steps % 3)]])); // prettier-ignore
const options = { dtype: "f64", indexBound: 2 } as const;

/** Where the two evaluators differ, and what is not valid. */
function differences(
  program: ReturnType<typeof buildEntries>,
  target: (typeof targets)[number],
  runtimeDimensions: readonly string[],
): string[] {
  const sizes = new Map([["%B", 5], ["%T", 4], ...runtimeDimensions.map((symbol): [string, number] => [symbol, 3])]); // prettier-ignore
  return kernelStages(program, target).flatMap(({ stage, kernel }) => {
    const errors = compareEntries(program, examples, { ...options, runtimeDimensions }, (padding) =>
      evaluated(kernel, padding),
    );
    const off = [...errors].flatMap(([name, error]) => (error < 1e-9 ? [] : [`${name} is off by ${error}`]));
    return [...verifyKernel(kernel, sizes), ...off].map((problem) => `${target} after ${stage}: ${problem}`);
  });
}

describe.each(targets)("stages of %s", (target) => {
  it.each(["LSTM", "LayerNormLSTM", "MinGRU", "BahdanauGRU"])("%s", (name) => {
    const { source, cell, dimensions } = standardCells().find((entry) => entry.cell === name)!;
    const lowered = lowerSource(source, { cell, dimensions: sizesFor(dimensions, 2) }, "all sizes").cell!;
    const program = buildEntries(programOfCell(lowered), { gradient: true, jvp: false, hvp: false });
    expect(differences(program, target, lowered.runtimeDimensions)).toEqual([]);
  });
});

const tables = `cell Tables(V, H) {
  input i: index(V)
  input at: index(V)[2]
  state h: [H]
  param E: [V, H]
  param F: [V]
  h' = tanh(h + E[i] * sum(F[at]))
  output y = h'
}`;

it.each(targets)("gradients that have rows alone, in %s", (target) => {
  const { program: source } = lowerSource(tables, { dimensions: { V: 9, H: 5 } }, "all sizes");
  const program = buildEntries(source!, { gradient: true, jvp: false, hvp: false });
  expect([...program.rows!.keys()]).toEqual(["grad.param.E", "grad.param.F"]);
  expect(differences(program, target, [])).toEqual([]);
});

test("random cells", () => {
  fc.assert(
    fc.property(arbitraryCell(), fc.constantFrom(...targets), ({ source, cell }, target) => {
      const open = lowerSource(source, { cell }, "symbolic");
      const dimensions = Object.fromEntries((open.openDimensions ?? []).map((name, i) => [name, 2 + i]));
      const lowered = lowerSource(source, { cell, dimensions }, "all sizes").cell!;
      const program = buildEntries(programOfCell(lowered), { gradient: true, jvp: true, hvp: false });
      expect(differences(program, target, lowered.runtimeDimensions)).toEqual([]);
    }),
    fuzzParameters(8, 20),
  );
});

test("a stage that changes the meaning is told", () => {
  const program = lstmProgram(3, 5);
  const kernel = lowerProgram(program, { runtimeDimensions: [] });
  const functions = kernel.functions.map((fn) => {
    const first = fn.body.findIndex(({ kind }) => kind === "region");
    return { ...fn, body: fn.body.filter((_, i) => i !== first) };
  });
  const errors = compareEntries(program, examples, options, (padding) => evaluated({ ...kernel, functions }, padding));
  expect([...errors].filter(([, error]) => !(error < 1e-9)).map(([name]) => name)).toContain("forward output.y");
});

describe("what a kernel must not do", () => {
  const kernel = lowerProgram(lstmProgram(3, 5), { runtimeDimensions: [] });
  const run = (changed: KernelProgram): void => evaluateKernels(changed, { batch: 2, steps: 3, sizes: {} }).run("step");

  it("write outside of a buffer", () => {
    const buffers = kernel.buffers.map((buffer) =>
      buffer.name === "step.output.y" ? { ...buffer, most: buffer.place.offset } : buffer,
    );
    expect(() => run({ ...kernel, buffers })).toThrow(/step\.output\.y of 0 elements at 0/u);
  });

  it("name what is not there", () => {
    const buffers = kernel.buffers.filter(({ name }) => name !== "step.input.x");
    expect(() => run({ ...kernel, buffers })).toThrow(/no buffer step\.input\.x/u);
    expect(() => evaluateKernels(kernel, { batch: 2, steps: 3, sizes: {} }).run("backwards")).toThrow(
      /no entry backwards/u,
    );
  });
});
