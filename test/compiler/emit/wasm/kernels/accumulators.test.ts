import { expect, test } from "vitest";
import { accumulatorsOf } from "../../../../../compiler/emit/wasm/kernels/accumulators.js";
import { affineConstant } from "../../../../../compiler/ir/kernel/affine.js";
import type { KernelExpression, Statement } from "../../../../../compiler/ir/kernel/kernel-program.js";

const zero: KernelExpression = { kind: "literal", value: 0, dtype: "real" };

const loop = (variable: string, body: readonly Statement[]): Statement => ({
  kind: "for",
  variable,
  extent: { kind: "affine", value: affineConstant(8) },
  reverse: false,
  step: 1,
  body,
});

test("operations stand in loops after the declaration, and whether there are partial sums in the declaration", () => {
  const { operations, partial } = accumulatorsOf([
    loop("i", [
      { kind: "accumulator", name: "a", initial: zero, lanes: { variable: "j" } },
      { kind: "accumulator", name: "b", initial: zero },
      loop("j", [
        { kind: "accumulate", name: "a", value: zero, op: "max" },
        { kind: "accumulate", name: "b", value: zero, op: "sum" },
      ]),
    ]),
  ]);
  expect([...operations]).toEqual([
    ["a", "max"],
    ["b", "sum"],
  ]);
  expect([...partial]).toEqual(["a"]);
});
