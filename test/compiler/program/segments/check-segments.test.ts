/** Gradients that are not what their last segment gives are refused when a module is made. */
import { expect, it } from "vitest";
import { compile } from "../../../../compiler/index.js";

const build = (text: string) => compile(`network A(H; T) { input x: [T, H] param l: [H] ~ zeros ${text} }`, { dimensions: { H: 2 }, segments: true }); // prettier-ignore

it("names the gradient that would be wrong", () => {
  const { diagnostics, files } = build("s = sum(x, axis = 0) loss = sum(l * s)");
  expect(files).toEqual([]);
  const message = "the gradient cannot be computed in segments: the gradient by `l` is made of what all T steps make together";
  expect(diagnostics.map(({ code, message: own }) => [code, own])).toEqual([["no-segments", message]]);
}); // prettier-ignore

it.each(["loss = sum(tanh(x @ l))", "loss main = sum(tanh(x @ l)) per T loss small = sum(l * l)", "output y = x * l"])("%s can be", (text) => {
  const { diagnostics, manifest } = build(text);
  expect(diagnostics).toEqual([]);
  expect(manifest!.has.segments!.axis).toBe("T");
}); // prettier-ignore
