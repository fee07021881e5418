/** Manifests that name axes where their tensors cannot have them, and others that say two things at once. */
import { expect, test } from "vitest";
import { checkManifest, type Manifest } from "../../../runtime/index.js";
import { leakyManifest } from "../../support/leaky-module.js";

type Part = "inputs" | "states" | "params" | "outputs";

const withAxes = (part: Part, axes: readonly string[]): unknown => {
  const entries: readonly object[] = leakyManifest[part];
  return { ...leakyManifest, [part]: entries.map((entry, i) => (i === 0 ? { ...entry, axes } : entry)) };
};

test("it is one as it is", () => {
  expect(checkManifest(leakyManifest)).toBe(leakyManifest);
  expect(leakyManifest.axes.map(({ name }) => name)).toEqual(["B", "T", "S"]);
});

test.each<[Part, readonly string[], string]>([
  ["inputs", ["T", "B"], "inputs[0].axes[0]"],
  ["inputs", ["B", "T", "T"], "inputs[0].axes[2]"],
  ["inputs", ["B", "Q"], "inputs[0].axes[1]"],
  ["outputs", ["B", "B"], "outputs[0].axes[1]"],
  ["states", ["B", "T"], "states[0].axes[1]"],
  ["params", ["B"], "params[0].axes[0]"],
])("%s over %j are refused", (part, axes, path) => {
  expect(() => checkManifest(withAxes(part, axes))).toThrow(path);
});

test("results of the whole batch, or of a sequence that all examples share, are none of these", () => {
  for (const axes of [[], ["T"]]) expect(checkManifest(withAxes("outputs", axes))).toBeDefined();
});

test("Hessian-vector products come with gradients", () => {
  const has: Manifest["has"] = { ...leakyManifest.has, gradient: false, hvp: true };
  expect(() => checkManifest({ ...leakyManifest, has })).toThrow("has.gradient");
});
