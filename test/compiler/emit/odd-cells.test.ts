/** Cells at the edges of the language: every part of a module may be missing, constant or unused. */
import { describe, expect, test } from "vitest";
import { cell, checkGradients, type Manifest } from "../../../compiler/index.js";
import { namedAxes } from "../../../runtime/module/axes.js";

const cells: Readonly<Record<string, string>> = {
  "no states": `cell C(N) { input x: [N] param w: [N] ~ ones output y = w * x }`,
  "no inputs": `cell C(N) { state h: [N] = p  param p: [N] ~ ones  h' = tanh(h)  output y = h' }`,
  "no parameters": `cell C(N) { input x: [N] state h: [N]  h' = tanh(h + x)  output y = h' }`,
  "no outputs": `cell C(N) { input x: [N] state h: [N]  h' = tanh(h + x) }`,
  scalars: `cell C(N) { input x: real state h: real param w: real ~ ones  h' = tanh(w * h + x / N)  output y = h' }`,
  "an output that is an input": `cell C(N) { input x: [N] state h: [N]  h' = h + x  output y = x  output z = h }`,
  "an output that is a parameter": `cell C(N) { input x: [N] param p: [N] ~ ones  output y = p  output z = x }`,
  "an output that is a constant": `cell C(N) { input x: [N] state h: [N]  h' = h + x  output y = 2 * N }`,
  "two outputs of one value": `cell C(N) { input x: [N] state h: [N]  h' = tanh(h + x)  output y = h'  output z = h' }`,
  "unused everything": `cell C(N, V) { input x, u: [N] input k: index(V) context m: [S] state h: [N] param p: [N] ~ ones  h' = h + x  output y = h' }`,
  "a state that forgets": `cell C(N) { input x: [N] state h, g: [N]  h' = x  g' = h  output y = g }`,
  "states that swap": `cell C(N) { input x: [N] state a, b: [N]  a' = b  b' = a + x  output y = a' - b }`,
  "a learned start": `cell C(N) { input x: [N] state h: [N] = s param s: [N] ~ normal(1)  h' = h * x  output y = h' }`,
  "a start that is a constant": `cell C(N) { input x: [N] state h: [N] = 1  h' = h * x  output y = h' }`,
  "one parameter in two places": `cell C(N) { input x: [N] state h: [N] param w: [N, N] ~ orthogonal  h' = tanh(w @ h + w @ x)  output y = w @ h' }`,
  "a shared value and a value of examples": `cell C(N) { input x: [N] state h: [N] param g: [N] ~ ones  h' = tanh(g * h + log(g) * x)  output y = h' * exp(g) }`,
  "an attention": `cell C(N) { input x: [N] context m: [S, N] state h: [N]  a = softmax(m @ h)  h' = tanh(a @ m + x)  output y = h'  output w = a }`,
  "two run-time dimensions": `cell C(N) { input x: [N] context m: [S, N] context q: [R, N] state h: [N]  h' = tanh(x + sum(softmax(m @ h) @ m) + max(q @ h))  output y = h' }`,
  "places in a circle": `cell C(N) { input x: [N] input s: [3] state h: [N]  h'[n] = sum((x + tanh(h))[(n + 1 - j) mod N] * tanh(s)[j] for j < 3)  output y = h' }`,
  "an index alone": `cell C(V, N) { input k: index(V) param e: [V, N] ~ normal(1) state h: [N]  h' = tanh(h + e[k])  output y = h' }`,
};

describe.each(Object.entries(cells))("%s", (_, source) => {
  test("the gradient is right, and a stream gives the bits of the whole", async () => {
    const module = await cell(source, { dimensions: sizesOf(source), dtype: "f64", jvp: true });
    const { tensors } = await checkGradients(module, { seed: 2, runs: 4 });
    expect(tensors.filter(({ passed }) => !passed)).toEqual([]);
    const { manifest } = module;
    const steps = 3;
    const instance = module.instantiate({ batch: 2, steps, sizes: runtimeSizes(manifest) });
    instance.init(3);
    const count = (shape: readonly (number | string)[]): number =>
      shape.reduce<number>((n, size) => n * (typeof size === "number" ? size : size === "S" ? 3 : 2), 1);
    const contexts = Object.fromEntries(manifest.contexts.map(({ name, shape }) => [name, wave(2 * count(shape))]));
    const inputs = Object.fromEntries(
      manifest.inputs.map(({ name, shape, dtype }) => [
        name,
        dtype === "index" ? [0, 1, 0, 1, 1, 0] : wave(2 * steps * count(shape)),
      ]),
    );
    const whole = instance.forward({ ...inputs, ...contexts });
    const kept = Object.fromEntries(manifest.outputs.map(({ name }) => [name, whole[name]!.slice()]));
    instance.reset(contexts);
    for (let t = 0; t < steps; t++) {
      const at = (list: ArrayLike<number>, size: number): number[] =>
        [0, 1].flatMap((b) => Array.from({ length: size }, (_, i) => list[(b * steps + t) * size + i]!));
      const one = Object.fromEntries(
        manifest.inputs.map(({ name, shape }) => [name, at(inputs[name] as number[], count(shape))]),
      );
      const result = instance.step(one);
      for (const { name, shape } of manifest.outputs) {
        expect([...result[name]!], name).toEqual(at(kept[name]!, count(shape)));
      }
    }
  });
});

const wave = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(1 + i));

test("a product whose only column is stored at a fixed place", async () => {
  const source = `cell C(N, H) { input x: [N] param a: real ~ ones param w: [H, N] ~ ones state h: [H]  h' = w @ concat(stack(a), x)[:N]  output y = h' }`;
  const { tensors } = await checkGradients(source, { dimensions: { N: 1, H: 1 }, runs: 1, allowUncompared: true });
  expect(tensors.filter(({ passed }) => !passed)).toEqual([]);
});

test("a product whose right operand is each example's own, beside one whose is not", async () => {
  const source = `cell C(I, H) { input x: [I] state h: [H] param U: [H, H] ~ ones  h' = h  output y = U @ h  output z = outer(h, x) }`;
  const { tensors } = await checkGradients(source, { dimensions: { I: 1, H: 2 }, runs: 4 });
  expect(tensors.filter(({ passed }) => !passed)).toEqual([]);
});

const sizesOf = (source: string): Record<string, number> =>
  Object.fromEntries((/\(([^)]*)\)/u.exec(source)?.[1] ?? "").split(", ").map((name) => [name, 2]));

const runtimeSizes = (manifest: Manifest): Record<string, number> =>
  Object.fromEntries(namedAxes(manifest).map((name) => [name, name === "S" ? 3 : 2]));
