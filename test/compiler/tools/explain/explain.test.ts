/** Reports on what is no cell: loops over sizes that calls give by name. */
import { expect, test } from "vitest";
import { dimConstant, dimSymbol, multiplyDims } from "../../../../compiler/base/types/dim.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import { printTypedCell } from "../../../../compiler/language/semantics/print-typed-cell.js";
import { explainProgram, printExplanation } from "../../../../compiler/tools/explain/explain.js";
import { publishedText } from "../../../support/published-cells.js";

const source = `
import { Bidirectional } from "std/network"
import { SimpleRNN } from "std/simple-rnn"
network Both = Bidirectional(SimpleRNN)
`;

test("of a network count its loops' rounds as steps", () => {
  const { program, written } = lowerSource(source, { cell: "Both" }, "symbolic");
  const [forward, backward] = explainProgram(buildEntries(program!, { gradient: true, jvp: false, hvp: false }));
  const before = forward!.regions.find(({ region }) => region === "before")!;
  expect(before.products).toBe(2);
  const [I, H] = ["I", "H"].map(dimSymbol) as [ReturnType<typeof dimSymbol>, ReturnType<typeof dimSymbol>];
  expect(before.productOperations).toEqual(multiplyDims(dimConstant(4), multiplyDims(I, H)));
  // Of each direction the state before a step and after it.
  expect(forward!.residuals.numbers).toEqual(multiplyDims(dimConstant(4), H));
  expect(backward!.regions.find(({ region }) => region === "after")!.products).toBeGreaterThan(0);
  expect(printExplanation([forward!], 4)).toContain(
    "before the loop, all steps at once\n    products  2, 4*H*I operations per step",
  );
  expect(printTypedCell(written!.typed)).toMatch(/^network Both\(I, H; T\)\ninput x: \[T, I\]\nuse ahead: SimpleRNN/u);
});

test("tells what is computed again from a derivative, whatever the author calls his values", () => {
  // The cotangent of `z` is called `d_z` in graphs.
  const cell = `cell C(H) {
    input x: [H]
    state h: [H]
    d_z = exp(x)
    z = tanh(h) * d_z
    h' = z * z + d_z
    output y = h'
  }`;
  const { program } = lowerSource(cell, {}, "symbolic");
  const [, backward] = explainProgram(buildEntries(program!, { gradient: true, jvp: false, hvp: false }));
  expect(backward!.regions.flatMap(({ values }) => values)).toContain("d_z");
  expect(backward!.recomputed).not.toContain("d_z");
});

test("of a gradient that is a value of the equations tells what of it is computed again", () => {
  // `d_in1` is how far the output of the inner model is from its target.
  const { program } = lowerSource(publishedText("ttt-linear"), { cell: "TTTLinear" }, "symbolic");
  const [, backward] = explainProgram(buildEntries(program!, { gradient: true, jvp: false, hvp: false }));
  expect(backward!.recomputed).toEqual(["lr", "d_in1"]);
});
