/** Names of entries tell what these are derived from, and the other way round. */
import { expect, it } from "vitest";
import { derivationOf, functionsCalled, nameOfEntry } from "../../../compiler/program/entry.js";

const names = [
  ...["forward", "backward", "jvp", "hvp", "step"],
  ...["initial", "initialBackward", "initialJvp", "initialHvp", "stepInitial"],
  ...["stepContexts", "start", "weights", "lengths"],
];

it("each name has one derivation, whose name it is", () => {
  expect(names.map((name) => nameOfEntry(derivationOf(name)!))).toEqual(names);
  expect(derivationOf("stepContexts")).toEqual({ of: "contexts", by: "value", streamed: true });
  expect(derivationOf("initialHvp")).toEqual({ of: "initial", by: "hvp", streamed: false });
  expect(["takeRings", "contexts", "toString"].map(derivationOf)).toEqual([undefined, undefined, undefined]);
});

it("a part has all of them under its name, beside the kernels that are no graphs", () => {
  expect([...functionsCalled("next")]).toEqual([
    "next",
    ...[...names, "takeRings", "giveRings"].map((name) => `next$${name}`),
  ]);
});

it("nothing is derived of what has no derivatives", () => {
  expect(() => nameOfEntry({ of: "start", by: "jvp", streamed: false })).toThrow("no entry of start has jvp");
  expect(() => nameOfEntry({ of: "lengths", by: "value", streamed: true })).toThrow("no entry of lengths has one step");
});
