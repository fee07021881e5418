/**
 * Random cells pass the gradient check: every operation of the language, in compositions nobody thought of. What the rules derive, in
 * reverse mode, forward mode and forward over reverse, is compared with the complex step for every cell; of every fortieth
 * both modules are compiled and compared by every method, which takes many times as long.
 */
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { checkRules, type RuleCheck } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { checkGradients, UncheckableError } from "../../../../compiler/index.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { derivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { fuzzParameters, isFuzzing } from "../../../support/fuzz.js";

const count = { derived: 0, compiled: 0, uncheckable: 0 };

/** There are random cells that overflow wherever they are tried, and some without anything to differentiate by. */
async function unlessUncheckable(check: () => Promise<void> | void): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof UncheckableError)) throw error;
    count.uncheckable++;
  }
}

it("what the rules derive", () =>
  fc.assert(
    fc.asyncProperty(arbitraryCell(), fc.nat(), ({ source, cell }, seed) =>
      unlessUncheckable(() => {
        expect(checkRules(source, derivativeRules, { cell, seed, runs: 1 })).toEqual({
          mode: undefined,
          fault: undefined,
        });
        count.derived++;
      }),
    ),
    fuzzParameters(40),
  ));

it("compiled modules", () =>
  fc.assert(
    fc.asyncProperty(arbitraryCell(), fc.nat(), ({ source, cell }, seed) =>
      unlessUncheckable(async () => {
        const { tensors } = await checkGradients(source, { cell, seed, runs: 1, coordinates: 1 });
        const failed = tensors.flatMap(({ name, methods }) =>
          methods.flatMap((m) => (m.passed ? [] : [{ name, method: `${m.precision} ${m.method}`, worst: m.worst }])),
        );
        expect(failed).toEqual([]);
        count.compiled++;
      }),
    ),
    fuzzParameters(2, 40),
  ));

it("show a fault by a small text and a case that can be repeated", async () => {
  const { scalar } = derivativeRules;
  const wrong = { ...derivativeRules, scalar: { ...scalar, softplus: scalar.tanh } };
  const check = (source: string, cell: string, seed: number): RuleCheck =>
    checkRules(source, wrong, { cell, seed, runs: 1 });
  const { counterexample } = await fc.check(
    fc.property(arbitraryCell(), fc.nat(), ({ source, cell }, seed) => check(source, cell, seed).mode === undefined),
    { seed: 2, numRuns: 200 },
  );
  const [{ source, cell }, seed] = counterexample!;
  expect(source.length).toBeLessThan(260);
  const { fault } = check(source, cell, seed);
  expect(fault).toMatchObject({
    mode: "reverse",
    alsoIn: "forward",
    operation: "softplus",
    counterexample: { batch: 1, steps: 1, lengths: [1] },
  });
  expect(fault!.place!.text).toMatch(/^(softplus|log_sigmoid)/u);
});

afterAll(() => {
  const { derived, compiled, uncheckable } = count;
  expect(derived + compiled).toBeGreaterThan(5 * uncheckable);
  if (!isFuzzing) return;
  console.log(
    `${derived} random cells agree with the complex step, ${compiled} compiled by every method; ${uncheckable} have nothing to check`,
  );
});
