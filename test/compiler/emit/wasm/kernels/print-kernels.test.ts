/** WebAssembly kernels have the bits of the JavaScript kernels, whatever the sizes, lengths and precision. */
import { describe, expect, test } from "vitest";
import type { Statement } from "../../../../../compiler/ir/kernel/kernel-program.js";
import { lowerSource } from "../../../../../compiler/driver/pipeline.js";
import { buildEntries } from "../../../../../compiler/driver/entries.js";
import { scheduleKernels } from "../../../../support/kernels.js";
import { programOfCell } from "../../../../../compiler/program/cell-program.js";

function scheduled(cell: string, file: string, gradient: boolean) {
  const source = `import { ${cell} } from "std/${file}"`;
  const { cell: lowered } = lowerSource(source, { cell, dimensions: { I: 8, H: 16 } }, "all sizes");
  if (lowered === undefined) throw new Error(`no cell ${cell}`);
  const program = buildEntries(programOfCell(lowered), { gradient, jvp: false, hvp: false });
  return scheduleKernels(program, { dtype: "f32", runtimeDimensions: [] }).kernel;
}

type Product = Extract<Statement, { kind: "product" }>;

/** Products of an entry inside its loop over time. */
function loopProducts(statements: readonly Statement[], inLoop = false): Product[] {
  return statements.flatMap((statement): Product[] => {
    if (statement.kind === "product") return inLoop ? [statement] : [];
    if (statement.kind === "for")
      return loopProducts(statement.body, inLoop || /^t( in window)?$/u.test(statement.variable));
    return "body" in statement ? loopProducts(statement.body, inLoop) : [];
  });
}

describe.each([
  ["LSTM", "lstm", 4],
  ["GRU", "gru", 3],
  ["SimpleRNN", "simple-rnn", 1],
])("%s", (cell, file, runs) => {
  test.each([false, true])("stores no pre-activations in the loop over time (gradient: %s)", (gradient) => {
    const kernel = scheduled(cell, file, gradient);
    for (const entry of ["forward", "step"]) {
      const fn = kernel.functions.find(({ name }) => name === entry);
      const products = loopProducts(fn?.body ?? [], entry === "step").filter(
        ({ schedule }) => schedule?.tail !== undefined,
      );
      expect(products.map(({ schedule }) => schedule?.tail?.sums.length)).toEqual([runs]);
    }
    const forward = kernel.functions.find(({ name }) => name === "forward");
    expect(loopProducts(forward?.body ?? []).every(({ schedule }) => schedule?.tail !== undefined)).toBe(true);
  });

  test("reads all weights from packed copies, which entries share", () => {
    const kernel = scheduled(cell, file, false);
    const packed = kernel.buffers.filter(({ name }) => name.startsWith("packed."));
    expect(packed).toHaveLength(2);
  });
});
