/** How deep the loops over the terms of sums are in loops of their function: engines unroll them by that. */
import { describe, expect, test } from "vitest";
import { decodeModule } from "../../../../../../compiler/emit/wasm/assembler/decode.js";
import { lowerSource } from "../../../../../../compiler/driver/pipeline.js";
import { buildEntries } from "../../../../../../compiler/driver/entries.js";
import { emitKernels, scheduleKernels } from "../../../../../support/kernels.js";
import { programOfCell } from "../../../../../../compiler/program/cell-program.js";

interface InnermostLoop {
  readonly depth: number;
  /** Rows, by the elements of the left operand that are spread over a vector. */
  readonly rows: number;
  readonly sums: number;
}

function productLoops(name: string, file: string): InnermostLoop[] {
  const dimensions = { I: 24, H: 32 };
  const { cell } = lowerSource(`import { ${name} } from "std/${file}"\n`, { cell: name, dimensions }, "all sizes");
  const program = buildEntries(programOfCell(cell!), { gradient: false, jvp: false, hvp: false });
  const options = { dtype: "f32", runtimeDimensions: [] } as const;
  const { functions } = decodeModule(emitKernels(scheduleKernels(program, options), options));
  return functions.flatMap(({ instructions }) => {
    const found: InnermostLoop[] = [];
    const open: { kind: string; ops: string[]; inner: boolean }[] = [];
    for (const { operation } of instructions) {
      if (["block", "loop", "if"].includes(operation.name)) {
        if (operation.name === "loop") for (const around of open) around.inner = false;
        open.push({ kind: operation.name, ops: [], inner: true });
      } else if (operation.name === "end") {
        const loop = open.pop();
        const count = (op: string): number => loop?.ops.filter((own) => own === op).length ?? 0;
        const [rows, sums] = [count("v128.load32_splat"), count("f32x4.mul")];
        if (loop?.kind !== "loop" || !loop.inner || rows === 0 || sums < 4) continue;
        found.push({ depth: open.filter(({ kind }) => kind === "loop").length + 1, rows, sums });
      } else for (const around of open) around.ops.push(operation.name);
    }
    return found;
  });
}

const depthsOf = (loops: readonly InnermostLoop[], rows: number): number[] =>
  [...new Set(loops.filter((loop) => loop.rows === rows).map(({ depth }) => depth))].sort();

describe("with two rows of eight sums", () => {
  test.each([["LSTM", "lstm"], ["LayerNormLSTM", "layernorm-lstm"]])("%s: five deep, projections and gates", (name, file) => {
    const loops = productLoops(name, file).filter(({ sums }) => sums === 8);
    expect(depthsOf(loops, 2)).toEqual([5]);
  }); // prettier-ignore
});

test("a single row of an LSTM's gates is no deeper than it has to be", () => {
  // Columns, rows, terms; the projections of a single row are where those of two are.
  expect(depthsOf(productLoops("LSTM", "lstm"), 1)).toEqual([3, 5]);
});

test("with the three runs of a GRU no loops are added", () => {
  const loops = productLoops("GRU", "gru").filter(({ sums }) => sums === 6);
  expect(depthsOf(loops, 2)).toEqual([3]);
});
