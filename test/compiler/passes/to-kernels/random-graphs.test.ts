/** Any well-typed graph function, compiled to JavaScript, gives what the evaluator gives. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Arithmetic,
  type BatchValue,
  evaluateWith,
  realArithmetic,
} from "../../../../compiler/ir/graph/evaluate.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { Tensor } from "../../../../compiler/ir/graph/tensor.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { comparisonOps, type ScalarOp } from "../../../../compiler/ir/ops/scalar-ops.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { arbitraryGraph, graphDimensions, INDEX_BOUND } from "../../../support/arbitrary-graph.js";
import { ComparedNumbers } from "../../../support/disagreement.js";
import {
  type ExampleSizes,
  flatten,
  randomInputs,
  randomSource,
  run,
  type Values,
} from "../../../support/evaluate-helpers.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { runFunction } from "../../../support/run-kernel.js";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";

/** Beyond these, rounding of an angle shows in its sine, which is 0 for the largest ones (spec/numerics.md). */
const LARGEST_ANGLE = 256;

/** Numbers that differ by less than this share of the larger one may compare otherwise where they are rounded. */
const CLOSE = 1e-3;

/** Is there a step on the way, at which rounding decides: a sine of a large angle, a comparison of numbers that are close? */
function hangsOnRounding(fn: GraphFunction, values: Values, examples: ExampleSizes): boolean {
  let found = false;
  const watching: Arithmetic<Tensor> = {
    ...realArithmetic,
    apply: (operation, operands, sizes) => {
      if (operation.kind === "map") found ||= isAtStep(operation.op, operands);
      return realArithmetic.apply(operation, operands, sizes);
    },
  };
  const inputs = fn.inputs.map((id) => values.get(fn.names[id] as string) as BatchValue);
  evaluateWith(watching, fn, inputs, examples);
  return found;
}

function isAtStep(op: ScalarOp, [left, right]: readonly Tensor[]): boolean {
  if (left === undefined) return false;
  if (op === "sin") return left.data.some((angle) => Number.isFinite(angle) && Math.abs(angle) > LARGEST_ANGLE);
  if (!comparisonOps.has(op) || right === undefined) return false;
  return left.data.some((x, i) => {
    const y = right.data[i] as number;
    // Two sums of the same products are equal here, and may be added in another order in kernels.
    if (x === y) return left !== right && !Number.isInteger(x);
    return Math.abs(x - y) <= CLOSE * Math.max(Math.abs(x), Math.abs(y));
  });
}

test.each(["f64", "f32"] as const)("random functions agree with the evaluator, %s", (dtype) => {
  const numbers = new ComparedNumbers();
  let [drawn, compared] = [0, 0];
  fc.assert(
    fc.property(arbitraryGraph(), ({ seed, fn, examples, extra }) => {
      expect(verifyFunction(fn, shapeContext(cellAxes(graphDimensions)))).toEqual([]);
      const values = randomInputs(fn, examples, randomSource(seed + 1), new Map(), INDEX_BOUND);
      drawn += 1;
      if (hangsOnRounding(fn, values, examples)) return;
      compared += 1;
      const expected = run(fn, values, examples);
      let text = "";
      try {
        const result = runFunction(fn, values, examples, { dtype, runtimeDimensions: graphDimensions, extra });
        text = result.text;
        for (const [name, value] of expected) {
          const problem = numbers.disagreement(
            flatten(result.outputs.get(name)!),
            flatten(value),
            dtype === "f64" ? 1e-9 : 2e-3,
          );
          if (problem !== undefined) throw new Error(`${name} ${problem}`);
        }
      } catch (error) {
        throw new Error(`${String((error as Error).stack)}\n${printFunction(fn)}\n${process.env["SHOW"] ? text : ""}`, {
          cause: error,
        });
      }
    }),
    fuzzParameters(150),
  );
  expect(compared / drawn).toBeGreaterThan(0.5);
  expect(numbers.share).toBeGreaterThan(0.9);
});
