/** A pass that changes a number is named, whichever entry it is in. */
import { expect, test } from "vitest";
import { createRandom } from "../../../../runtime/random.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/types.js";
import { lowerSource } from "../../../../compiler/driver/lower-source.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { EntryVersions } from "../../../../compiler/tools/gradcheck/entry-meanings.js";
import { manifestOf } from "../../../../compiler/tools/gradcheck/candidates.js";
import { drawPoint } from "../../../../compiler/tools/gradcheck/draw-point.js";
import { findChangingPass, firstChange } from "../../../../compiler/tools/gradcheck/locate/find-pass.js";

/** The function with the sign of its last output changed. */
function negated(fn: GraphFunction): GraphFunction {
  const value = fn.outputs.at(-1)!;
  const result = fn.types.length;
  const negation = { operation: { kind: "map", op: "neg" }, operands: [value], results: [result], origin: {} } as const;
  return {
    ...fn,
    types: [...fn.types, fn.types[value]!],
    names: [...fn.names, undefined],
    instructions: [...fn.instructions, negation],
    outputs: [...fn.outputs.slice(0, -1), result],
  };
}

const source = `cell A(H) {
  input x: [H]
  state h: [H] = tanh(a * b)
  param W: [H, H] ~ glorot_uniform
  param a: [H] ~ ones
  param b: [H] ~ 2 * a * exp(uniform(1))
  h' = tanh(W @ h + x * b)
  output y = h'
}`;

const { program } = lowerSource(source, { dimensions: { H: 2 } }, "all sizes");
const point = drawPoint(manifestOf(program!), createRandom(1), { batch: 2, steps: 3, states: "declared" });
const pass = "remove-unused-values";

const observed: { readonly entry: string; readonly own: string; readonly fn: GraphFunction }[] = [];
buildEntries(program!, {
  gradient: true,
  jvp: true,
  hvp: true,
  observe: (entry, own, fn) => void observed.push({ entry, own, fn }),
});

test("none does", () => {
  expect(findChangingPass(program!, point)).toBeUndefined();
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
])("one does in %s", (spoiled) => {
  const seen = new EntryVersions();
  for (const { entry, own, fn } of observed)
    seen.observe(entry, own, entry === spoiled && own === pass ? negated(fn) : fn);
  expect(firstChange(seen, program!, point, 1e-9)).toMatchObject({ entry: spoiled, pass });
});
