/** Results of an example never depend on the other examples of the call, on padding, or on tiles: bit for bit. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { BatchValue } from "../../../../compiler/ir/graph/evaluate.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { arbitraryGraph, graphDimensions, INDEX_BOUND } from "../../../support/arbitrary-graph.js";
import { flatten, randomInputs, randomSource, type Values } from "../../../support/evaluate-helpers.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { runFunction } from "../../../support/run-kernel.js";

function only(values: Values, example: number): Values {
  const one = (value: BatchValue): BatchValue => ("shared" in value ? value : { examples: [value.examples[example]!] });
  return new Map([...values].map(([name, value]) => [name, one(value)]));
}

/** The one operation that looks across examples. It stands in no loop. */
const sumsExamples = ({ instructions }: GraphFunction): boolean =>
  instructions.some(({ operation }) => operation.kind === "batch_sum");

const parameters = fuzzParameters(40);

test.each(["f64", "f32"] as const)("a batch gives each example what it gets alone, bit for bit, %s", (dtype) => {
  let compared = 0;
  fc.assert(
    fc.property(arbitraryGraph(16), ({ seed, fn, examples }) => {
      if (sumsExamples(fn)) return;
      compared += 1;
      const values = randomInputs(fn, examples, randomSource(seed + 1), new Map(), INDEX_BOUND);
      const options = { dtype, runtimeDimensions: graphDimensions };
      const together = runFunction(fn, values, examples, { ...options, extra: 1 }).outputs;
      for (const [b, sizes] of examples.entries()) {
        const alone = runFunction(fn, only(values, b), [sizes], options).outputs;
        for (const [name, value] of together) {
          const expected = "shared" in value ? value : { examples: [value.examples[b]!] };
          expect(flatten(alone.get(name)!), name).toEqual(flatten(expected));
        }
      }
    }),
    parameters,
  );
  expect(compared).toBeGreaterThan(parameters.numRuns / 4);
});
