/** A pass that changes a number is named, whichever entry it is in. */
import { beforeEach, expect, test, vi } from "vitest";
import { createRandom } from "../../../../runtime/random.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/types.js";
import { lowerSource } from "../../../../compiler/driver/lower-source.js";
import { manifestOf } from "../../../../compiler/tools/gradcheck/candidates.js";
import { drawPoint } from "../../../../compiler/tools/gradcheck/draw-point.js";
import { findChangingPass } from "../../../../compiler/tools/gradcheck/locate/find-pass.js";

/** Which entry the pass spoils; none where it is undefined. */
const spoiled = vi.hoisted(() => ({ entry: undefined as string | undefined }));

vi.mock(import("../../../../compiler/passes/graph/remove-unused-values.js"), async (original) => {
  const { removeUnusedValues: real } = await original();
  const negated = (fn: GraphFunction): GraphFunction => {
    const value = fn.outputs.at(-1)!;
    const result = fn.types.length;
    const negation = {
      operation: { kind: "map", op: "neg" },
      operands: [value],
      results: [result],
      origin: {},
    } as const;
    return {
      ...fn,
      types: [...fn.types, fn.types[value]!],
      names: [...fn.names, undefined],
      instructions: [...fn.instructions, negation],
      outputs: [...fn.outputs.slice(0, -1), result],
    };
  };
  const run: typeof real.run = (fn, context) => {
    const tidy = real.run(fn, context);
    return fn.name === spoiled.entry ? negated(tidy) : tidy;
  };
  return { removeUnusedValues: { ...real, run } };
});

beforeEach(() => {
  spoiled.entry = undefined;
});

const source = `cell A(H) {
  input x: [H]
  state h: [H] = tanh(a * b)
  param W: [H, H] ~ glorot_uniform
  param a: [H] ~ ones
  param b: [H] ~ 2 * a * exp(uniform(1))
  h' = tanh(W @ h + x * b)
  output y = h'
}`;

const changed = (): ReturnType<typeof findChangingPass> => {
  const { program } = lowerSource(source, { dimensions: { H: 2 } }, "all sizes");
  const point = drawPoint(manifestOf(program!), createRandom(1), { batch: 2, steps: 3, states: "declared" });
  return findChangingPass(program!, point);
};

test("none does", () => {
  expect(changed()).toBeUndefined();
});

test.each([
  "forward",
  "step",
  "backward",
  "jvp",
  "hvp",
  "initial",
  "initialBackward",
  "initialJvp",
  "initialHvp",
  "start",
])("one does in %s", (entry) => {
  spoiled.entry = entry;
  expect(changed()).toMatchObject({ entry, pass: "remove-unused-values" });
});
