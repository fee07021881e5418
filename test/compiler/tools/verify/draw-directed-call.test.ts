/** Calls reach loops of kernels that only calls of many rows run. */
import { expect, test } from "vitest";
import { emitModule, lowerSource } from "../../../../compiler/driver/pipeline.js";
import { verifyModule } from "../../../../compiler/index.js";
import type { Access, KernelProgram, Statement } from "../../../../compiler/ir/kernel/kernel-program.js";
import { mapStatement } from "../../../../compiler/ir/kernel/visit.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import { standardCell } from "../../../support/models.js";

/** Every window has the rows of the first one. */
function withoutFirsts(kernel: KernelProgram, edited: { count: number }): KernelProgram {
  const edit = (statement: Statement): Statement => {
    if (statement.kind !== "windows") return statement;
    const access = (own: Access): Access => {
      const terms = own.offset.terms.filter(({ variable }) => variable !== statement.first);
      edited.count += own.offset.terms.length - terms.length;
      return { ...own, offset: { ...own.offset, terms } };
    };
    const body = statement.body.map((own) => (own.kind === "region" ? mapStatement(own, { access }) : own));
    return { ...statement, body };
  };
  return { ...kernel, functions: kernel.functions.map((fn) => ({ ...fn, body: fn.body.map(edit) })) };
}

test("an edit that tells in the second window only, of 455 rows each, is found", async () => {
  const { cell } = lowerSource(standardCell("lstm"), { cell: "LSTM", dimensions: { I: 20, H: 18 } }, "all sizes");
  const options = {
    target: "wasm", fma: false, wasmFile: false, dtype: "f32", gradient: false, jvp: false, hvp: false,
  } as const; // prettier-ignore
  const edited = { count: 0 };
  const { text } = emitModule(programOfCell(cell!), options, (kernel) => withoutFirsts(kernel, edited));
  expect(edited.count).toBeGreaterThan(0);
  const { checks } = await verifyModule(text, { seed: 1, runs: 1 });
  expect(checks.filter(({ status }) => status === "failed").map(({ name }) => name)).toEqual(["batch"]);
});
