/** Loops of one round disappear where nothing counts by them, and cells of one unit then run over examples in lanes. */
import { expect, test } from "vitest";
import { disassemble } from "../../../../compiler/emit/wasm/assembler/disassemble.js";
import { printKernelFunction } from "../../../../compiler/ir/kernel/print.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { dropSingleRounds } from "../../../../compiler/passes/kernel/drop-single-rounds.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { expectKernels } from "../../../support/kernel-text.js";
import { emitKernels, lowerProgram, scheduleKernels } from "../../../support/kernels.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

function programOf(source: string) {
  const { cell } = lowerSource(source, {}, "all sizes");
  if (cell === undefined) throw new Error("the cell is wrong");
  return buildEntries(programOfCell(cell), { gradient: false, jvp: false, hvp: false });
}

const stepOf = (source: string, passes = [dropSingleRounds]): string => {
  const { functions } = lowerProgram(programOf(source), { runtimeDimensions: [], passes });
  return printKernelFunction(functions.find(({ name }) => name === "step")!);
};

test("a loop of one round is its body at 0, but for one that counts the parts of a sum", () => {
  const buffers = `
    buffer x: real[4] external persistent
    buffer y: real[4] external persistent`;
  expectKernels(
    dropSingleRounds,
    `${buffers}
    kernel f {
      region r ; r
        for i < 1
          for j < 4
            y[i * 4 + j] = x[i + j]
        var s = 0 in four parts by k
        for k < 1
          s = sum(s, x[k])
        y[0] = s
    }`,
    `${buffers}
    kernel f {
      region r ; r
        for j < 4
          y[j] = x[j]
        var s = 0 in four parts by k
        for k < 1
          s = sum(s, x[k])
        y[0] = s
    }`,
  );
});

test("a loop of one round that begins elsewhere stays: its variable is not 0", () => {
  const text = `
    buffer x: real[4] external persistent
    buffer y: real[4] external persistent
    kernel f {
      region r ; r
        for j < 4
          for i < 1 from j
            y[j] = x[i]
    }`;
  expectKernels(dropSingleRounds, text, text);
});

const single = `cell Single { input x: [1]\n state h: [1]\n h' = tanh(h + x)\n output y = h' }`;

test("a cell of one unit has no loop over units", () => {
  expect(stepOf(single, [])).toContain("for i < 1");
  const printed = stepOf(single);
  expect(printed).not.toContain("for i");
  expect(printed).toContain("let v = tanh(add(step.input.x[b], step.state.h[b]))");
});

test("loops that sum stay: their parts are counted by the variable", () => {
  expect(stepOf(`cell Sum { input x: [1]\n output y = sum(exp(x)) }`)).toContain("for j < 1");
});

test("examples run in lanes: a vector of examples and one by one after it, or where the list leaves some out", () => {
  const options = { dtype: "f32", runtimeDimensions: [] } as const;
  const text = disassemble(emitKernels(scheduleKernels(programOf(single), options), options));
  // State and output of the step lie example by example; those of a sequence are steps apart.
  expect(text.match(/v128\.store\b/g)!.length).toBeGreaterThanOrEqual(3);
});
