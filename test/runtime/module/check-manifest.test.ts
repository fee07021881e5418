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

const computed = { name: "S + 1", kind: "computed", option: "none", size: { dividend: [[1, "S"], [1]], divisor: [1] } }; // prettier-ignore

test("a size may follow from others", () => {
  const later = { ...computed, name: "twice", size: { dividend: [[2, "S + 1"]], divisor: [1], floor: true }, largest: true }; // prettier-ignore
  const requires = [{ kind: "whole", size: { dividend: [[1, "twice"]], divisor: [2] }, text: "twice / 2" }];
  const manifest = { ...leakyManifest, axes: [...leakyManifest.axes, computed, later], requires };
  expect(checkManifest(manifest)).toBe(manifest);
});

test.each<[string, object, string]>([
  ["of an axis after it", { size: { dividend: [[1, "twice"]], divisor: [1] } }, "axes[3].size must be a size over axes before it"], // prettier-ignore
  ["of itself", { size: { dividend: [[1, "S + 1"]], divisor: [1] } }, "axes[3].size must be a size over axes before it"], // prettier-ignore
  ["by an axis that is not there", { size: { dividend: [], divisor: [1, "Q"] } }, "axes[3].size must be a size over axes before it"], // prettier-ignore
  ["of terms without numbers", { size: { dividend: [["S"]], divisor: [1] } }, "axes[3].size.dividend[0][0] must be a number"], // prettier-ignore
  [
    "of an empty term",
    { size: { dividend: [[]], divisor: [1] } },
    "axes[3].size.dividend[0] must be a number and names",
  ],
  ["that is nothing", { size: undefined }, "axes[3].size must be that of a computed"],
  ["that calls give", { option: "sizes" }, "axes[3].option must be that of a computed"],
  ["with a least one", { minimum: 1 }, "axes[3] must be an axis of kind computed"],
])("a size that follows from others is refused: %s", (_, change, message) => {
  const axes = [...leakyManifest.axes, { ...computed, ...change }];
  expect(() => checkManifest({ ...leakyManifest, axes })).toThrow(message);
});

test("what is no computed axis has nothing of one", () => {
  const [batch, steps, named] = leakyManifest.axes;
  for (const change of [{ size: computed.size }, { largest: true }, { option: "none" }])
    expect(() => checkManifest({ ...leakyManifest, axes: [batch, steps, { ...named, ...change }] })).toThrow("axes[2]");
  expect(() => checkManifest({ ...leakyManifest, axes: [batch, { ...steps, minimum: 0 }, named] })).toThrow("axes[1]");
  const requires = [{ kind: "least", size: { dividend: [[1, "Q"]], divisor: [1] }, text: "Q >= 0" }];
  expect(() => checkManifest({ ...leakyManifest, requires })).toThrow("requires[0].size");
});

const part = {
  name: "part",
  documentation: "",
  axes: ["B", "S"],
  given: ["m"],
  inputs: [],
  contexts: [{ name: "m", documentation: "", axes: ["B"], shape: ["S"] }],
  states: [],
  outputs: [],
};

test("parts are of the module's axes, and each has one name", () => {
  const manifest = { ...leakyManifest, entries: [part, { ...part, name: "other", stream: "S" }] };
  expect(checkManifest(manifest)).toBe(manifest);
  expect(() => checkManifest({ ...leakyManifest, entries: [part, part] })).toThrow("a list of different entries");
});

test.each<[string, object, string]>([
  ["axes that the module has not", { axes: ["B", "Q"] }, "entries[0].axes must be a list of axes of the module"],
  ["tensors over others than its own", { axes: ["B"] }, "entries[0].contexts[0].shape[0] must be one of B"],
  ["what is given and is not there", { given: ["n"] }, "entries[0].given must be a list of inputs and contexts"],
  ["a stream along another axis", { stream: "T" }, "entries[0].stream must be an axis that calls give by name"],
  ["no outputs", { outputs: undefined }, "entries[0].outputs must be a list"],
  ["a name that is none", { name: "" }, "entries[0].name must be a name"],
])("a part with %s is refused", (_, change, message) => {
  expect(() => checkManifest({ ...leakyManifest, entries: [{ ...part, ...change }] })).toThrow(message);
});

const withInitializer = (initializer: object): unknown => ({
  ...leakyManifest,
  params: leakyManifest.params.map((entry, i) => (i === 0 ? { ...entry, initializer } : entry)),
});

test("an initialiser says what it draws, in modules of older compilers not", () => {
  for (const drawn of [{}, { law: "uniform", fans: 7 }]) {
    expect(checkManifest(withInitializer({ kind: "glorot_uniform", ...drawn }))).toBeDefined();
  }
});

test.each<[object, string]>([
  [{ kind: "glorot" }, "initializer.kind must be one of zeros, ones"],
  [{ kind: "he_normal", law: "cauchy" }, "initializer.law must be"],
  [{ kind: "he_normal", law: "normal", fans: -1 }, "initializer.fans must be"],
  [{ kind: "constant" }, "initializer.value must be"],
  [{ kind: "uniform", bound: 1, mean: "0" }, "initializer.mean must be"],
  [{ kind: "normal", bound: 1 }, "initializer.deviation must be"],
])("the initialiser %j is refused", (initializer, message) => {
  expect(() => checkManifest(withInitializer(initializer))).toThrow(message);
});
