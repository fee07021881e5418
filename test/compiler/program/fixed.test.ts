/** Fixed values: in the module and its files, settable, never trained. */
import { describe, expect, it, test } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { check, compile, type CompileSuccess, format } from "../../../compiler/index.js";
import { diagnose, checkGradients, verifyModule } from "../../../compiler/index.js";
import { embedParams, loadModule, loadParams, readParams, saveParams, sgd } from "../../../runtime/index.js";

const source = `/// A recurrent network with connections that are switched off, and some that are drawn once.
cell Masked(I, H) {
  input x: [I]
  state h: [H] = start
  fixed mask: [H, H] ~ 1
  fixed drawn: [H, H] ~ normal(0.3)
  fixed start: [H] ~ 0.25
  param W: [H, I]
  param U: [H, H]

  h' = tanh(W @ x + (mask * U + drawn) @ h)

  output y = h'
}
`;
/** The same with parameters, which have gradients. */
const trained = source.replaceAll("fixed ", "param ");
const dimensions = { I: 2, H: 3 };
const mask = [1, 0, 1, 0, 1, 0, 1, 1, 0];
const x = Float32Array.from({ length: 2 * 4 * 2 }, (_, i) => Math.sin(i));
const call = { batch: 2, steps: 4 };

describe.each(["js", "wasm"] as const)("in %s", (target) => {
  const options = { dimensions, target, gradient: true, jvp: true, hvp: true };

  it("computes what parameters of these values compute, and derives by the others only", async () => {
    const [own, other] = await Promise.all([cell(source, options), cell(trained, options)]);
    const [a, b] = [own.instantiate(call), other.instantiate(call)];
    a.init(3);
    a.setParams({ mask });
    b.setParams({ ...a.fixed, ...a.params });
    expect(a.forward({ x }).y).toEqual(b.forward({ x }).y);
    const cotangents = { y: Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)) };
    const [of, all] = [a.backward!(cotangents), b.backward!(cotangents)];
    expect(Object.keys(of.params)).toEqual(["W", "U"]);
    for (const name of ["W", "U"]) expect(of.params[name], name).toEqual(all.params[name]);
    expect(of["x"]).toEqual(all["x"]);
    const direction = { params: { W: [1, 2, 3, 4, 5, 6] } };
    expect(a.jvp!({ x }, direction).y).toEqual(b.jvp!({ x }, direction).y);
    const [second, third] = [a, b].map((instance) => instance.hvp!({ x }, direction, cotangents).params);
    expect(Object.keys(second!)).toEqual(["W", "U"]);
    expect(second!["U"]).toEqual(third!["U"]);
    expect(() => a.jvp!({ x }, { params: { mask } })).toThrow("unknown name mask; expected W, U");
    expect(a.step({ x: x.slice(0, 4) }).y).toHaveLength(6);
  });

  it("begins as declared, is drawn once, and stays as it was set", async () => {
    const instance = (await cell(source, options)).instantiate(call);
    const values = (): number[][] => Object.values(instance.fixed!).map((array) => [...array]);
    instance.setParams({ mask });
    instance.init(5);
    const first = values();
    expect(first[0]).toEqual(mask);
    expect(first[1]!.every((value) => value !== 0)).toBe(true);
    expect(first[2]).toEqual([0.25, 0.25, 0.25]);
    // Their arrays were read, so somebody may have written into them.
    instance.init(6);
    expect(values()).toEqual(first);
    instance.init(6, { fixed: true });
    expect(values()[0]).toEqual(new Array(9).fill(1));
    expect(values()[1]).not.toEqual(first[1]);
    expect(() => instance.init(1, { fixed: "yes" } as never)).toThrow(
      new TypeError('init: fixed must be true or false, got "yes"'),
    );
    expect(() => instance.init(1, { all: true } as never)).toThrow("init: unknown name all; expected fixed");
  });
});

test("goes into files and modules with the parameters, and optimisers do not see it", async () => {
  const { files, manifest } = compile(source, { dimensions }) as CompileSuccess;
  const module = await loadModule(files[0].text);
  const [instance, other] = [module.instantiate(call), module.instantiate(call)];
  instance.init(7);
  instance.setParams({ mask });
  const file = saveParams(module, instance);
  loadParams(module, other, file);
  expect({ ...other.fixed }).toEqual({ ...instance.fixed });
  const embedded = await loadModule(embedParams(files[0].text, readParams({ manifest }, file)));
  expect({ ...embedded.instantiate(call).fixed }).toEqual({ ...instance.fixed });
  const gradient = compile(source, { dimensions, gradient: true }) as CompileSuccess;
  const learner = (await loadModule(gradient.files[0].text)).instantiate(call);
  learner.setParams({ ...instance.fixed, ...instance.params });
  learner.forward({ x });
  const { params } = learner.backward!({ y: new Float32Array(24).fill(1) });
  sgd({ learningRate: 0.1 }).attach(learner).step(params);
  expect({ ...learner.fixed }).toEqual({ ...instance.fixed });
  expect(learner.params["W"]).not.toEqual(instance.params["W"]);
});

test("the manifest and the types say what is fixed", async () => {
  const { manifest } = compile(source, { dimensions }) as CompileSuccess;
  expect(manifest.fixed?.map(({ name, axes, shape }) => [name, axes, shape])).toEqual([
    ["mask", [], [3, 3]],
    ["drawn", [], [3, 3]],
    ["start", [], [3]],
  ]);
  expect(manifest.params.map(({ name }) => name)).toEqual(["W", "U"]);
  const plain = compile("cell A(I) { input x: [I] output y = 2 * x }", { dimensions: { I: 2 } }) as CompileSuccess;
  expect(Object.hasOwn(plain.manifest, "fixed")).toBe(false);
});

test("of used cells it has a path", async () => {
  const two = `${source}cell Two(I, H) { input x: [I] use low = Masked(I, H) use high = Masked(H, H) output y = high(low(x)) }`;
  const { manifest } = compile(two, { cell: "Two", dimensions }) as CompileSuccess;
  expect(manifest.fixed?.map(({ name }) => name)).toEqual([
    ...["low.mask", "low.drawn", "low.start"],
    ...["high.mask", "high.drawn", "high.start"],
  ]);
});

test("`fixed` is a name like any other elsewhere", () => {
  const names = `cell A(fixed) {
  input x: [fixed]
  output fixed_2 = x
}
cell B(H) {
  input fixed: [H]
  param W: [H]
  fixed = 2
}
`;
  expect(check("cell B(H) {\n  input x: [H]\n  fixed = 2 * x\n  output y = fixed\n}\n").diagnostics).toEqual([]);
  expect(check(names.slice(0, names.indexOf("cell B"))).diagnostics).toEqual([]);
  expect(format(source).text).toBe(source.replace(/\n\n {2}(?=h')/u, "\n\n  "));
  const wrong = check("cell A(H) { input x: [H] fixed m: [H] = 1 output y = x * m }").diagnostics;
  expect(wrong.map(({ code, help }) => [code, help])).toEqual([
    ["misplaced-initial-value", "an initialiser stands after `~`: `fixed W: [H, I] ~ normal(0.1)`"],
  ]);
});

test("gradient checks, verify and diagnose know of it", async () => {
  const module = await cell(source, { dimensions, gradient: true, jvp: true, hvp: true, dtype: "f64" });
  const { checks } = await verifyModule(module, { runs: 2, seed: 1 });
  expect(checks.filter(({ status }) => status !== "passed")).toEqual([]);
  const report = await checkGradients(source, { dimensions, seed: 2 });
  expect(report.passed).toBe(true);
  expect(report.tensors.map(({ name }) => name)).not.toContain("mask");
  expect(report.tensors.length).toBeGreaterThan(2);
  const diagnosis = await diagnose(source, { dimensions, steps: 5, batch: 2, seed: 1 });
  expect(diagnosis).toBeDefined();
});
