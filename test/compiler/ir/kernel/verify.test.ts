import fc from "fast-check";
import { expect, test } from "vitest";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import type { KernelProgram, Statement } from "../../../../compiler/ir/kernel/types.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { mapStatement } from "../../../../compiler/ir/kernel/visit.js";
import { addAffine, affineConstant } from "../../../../compiler/ir/kernel/affine.js";
import { dimConstant } from "../../../../compiler/types/dim.js";
import { arbitraryGraph, graphDimensions } from "../../../support/arbitrary-graph.js";
import { lstmProgram } from "../../../support/lstm-program.js";
import { programOf } from "../../../support/run-kernel.js";
import { lowerProgram } from "../../../support/kernels.js";

const sizes = new Map([
  ["%B", 3],
  ["%T", 4],
  ["S", 2],
]);

test("lowered random functions are valid: bound variables, accesses in bounds, no overlap", () => {
  fc.assert(
    fc.property(arbitraryGraph(), ({ fn }) => {
      const kernel = lowerProgram(programOf(fn), { runtimeDimensions: graphDimensions });
      expect(verifyKernel(kernel, sizes), printKernel(kernel)).toEqual([]);
    }),
    { numRuns: 200, seed: 3 },
  );
});

const lstm = lowerProgram(lstmProgram(3, 5), { runtimeDimensions: [] });

test("the kernels of an LSTM are valid, and the same every time", () => {
  expect(verifyKernel(lstm, sizes)).toEqual([]);
  expect(printKernel(lowerProgram(lstmProgram(3, 5), { runtimeDimensions: [] }))).toBe(printKernel(lstm));
});

function changed(change: (statement: Statement) => Statement): KernelProgram {
  return { ...lstm, functions: lstm.functions.map((fn) => ({ ...fn, body: fn.body.map(change) })) };
}

test("an access beyond its buffer is found", () => {
  const moved = changed((statement) =>
    mapStatement(statement, {
      access: (access) =>
        access.buffer === "final.h" ? { ...access, offset: addAffine(access.offset, affineConstant(1)) } : access,
    }),
  );
  expect(verifyKernel(moved, sizes).join("\n")).toMatch(/final\.h of 15 elements at 1 to 15/);
});

test("a buffer that nobody placed is found", () => {
  const moved = { ...lstm, buffers: lstm.buffers.filter(({ name }) => name !== "input.x") };
  expect(verifyKernel(moved, sizes).join("\n")).toMatch(/no buffer input\.x/);
});

test("buffers that overlap while both are used are found", () => {
  const place = { slot: 0, offset: dimConstant(0) };
  const moved = { ...lstm, buffers: lstm.buffers.map((buffer) => (buffer.external ? { ...buffer, place } : buffer)) };
  expect(verifyKernel(moved, sizes).join("\n")).toMatch(/in use at the same time and overlap/);
});
