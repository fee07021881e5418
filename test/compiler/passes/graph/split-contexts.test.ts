/** What a step computes of its contexts alone is a function of its own, and both together are the step. */
import { expect, test } from "vitest";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { verifyFunction } from "../../../../compiler/ir/graph/verify.js";
import { nameOf, typeOf } from "../../../../compiler/ir/graph/values.js";
import { portPasses } from "../../../../compiler/passes/graph/passes.js";
import { runPasses } from "../../../../compiler/passes/pass.js";
import { splitContexts, type SplitStep } from "../../../../compiler/passes/graph/split-contexts.js";
import { numbersOf, randomInputs, randomSource, run } from "../../../support/evaluate-helpers.js";
import { context, functionOf, linesOf, sizes } from "../../../support/graph-text.js";

const keptName = (place: number): string => `kept.${place}`;

/** As entries are made: the passes drop what the contexts do not need, and its inputs are left out. */
function withoutUnused(split: SplitStep, isContext: (name: string) => boolean): SplitStep {
  if (split.contexts === undefined) return split;
  const fn = runPasses(split.contexts, portPasses, context);
  const inputs = fn.inputs.filter((id) => isContext(nameOf(fn, id)) || typeOf(fn, id).shared);
  return { ...split, contexts: { ...fn, inputs } };
}

/** Inputs whose names begin with `c` are the contexts. */
function splitOf(text: string): SplitStep {
  const fn = functionOf(text);
  const isContext = (name: string): boolean => name.startsWith("c");
  const split = withoutUnused(splitContexts(fn, context, isContext, keptName), isContext);
  const inputs = randomInputs(fn, sizes, randomSource(7));
  const kept = split.contexts === undefined ? new Map() : run(split.contexts, inputs, sizes);
  for (const part of [split.step, split.contexts]) if (part) expect(verifyFunction(part, context)).toEqual([]);
  const [expected, got] = [run(fn, inputs, sizes), run(split.step, new Map([...inputs, ...kept]), sizes)];
  expect(fn.outputNames.length).toBeGreaterThan(0);
  for (const name of fn.outputNames) expect(numbersOf(got, name, sizes)).toEqual(numbersOf(expected, name, sizes));
  return split;
}

test("a product of contexts and params is computed once, and what is cheap of it again", () => {
  const { step, contexts } = splitOf(`func step(%h: real[3], %c: real[S, 3], %W: shared real[3, 3]) -> (h: %n) {
    %k: real[S, 3] = contract [0 2] [1 2] -> [0 1] %c, %W
    %t: real[S, 3] = tanh %k
    %a: real[S] = contract [0 1] [1] -> [0] %t, %h
    %s: real[3] = contract [0 1] [0] -> [1] %c, %a
    %n: real[3] = tanh %s
  }`);
  expect(linesOf(printFunction(contexts!))).toEqual(
    linesOf(`func step(%c: real[S, 3], %W: shared real[3, 3]) -> (kept.0: %t) {
      %k: real[S, 3] = contract [0 2] [1 2] -> [0 1] %c, %W
      %t: real[S, 3] = tanh %k
    }`),
  );
  expect(linesOf(printFunction(step))).toEqual(
    linesOf(`func step(%h: real[3], %c: real[S, 3], %W: shared real[3, 3], %kept.0: real[S, 3]) -> (h: %n) {
      %a: real[S] = contract [0 1] [1] -> [0] %kept.0, %h
      %s: real[3] = contract [0 1] [0] -> [1] %c, %a
      %n: real[3] = tanh %s
    }`),
  );
});

test("what a step gives of its contexts is kept, too", () => {
  const { step, contexts } = splitOf(`func step(%h: real[3], %c: real[S, 3]) -> (h: %h, y: %y) {
    %e: real[S, 3] = exp %c
    %y: real[3] = reduce sum axes [0] %e
  }`);
  expect(contexts!.outputNames).toEqual(["kept.0"]);
  expect(step.instructions).toEqual([]);
});

test.each([
  ["nothing of them", "%n: real[3] = tanh %h"],
  [
    "they are read with the state alone",
    "%a: real[S] = contract [0 1] [1] -> [0] %c, %h\n%n: real[3] = contract [0 1] [0] -> [1] %c, %a",
  ],
  [
    "what is made of them is cheap",
    "%k: real[S, 3] = neg %c\n%a: real[S] = contract [0 1] [1] -> [0] %k, %h\n%n: real[3] = contract [0 1] [0] -> [1] %c, %a",
  ],
])("nothing is taken out where %s", (_, lines) => {
  const text = `func step(%h: real[3], %c: real[S, 3]) -> (h: %n) {\n${lines}\n}`;
  const { step, contexts } = splitOf(text);
  expect(contexts).toBeUndefined();
  expect(linesOf(printFunction(step))).toEqual(linesOf(text));
});
