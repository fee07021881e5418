/**
 * Kernels keep their meaning from stage to stage: the evaluator of kernels gives what that of graphs gives, after each of them, and
 * the verifier finds nothing.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { evaluateKernels } from "../../../../compiler/ir/kernel/evaluate.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { type KernelTargetName, targetPasses } from "../../../../compiler/passes/kernel/passes.js";
import { type KernelStage, kernelStages, longestTargets } from "../../../support/kernel-stages.js";
import { lowerProgram } from "../../../support/kernels.js";
import { lstmProgram } from "../../../support/lstm-program.js";
import { axesOf, callOf, paddedSize } from "../../../../compiler/tools/calls/padded-kernels.js";
import { compareEntries, evaluated } from "../../../support/run-kernel.js";
import { sizesFor, standardCells } from "../../../support/standard-cells.js";
import type { LoweredCell } from "../../../../compiler/program/base/lowered-cell.js";
import { type EntryProgram, rowsOf } from "../../../../compiler/program/entry.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import { alignerProgram } from "../../../support/aligner-program.js";
import type { ExampleSizes } from "../../../support/evaluate-helpers.js";
import { networkOf } from "../../../support/random-network.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

const examples = [4, 0, 2, 5, 3].map((steps) => new Map([["%T", steps], ["S", 1 + (steps % 3)]])); // prettier-ignore

/** How often each pass has changed kernels. */
const changes = new Map<string, number>(
  longestTargets.flatMap((target) => {
    const { beforeMemory, afterMemory } = targetPasses[target];
    return [...beforeMemory, ...afterMemory].map(({ name }): [string, number] => [`${target} ${name}`, 0]);
  }),
);

/** The first stage, and those that have changed the text of what the one before them gave; counted. */
function changingStages(program: EntryProgram, target: KernelTargetName): KernelStage[] {
  let last = "";
  return kernelStages(program, target).filter(({ stage, kernel }) => {
    const text = printKernel(kernel);
    if (text === last) return false;
    const key = `${target} ${stage}`;
    if (last !== "" && changes.has(key)) changes.set(key, (changes.get(key) ?? 0) + 1);
    last = text;
    return true;
  });
}

/** Where the two evaluators differ, and what is not valid, after the first stage of which that is so: those after it begin with its mistake. */
function differences(
  program: EntryProgram,
  target: KernelTargetName,
  examples: ExampleSizes,
  indexBound = 2,
): string[] {
  const { padding } = callOf(program, examples, 1);
  const sizes = new Map([["%B", examples.length], ...axesOf(padding).map((axis) => [axis.symbol, paddedSize(padding, axis)] as const)]); // prettier-ignore
  for (const { stage, kernel } of changingStages(program, target)) {
    const errors = compareEntries(program, examples, { dtype: "f64", indexBound }, (own) => evaluated(kernel, own));
    const off = [...errors].flatMap(([name, error]) => (error < 1e-9 ? [] : [`${name} is off by ${error}`]));
    const problems = [...verifyKernel(kernel, sizes), ...off];
    if (problems.length > 0) return problems.map((problem) => `${target} after ${stage}: ${problem}`);
  }
  return [];
}

const ofCell = (cell: LoweredCell, jvp = false): EntryProgram =>
  buildEntries(programOfCell(cell), { gradient: true, jvp, hvp: false });

describe.each(longestTargets)("stages of %s", (target) => {
  it.each(["LSTM", "LayerNormLSTM", "MinGRU", "BahdanauGRU"])("%s", (name) => {
    const { source, cell, dimensions } = standardCells().find((entry) => entry.cell === name)!;
    const lowered = lowerSource(source, { cell, dimensions: sizesFor(dimensions, 2) }, "all sizes").cell!;
    expect(differences(ofCell(lowered), target, examples)).toEqual([]);
  });

  it("of a projection that is too large to be joined to its loop, and of values from two sides", () => {
    const text = `cell Wide(I, H) {
      input x: [I]
      state h: [H]
      param W: [H, I]
      param U: [H, H]
      h' = tanh(W @ x + U @ h)
      output y = tanh(concat(x, h)) * 2
    }`;
    const lowered = lowerSource(text, { dimensions: { I: 20, H: 8 } }, "all sizes").cell!;
    expect(differences(ofCell(lowered), target, examples)).toEqual([]);
  });

  it("of several sequences, one of them backwards", () => {
    const sizes = [[4, 1], [0, 3], [2, 0]].map(([steps, own]) => new Map([["%T", steps!], ["U", own!]])); // prettier-ignore
    const program = buildEntries(alignerProgram, { gradient: true, jvp: true, hvp: false });
    expect(differences(program, target, sizes)).toEqual([]);
  });

  it("of gradients that have rows alone, and of sizes that follow from others", () => {
    const text = `network Tables(V, H; T >= 4) {
      input x: [T, H]
      input words: index(V)[T]
      param E: [V, H]
      param F: [V]
      param W: [H, H]
      z = windows(x @ W, 2, stride = 2)
      output y = max(z, axis = 1)
      output a[t] = tanh(E[words[t]]) * x[t]
      output b = sum(F[words[1:]], axis = 0)
      loss = sum(y, axis = [0, 1]) per T
    }`;
    const { program: source } = lowerSource(text, { dimensions: { V: 4, H: 3 } }, "all sizes");
    const program = buildEntries(source!, { gradient: true, jvp: false, hvp: false });
    expect([...rowsOf(program).keys()]).toEqual(["grad.param.E", "grad.param.F"]);
    expect(program.sizes!.list.map(({ name }) => name)).toContain("floor(T / 2)");
    const sizes = [4, 7, 5].map((steps) => new Map([["T", steps]]));
    expect(differences(program, target, sizes)).toEqual([]);
  });
});

test("random cells", () => {
  fc.assert(
    fc.property(arbitraryCell(), fc.constantFrom(...longestTargets), ({ source, cell }, target) => {
      const open = lowerSource(source, { cell }, "symbolic");
      const dimensions = Object.fromEntries((open.openDimensions ?? []).map((name, i) => [name, 2 + i]));
      const lowered = lowerSource(source, { cell, dimensions }, "all sizes").cell!;
      expect(differences(ofCell(lowered, true), target, examples)).toEqual([]);
    }),
    fuzzParameters(8, 20),
  );
});

test("random networks", () => {
  const choices = fc.array(fc.nat(999), { minLength: 20, maxLength: 30 });
  const call = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 4 })), { minLength: 2, maxLength: 3 });
  fc.assert(
    fc.property(choices, call, fc.constantFrom(...longestTargets), (chosen, sizes, target) => {
      const { program: source } = lowerSource(networkOf(chosen), { cell: "Random" }, "all sizes");
      const program = buildEntries(source!, { gradient: true, jvp: false, hvp: false });
      // There are indices below the size of each example.
      const least = Math.min(2, ...sizes.map(([, S]) => S));
      expect(differences(program, target, sizes.map(([T, S]) => new Map([["T", T], ["S", S]])), least)).toEqual([]); // prettier-ignore
    }),
    fuzzParameters(2, 100),
  );
});

test("each pass has changed some of these", () => {
  expect(Object.fromEntries([...changes].filter(([, count]) => count === 0))).toEqual({});
});

test("a stage that changes the meaning is told", () => {
  const program = lstmProgram(3, 5);
  const kernel = lowerProgram(program, { runtimeDimensions: [] });
  const functions = kernel.functions.map((fn) => {
    const first = fn.body.findIndex(({ kind }) => kind === "region");
    return { ...fn, body: fn.body.filter((_, i) => i !== first) };
  });
  const errors = compareEntries(program, examples, { dtype: "f64" }, (padding) =>
    evaluated({ ...kernel, functions }, padding),
  );
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
