/**
 * Any well-typed graph function means after every list of passes what it meant before it: those of equations on random functions, those
 * of derivatives on their gradients. Each pass must have changed some of them, and most numbers must be of a size to compare, or
 * nothing was shown.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { cellAxes } from "../../../compiler/base/types/call-axes.js";
import { parseProgram } from "../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../compiler/ir/graph/graph-function.js";
import { verifyFunction } from "../../../compiler/ir/graph/verify.js";
import { shapeContext } from "../../../compiler/ir/graph/shape-rules.js";
import { gradientOf } from "../../../compiler/passes/autodiff/whole-derivatives.js";
import * as lists from "../../../compiler/passes/graph/passes.js";
import { runPasses } from "../../../compiler/passes/pass.js";
import { arbitraryGraph, graphDimensions, INDEX_BOUND } from "../../support/arbitrary-graph.js";
import { ComparedNumbers } from "../../support/disagreement.js";
import { numbersOf, randomInputs, randomSource, run } from "../../support/evaluate-helpers.js";
import { fuzzParameters } from "../../support/fuzz.js";

const context = shapeContext(cellAxes(graphDimensions));
const { equationPasses, derivativePasses, residualPasses, initialPasses, valuePasses, initialValuePasses } = lists;

/** As written. */
const ofEquations = (fn: GraphFunction): GraphFunction => fn;
const optimised = (fn: GraphFunction): GraphFunction => runPasses(fn, equationPasses, context);
/** As for second derivatives: what is declared of derivatives is still there. */
const ofDerivatives = (fn: GraphFunction): GraphFunction => gradientOf(optimised(fn), context, undefined, true);

/** What random functions have not: a declared derivative, and the sum of a loop in no order. */
const declared = parseProgram(
  `func declared(%h0: real[3], %xs: real[%T, 3], %U: shared real[3, 3], %b: shared real[3]) -> (h: %last) {
    %last: real[3] = scan length %T carried 1 sequences 1 %h0, %xs, %U, %b body
      func step(%h: real[3], %x: real[3], %U: shared real[3, 3], %b: shared real[3]) -> (h: %hn) {
        %p: real[3] = contract [0 1] [1] -> [0] %U, %h
        %q: real[3] = add %p, %x
        %s: real[3] = add %q, %b
        %v: real[3] = sin %s
        %c: real[3] = cos %s
        %hn: real[3] = custom_derivative arguments 1 %v, %s, %c tangent
          func own(%t: real[3], %k: real[3]) -> (t: %u) {
            %u: real[3] = mul %t, %k
          }
      }
  }`,
  cellAxes(graphDimensions),
).functions[0]!;
const sizesOfDeclared = [3, 1].map(
  (steps) => new Map([["%T", steps], ...graphDimensions.map((name) => [name, 2] as const)]),
);

it.each([
  ["equations", ofEquations, equationPasses, 40],
  ["derivatives", ofDerivatives, derivativePasses, 40],
  ["residuals", ofDerivatives, residualPasses, 20],
  ["initial values", ofEquations, initialPasses, 20],
  ["values", ofDerivatives, valuePasses, 40],
  ["values of initial values", ofDerivatives, initialValuePasses, 20],
] as const)("passes on %s keep the meaning of random functions", (_, made, passes, runs) => {
  const changed = new Map<string, number>(passes.map(({ name }) => [name, 0]));
  const numbers = new ComparedNumbers();
  const expectKept = (drawn: GraphFunction, examples: readonly ReadonlyMap<string, number>[], seed: number): void => {
    const fn = made(drawn);
    const values = randomInputs(fn, examples, randomSource(seed + 1), new Map(), INDEX_BOUND);
    const expected = run(fn, values, examples);
    let [last, text] = [fn, printFunction(fn)];
    try {
      runPasses(fn, passes, context, (pass, after) => {
        last = after;
        const problems = verifyFunction(after, context);
        if (problems.length > 0) throw new Error(`after ${pass}: ${problems.join("; ")}`);
        const now = printFunction(after);
        if (now === text) return;
        changed.set(pass, (changed.get(pass) ?? 0) + 1);
        text = now;
        const actual = run(after, values, examples);
        for (const name of expected.keys()) {
          const [got, want] = [numbersOf(actual, name, examples), numbersOf(expected, name, examples)];
          // Sums come in another order, which shows in what large numbers leave of each other.
          const problem = numbers.disagreement(got, want, 1e-9);
          if (problem !== undefined) throw new Error(`after ${pass}: ${name}: ${problem}`);
        }
      });
    } catch (error) {
      throw new Error(`${String((error as Error).stack)}\n${printFunction(fn)}\n${printFunction(last)}`, {
        cause: error,
      });
    }
  };
  expectKept(declared, sizesOfDeclared, 1);
  fc.assert(
    fc.property(arbitraryGraph(24, true), ({ seed, fn, examples }) => {
      expectKept(fn, examples, seed);
    }),
    fuzzParameters(runs, 4),
  );
  const idle = [...changed].flatMap(([name, count]) => (count === 0 ? [name] : []));
  const help = "which random graphs never give anything to do: add what they look for to `declared`, or to test/support/arbitrary-graph.ts"; // prettier-ignore
  expect(idle, help).toEqual([]);
  expect(numbers.share).toBeGreaterThan(0.9);
});
