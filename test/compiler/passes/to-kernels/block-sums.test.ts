/** Sums of many elements are cut into blocks, the last of which may have fewer. */
import { expect, test } from "vitest";
import { forEachSimple } from "../../../../compiler/ir/kernel/visit.js";
import { verifyNames } from "../../../../compiler/ir/kernel/verify-names.js";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
import { affineConstant } from "../../../../compiler/ir/kernel/affine.js";
import type { LoopAxis } from "../../../../compiler/ir/kernel/kernel-program.js";
import { BLOCK, blockedAxis } from "../../../../compiler/passes/to-kernels/block-sums.js";
import { functionOf } from "../../../support/graph-text.js";
import { lowerProgram } from "../../../support/kernels.js";
import { programOf } from "../../../support/run-kernel.js";

const kernelsOf = (elements: number) =>
  lowerProgram(
    programOf(
      functionOf(`func f(%x: real[${elements}]) -> (y: %y) {
        %e: real[${elements}] = exp %x
        %y: real[] = reduce sum axes [0] %e
      }`),
    ),
    { runtimeDimensions: [] },
  );

test.each([
  [BLOCK, 0],
  [2 * BLOCK, 1],
  [2 * BLOCK + 3, 2],
])("%i elements have %i blocks written, each with names of its own", (elements, written) => {
  const kernels = kernelsOf(elements);
  let parts = 0;
  for (const { body } of kernels.functions) {
    forEachSimple(body, (statement) => {
      if (statement.kind === "accumulator" && /^sumPart/u.test(statement.name)) parts++;
    });
  }
  expect(parts).toBe(written);
  expect(verifyNames(kernels)).toEqual([]);
});

test("the axis that is cut is the outermost of those that do not fit in a block together", () => {
  const axis = (variable: string, size: number): LoopAxis => ({
    variable,
    extent: { kind: "affine", value: affineConstant(dimConstant(size)) },
  });
  const at = (...axes: LoopAxis[]) => blockedAxis({ axes, first: 0, example: undefined, most: BLOCK });
  expect(at(axis("i", 4), axis("j", 64))).toBeUndefined();
  expect(at(axis("i", 8), axis("j", 64))).toEqual({ place: 0, count: 4 });
  expect(at(axis("i", 3), axis("j", 1000))).toEqual({ place: 1, count: BLOCK });
  expect(at(axis("i", 1000), axis("j", 200))).toEqual({ place: 0, count: undefined });
});
