/** Initial values and all steps as one function. */
import { expect, test } from "vitest";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { cellContext, programOfCell } from "../../../../compiler/program/cell-program.js";
import { wholeFunction } from "../../../../compiler/tools/gradcheck/whole-function.js";
import { lower } from "../../program/support.js";

test("an index that all examples begin with becomes each example's own", () => {
  const cell = lower("cell A { input x: real state k: index(4) = 3 k' = (k + 1) mod 4 output y = x * real(k) }");
  const computed = wholeFunction(programOfCell(cell), new Set());
  expect(computed.inputs.map((id) => computed.names[id])).toEqual(["input.x"]);
  expect(verifyFunction(computed, cellContext(cell))).toEqual([]);
  const given = wholeFunction(programOfCell(cell), new Set(["k"]));
  expect(given.inputs.map((id) => given.names[id]).sort()).toEqual(["initial.k", "input.x"]);
});
