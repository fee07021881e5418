/** A pass that changes a number is named, whichever entry it is in. */
import { describe, expect, test } from "vitest";
import type { EntryVersion } from "../../../../../compiler/program/entry.js";
import { createRandom } from "../../../../../runtime/base/random.js";
import type { Program } from "../../../../../compiler/program/program.js";
import type { GraphFunction } from "../../../../../compiler/ir/graph/graph-function.js";
import { lowerSource } from "../../../../../compiler/driver/pipeline.js";
import { buildEntries } from "../../../../../compiler/driver/entries.js";
import { EntryVersions } from "../../../../../compiler/tools/gradcheck/entry-meanings.js";
import { manifestOf } from "../../../../../compiler/tools/gradcheck/candidates.js";
import { drawPoint } from "../../../../../compiler/tools/gradcheck/draw-point.js";
import { withFoundLengths } from "../../../../../compiler/tools/gradcheck/with-found-lengths.js";
import { attendingNetwork } from "../../../../support/attending.js";
import { faultOfPass } from "../../../../../compiler/tools/gradcheck/locate/describe-fault.js";
import { findChangingPass, firstChange } from "../../../../../compiler/tools/gradcheck/locate/find-pass.js";

/** The function with the sign of its last output changed. */
function negated(fn: GraphFunction): GraphFunction {
  const value = fn.outputs.at(-1)!;
  const result = fn.types.length;
  const { origin = {}, round } = fn.instructions.find(({ results }) => results.includes(value)) ?? {};
  const negation = {
    operation: { kind: "map", op: "neg", exact: false },
    operands: [value],
    results: [result],
    origin,
    round,
  } as const;
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

const { program, sources } = lowerSource(source, { dimensions: { H: 2 } }, "all sizes");
const point = drawPoint(manifestOf(program!), createRandom(1), { batch: 2, steps: 3, states: "declared" });
const pass = "remove-unused-values";

const attending = lowerSource(attendingNetwork, { dimensions: { H: 2, D: 2 } }, "all sizes").program!;
const attendingPoint = drawPoint(manifestOf(attending), createRandom(1), { batch: 2, steps: 3 });

function observedOf(from: Program): EntryVersion[] {
  const observed: EntryVersion[] = [];
  buildEntries(from, {
    ...{ gradient: true, jvp: true, hvp: true },
    observe: (version) => void observed.push(version),
  });
  return observed;
}

const observed = observedOf(program!);

function seenWith(all: readonly EntryVersion[], spoiled: string, stage: string): EntryVersions {
  const seen = new EntryVersions();
  for (const version of all) {
    const isSpoiled = version.entry === spoiled && version.stage === stage;
    seen.observe(isSpoiled ? { ...version, fn: negated(version.fn) } : version);
  }
  return seen;
}

test("none does", () => {
  expect(findChangingPass(attending, attendingPoint)).toBeUndefined();
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
  expect(firstChange(seenWith(observed, spoiled, pass), program!, point, 1e-9)).toMatchObject({ entry: spoiled, pass });
});

test.each([
  ["step", "one-step", "step"],
  ["step", "split-contexts", "step"],
  // What it keeps for the step tells nothing by itself.
  ["stepContexts", "split-contexts", "step"],
])("a stage that is no pass does in %s: %s", (spoiled, stage, told) => {
  const seen = seenWith(observedOf(attending), spoiled, stage);
  expect(firstChange(seen, attending, attendingPoint, 1e-9)).toMatchObject({ entry: told, pass: stage });
});

test("the initial values of a stream are looked at", () => {
  const seen = seenWith(observed, "stepInitial", "one-step");
  expect(firstChange(seen, program!, point, 1e-9)).toMatchObject({ entry: "stepInitial", pass: "one-step" });
});

test.each([
  // The runs on what an entry is made from count, as `explain --after` counts them.
  ["forward", "value", 1],
  ["step", "value", 3],
  ["backward", "reverse", 3],
  ["jvp", "forward", 3],
  ["initialJvp", "forward", 2],
  ["hvp", "second", 3],
  ["initialHvp", "second", 2],
])("a pass on %s is told as one of mode %s", (spoiled, mode, run) => {
  const changed = firstChange(seenWith(observed, spoiled, pass), program!, point, 1e-9);
  const fault = faultOfPass(changed!, (file) => sources.get(file), {} as never);
  expect(fault).toMatchObject({ stage: "pass", mode, operation: pass, entry: spoiled, run });
});

test("a fault says where in the text the number comes from, and which element it is", () => {
  const changed = firstChange(seenWith(observed, "forward", pass), program!, point, 1e-9);
  const { place, example, index } = faultOfPass(changed!, (file) => sources.get(file), {} as never);
  expect([place?.text, example, index]).toEqual(["tanh(W @ h + x * b)", 0, [0]]);
});

describe("entries with names", () => {
  const text = `network Parts(V, H; T, S >= 1) {
    input word: index(V)[T]
    input memory: [S, H]
    param table: [V, H] ~ normal(0.5)
    param W: [H, H] ~ glorot_uniform
    first = tanh(memory[S - 1])
    keys = tanh(memory @ W)
    x = table[word] @ W
    h = tanh(before(h, tanh(W[0])) + first + x)
    output seen[t] = softmax(keys @ h[t]) @ memory
    k[t] = argmax(h[t])
    output y = before(x, 0) + memory[0] * W[k]
    loss = sum(square(y), axis = [0, 1]) per T
    entry read = first
    entry next = seen given first, x
    entry chosen = y given k, x
  }`;
  const parts = lowerSource(text, { dimensions: { V: 3, H: 3 } }, "all sizes").program!;
  const at = drawPoint(manifestOf(parts), createRandom(1), { batch: 2, steps: 3, states: "declared" });
  const all = observedOf(parts);

  test("none changes", () => {
    expect(findChangingPass(parts, at)).toBeUndefined();
  });

  test.each(["read$forward", "next$forward", "next$initial", "next$step", "chosen$forward", "chosen$step"])(
    "one does in %s",
    (entry) => {
      expect(firstChange(seenWith(all, entry, pass), parts, at, 1e-9)).toMatchObject({ entry, pass });
    },
  );

  test.each([
    ["next$stepInitial", "one-step", "next$stepInitial"],
    ["next$stepContexts", "split-contexts", "next$step"],
  ])("a stage that is no pass does in %s: %s", (entry, stage, told) => {
    expect(firstChange(seenWith(all, entry, stage), parts, at, 1e-9)).toMatchObject({ entry: told, pass: stage });
  });
});

test("where values tell a length", () => {
  const text = `network Sayer(H; N) {
    input x: [N, H]
    param W: [H, H] ~ glorot_uniform
    back = before(said, 0)
    output said[t] = tanh(W @ back[t] + x[t]) over L <= N until said[t, 0] > 0.2
    output all = sum(said, axis = 0)
  }`;
  const sayer = lowerSource(text, { dimensions: { H: 2 } }, "all sizes").program!;
  const drawn = drawPoint(manifestOf(sayer), createRandom(3), { batch: 3, steps: 4 });
  expect(findChangingPass(sayer, withFoundLengths(sayer, drawn))).toBeUndefined();
});
