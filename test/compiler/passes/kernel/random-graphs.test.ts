/**
 * Kernels of any well-typed graph function are in order after every pass of every target, and give the very bits that they gave
 * as they were lowered: passes keep the order of every sum. (`passes/to-kernels/random-graphs.test.ts` compares these with the graph.)
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cellAxes } from "../../../../compiler/base/types/call-axes.js";
import { targetPasses } from "../../../../compiler/passes/kernel/passes.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import { verifyKernel } from "../../../../compiler/ir/kernel/verify.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { gradientOf } from "../../../../compiler/passes/autodiff/whole-derivatives.js";
import { derivativePasses } from "../../../../compiler/passes/graph/passes.js";
import { runPasses } from "../../../../compiler/passes/pass.js";
import { arbitraryGraph, graphDimensions, INDEX_BOUND } from "../../../support/arbitrary-graph.js";
import {
  type ExampleSizes,
  flatten,
  randomInputs,
  randomSource,
  type Values,
} from "../../../support/evaluate-helpers.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { watched } from "../../../support/watched-kernels.js";
import { kernelStages, longestTargets } from "../../../support/kernel-stages.js";
import { sharedIn } from "../../../support/roles.js";
import {
  type CompiledKernels,
  callable,
  entryNamed,
  evaluated,
  paddingFor,
  programOf,
  readChecked,
  spoil,
} from "../../../support/run-kernel.js";

import {
  axesOf,
  callEntry,
  paddedSize,
  type Padding,
  writeInputs,
} from "../../../../compiler/tools/calls/padded-kernels.js";

const axes = cellAxes(graphDimensions);
const context = shapeContext(axes);

/** What random functions have not: a projection in front of the loop that reads it, too large to be joined to it, and functions of params. */
const projecting = parseProgram(
  `func projecting(%input.h: real[3], %input.x: real[%T, 20], %param.W: shared real[3, 20], %param.U: shared real[3, 3], %param.a: shared real[3]) -> (output.h: %scaled) {
    %p: real[%T, 3] = contract [0 1] [2 1] -> [2 0] %param.W, %input.x
    %last: real[3] = scan length %T carried 1 sequences 1 %input.h, %p, %param.U body
      func step(%h: real[3], %p: real[3], %U: shared real[3, 3]) -> (h: %hn) {
        %q: real[3] = contract [0 1] [1] -> [0] %U, %h
        %s: real[3] = add %p, %q
        %hn: real[3] = tanh %s
      }
    %scale: shared real[3] = exp %param.a
    %scaled: real[3] = mul %scale, %last
  }`,
  axes,
).functions[0]!;
const sizesOfProjecting = [3, 0, 5].map(
  (steps) => new Map([["%T", steps], ...graphDimensions.map((name) => [name, 2] as const)]),
);

/** How often each pass has changed kernels, how many of the results were numbers, and of the loops in lanes. */
const changes = new Map<string, number>();
const seen = { numbers: 0, finite: 0, lanes: 0 };

/** The numbers of each result. */
function resultsOf(
  kernel: KernelProgram,
  fn: GraphFunction,
  values: Values,
  examples: ExampleSizes,
  padding: Padding,
): Map<string, readonly number[]> {
  return runOnce(evaluated(kernel, padding), fn, values, examples, padding);
}

/** Of elements that rounds in lanes and buffers would take from each other: by what they touch, where the verifier goes by their places. */
function takenIn(
  kernel: KernelProgram,
  fn: GraphFunction,
  values: Values,
  examples: ExampleSizes,
  padding: Padding,
): readonly string[] {
  const { kernels, problems } = watched(kernel, padding);
  runOnce(kernels, fn, values, examples, padding);
  return [...problems];
}

function runOnce(
  kernels: CompiledKernels,
  fn: GraphFunction,
  values: Values,
  examples: ExampleSizes,
  padding: Padding,
): Map<string, readonly number[]> {
  spoil(kernels.buffers, programOf(fn));
  writeInputs(kernels.buffers, fn, values, { examples, padding });
  callEntry(callable(kernels), entryNamed("forward"), padding);
  const outputs = readChecked(kernels.buffers, fn, { examples, padding }, sharedIn(fn));
  return new Map([...outputs].map(([name, value]) => [name, flatten(value)]));
}

/** The first difference of numbers from those that are expected. */
function differenceOf(
  actual: ReadonlyMap<string, readonly number[]>,
  expected: ReadonlyMap<string, readonly number[]>,
): string | undefined {
  for (const [name, numbers] of expected) {
    const own = actual.get(name) ?? [];
    const at = numbers.findIndex((x, i) => !Object.is(x, own[i]));
    if (at !== -1 || own.length !== numbers.length) return `${name}[${at}] is ${own[at]}, not ${numbers[at]}`;
  }
  return undefined;
}

function expectStages(fn: GraphFunction, examples: ExampleSizes, seed: number, extra: number): void {
  const program = { ...programOf(fn), axes };
  const values = randomInputs(fn, examples, randomSource(seed + 1), new Map(), INDEX_BOUND);
  const padding = paddingFor(examples, graphDimensions, extra);
  const sizes = new Map([
    ["%B", padding.batch],
    ...axesOf(padding).map((axis) => [axis.symbol, paddedSize(padding, axis)] as const),
  ]);
  let expected: ReadonlyMap<string, readonly number[]> | undefined;
  const dtype = seed % 2 === 0 ? "f32" : "f64";
  for (const target of longestTargets) {
    let last = "";
    const stages = kernelStages(program, target, dtype);
    for (const { stage, kernel } of stages) {
      const text = printKernel(kernel);
      if (text === last || (stage === "kernels" && expected !== undefined)) {
        last = text;
        continue;
      }
      if (last !== "") changes.set(`${target} ${stage}`, (changes.get(`${target} ${stage}`) ?? 0) + 1);
      last = text;
      const told = (problem: string): string =>
        `${target} ${dtype} after ${stage}: ${problem}\n${printFunction(fn)}\n${text}`;
      const problems = verifyKernel(kernel, sizes);
      if (problems.length > 0) expect.fail(told(problems.join("; ")));
      const results = resultsOf(kernel, fn, values, examples, padding);
      expected ??= results;
      const difference = differenceOf(results, expected);
      if (difference !== undefined) expect.fail(told(difference));
    }
    const { kernel } = stages.at(-1)!;
    const taken = takenIn(kernel, fn, values, examples, padding);
    if (taken.length > 0) expect.fail(`${target} ${dtype}: ${taken.join("; ")}\n${printFunction(fn)}\n${last}`);
    seen.lanes += last.split(" in lanes\n").length - 1;
  }
  for (const x of [...(expected?.values() ?? [])].flat()) {
    seen.numbers += 1;
    if (Number.isFinite(x)) seen.finite += 1;
  }
}

/** As it is written, and its gradient. */
test.each([
  ["functions", (fn: GraphFunction) => fn, 25],
  ["gradients", (fn: GraphFunction) => runPasses(gradientOf(fn, context), derivativePasses, context), 6],
] as const)("kernels of random %s are in order and give the same bits after every pass", (_, made, runs) => {
  expectStages(made(projecting), sizesOfProjecting, 1, 1);
  fc.assert(
    fc.property(arbitraryGraph(), ({ seed, fn, examples, extra }) => {
      expectStages(made(fn), examples, seed, extra);
    }),
    fuzzParameters(runs, 4),
  );
});

test("their passes had something to change, and their results were numbers", () => {
  const passes = longestTargets.flatMap((target) => {
    const { beforeMemory, afterMemory } = targetPasses[target];
    return [...beforeMemory, ...afterMemory].map(({ name }) => `${target} ${name}`);
  });
  expect(
    passes.filter((name) => !changes.has(name)),
    JSON.stringify([...changes]),
  ).toEqual([]);
  expect(seen.finite / seen.numbers).toBeGreaterThan(0.5);
  expect(seen.lanes).toBeGreaterThan(20);
});
