import fc from "fast-check";
import { expect, test } from "vitest";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import type { Access, KernelProgram, Statement } from "../../../../compiler/ir/kernel/types.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { mapStatement } from "../../../../compiler/ir/kernel/visit.js";
import { addAffine, affineConstant } from "../../../../compiler/ir/kernel/affine.js";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
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

test("what one side of a choice reads is held against the part of the loop that takes it", () => {
  const [fn] = parseProgram(
    `func f(%input.x: real[5]) -> (output.y: %y) {
      %a: real[4] = slice axis 0 start 1 length 4 %input.x
      %b: real[1] = slice axis 0 start 0 length 1 %input.x
      %r: real[5] = concat axis 0 %a, %b
      %y: real[5] = mul %r, %input.x
    }`,
  ).functions;
  const rotated = lowerProgram(programOf(fn!), { runtimeDimensions: [] });
  expect(printKernel(rotated)).toContain("(i < 4 ? ");
  expect(verifyKernel(rotated, sizes)).toEqual([]);
  // One element farther, only the side that ends at the last element leaves the buffer.
  const one = affineConstant(1);
  const move = (access: Access): Access =>
    access.buffer === "input.x" && access.offset.constant.key === one.constant.key
      ? { ...access, offset: addAffine(access.offset, one) }
      : access;
  const functions = rotated.functions.map((own) => ({
    ...own,
    body: own.body.map((statement) => mapStatement(statement, { access: move })),
  }));
  expect(verifyKernel({ ...rotated, functions }, sizes).join("\n")).toMatch(/input\.x of 15 elements at 2 to 15/u);
});
