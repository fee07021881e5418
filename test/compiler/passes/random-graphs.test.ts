/** Any well-typed graph function means after the passes of the equations and of derivatives what it meant before them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../compiler/ir/graph/types.js";
import { verifyFunction } from "../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../compiler/ir/ops/shape-rules.js";
import { runPasses } from "../../../compiler/passes/pass.js";
import { derivativePasses, equationPasses } from "../../../compiler/passes/graph/passes.js";
import { arbitraryGraph, graphDimensions, INDEX_BOUND } from "../../support/arbitrary-graph.js";
import { disagreement } from "../../support/disagreement.js";
import { numbersOf, randomInputs, randomSource, run } from "../../support/evaluate-helpers.js";
import { fuzzParameters } from "../../support/fuzz.js";
import { cellAxes } from "../../../compiler/base/types/call-axes.js";

const context = shapeContext(cellAxes(graphDimensions));

it.each([
  ["equations", equationPasses],
  ["derivatives", derivativePasses],
] as const)("passes on %s keep the meaning of random functions", (_, passes) => {
  fc.assert(
    fc.property(arbitraryGraph(), ({ seed, fn, examples }) => {
      const values = randomInputs(fn, examples, randomSource(seed + 1), new Map(), INDEX_BOUND);
      const expected = run(fn, values, examples);
      let last: GraphFunction = fn;
      try {
        runPasses(fn, passes, context, (pass, after) => {
          last = after;
          const problems = verifyFunction(after, context);
          if (problems.length > 0) throw new Error(`after ${pass}: ${problems.join("; ")}`);
        });
        const actual = run(last, values, examples);
        for (const name of expected.keys()) {
          const [got, want] = [numbersOf(actual, name, examples), numbersOf(expected, name, examples)];
          // Sums come in another order, which shows in what large numbers leave of each other.
          expect(disagreement(got, want, 1e-9), name).toBeUndefined();
        }
      } catch (error) {
        throw new Error(`${String((error as Error).stack)}\n${printFunction(fn)}\n${printFunction(last)}`, {
          cause: error,
        });
      }
    }),
    fuzzParameters(100, 4),
  );
});
