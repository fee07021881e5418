/** Of what a program has beside its values and their derivatives there are entries, and of nothing else. */
import { expect, test } from "vitest";
import { ownFunctions } from "../../../compiler/driver/own-entries.js";
import { lowerSource } from "../../../compiler/driver/pipeline.js";

const plain = "cell C(H) { input x: [H] param w: [H] ~ zeros output y = w * x }";
const started = "cell C(H) { input x: [H] param w: [H] ~ 2 * uniform(0, 1) output y = w * x }";
const oneLoss = "network N(; T) { input x: [T] param a: [] ~ zeros loss l = sum(a * x) per T }";
const twoLosses = "network N(; T) { input x: [T] param a: [] ~ zeros loss l = sum(a * x) per T loss m = a * a }";

test.each([
  ["a cell", plain, []],
  ["initial values that are computed", started, ["start"]],
  ["one loss", oneLoss, []],
  ["two losses, of which one has a weight of its own", twoLosses, ["weights"]],
])("%s", (_, source, expected) => {
  const { program, diagnostics } = lowerSource(source, {}, "symbolic");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(ownFunctions(program!).map(([of]) => of)).toEqual(expected);
});

test("weights are what losses are divided by, and no more", () => {
  const [found] = ownFunctions(lowerSource(twoLosses, {}, "symbolic").program!);
  expect(found?.[1].outputNames.every((name) => name.includes("weight"))).toBe(true);
  expect(found?.[1].outputNames.length).toBeGreaterThan(0);
});
