import { describe, expect, it } from "vitest";
import { compile, verifyModule } from "../../../../compiler/index.js";
import { standardCell } from "../../../support/models.js";
import { kernelMutants } from "../../../support/mutate-kernels.js";

const text = compile(standardCell("simple-rnn"), {
  cell: "SimpleRNN",
  dimensions: { I: 2, H: 3 },
  target: "js",
  dtype: "f32",
  jvp: true,
  hvp: true,
}).files[0]!.text;

describe("verifyModule", () => {
  it("passes a module as the compiler made it", async () => {
    const { passed, checks } = await verifyModule(text, { runs: 1, seed: 3 });
    expect(checks.filter(({ status }) => status !== "passed")).toEqual([]);
    expect(passed).toBe(true);
  });

  it("passes a module with WebAssembly kernels, and finds kernels that were damaged", async () => {
    const options = { cell: "SimpleRNN", dimensions: { I: 2, H: 3 }, target: "wasm", dtype: "f32" } as const;
    const module = compile(standardCell("simple-rnn"), options).files[0]!.text;
    const { checks } = await verifyModule(module, { runs: 1 });
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    const damaged = module.replace(/(const kernels = ".{20})./u, "$1 ");
    expect(damaged).not.toBe(module);
    expect((await verifyModule(damaged, { runs: 1 })).passed).toBe(false);
  });

  it("passes a module with a state of run-time size, whose padding is nobody's", async () => {
    const source = `cell A(H) {
      input x: [H] context m: [S, H] state h: [S]
      a = tanh(m @ x + h)  h' = 0.5 * h + a  output y = a @ m
    }`;
    const { checks } = await verifyModule(compile(source, { dimensions: { H: 2 }, target: "js" }).files[0]!.text, {
      runs: 1,
    });
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
  });

  it("finds a wrong sign in the gradient", async () => {
    const mutant = kernelMutants(text).find(({ line }) => / - /u.test(line) && /fround/u.test(line))!;
    const { passed, checks } = await verifyModule(mutant.text, { runs: 1, bail: true });
    expect(passed).toBe(false);
    expect(checks.find(({ name }) => name === "gradient")?.status).toBe("failed");
  });

  it("finds values that are nowhere finite, which would hide any gradient", async () => {
    const hidden = text.replace(/(\$tanh\w* = )(?=fround)/gu, "$1NaN * ");
    expect(hidden).not.toBe(text);
    const { checks } = await verifyModule(hidden, { runs: 1, seed: 1 });
    const gradient = checks.find(({ name }) => name === "gradient")!;
    expect(gradient.status).toBe("failed");
    expect(gradient.detail).toMatch(/values jump or are not finite wherever .*param W.* moves/u);
  });

  it.each([
    [
      "setParams throws at right values",
      'checkTensors("setParams", tensors, [], tensors);',
      '$& throw new RangeError("no values are right");',
      /^a right call throws RangeError: no values are right$/u,
    ],
    [
      "setParams ignores right values",
      "write(tensor, []);",
      "",
      /^each parameter set by setParams, and written into params: param W\[0\] is /u,
    ],
    [
      "freeze changes parameters",
      "freeze: () => core.hold(false)",
      "freeze: () => (core.hold(false), (tensors[0].data[0] += 1))",
      /^after freeze, and written into params: param W\[0\] is /u,
    ],
    [
      "freeze throws",
      "freeze: () => core.hold(false)",
      'freeze: () => { throw new TypeError("nothing is frozen"); }',
      /^a right call throws TypeError: nothing is frozen$/u,
    ],
  ])("finds that %s", async (_, from, to, detail) => {
    const options = { dimensions: { N: 2 }, target: "js", gradient: false } as const;
    const right = compile("cell A(N) { input x: [N] param W: [N, N] output y = W @ x }", options).files[0]!.text;
    const wrong = right.replace(from, to);
    expect(wrong).not.toBe(right);
    const { checks } = await verifyModule(wrong, { runs: 1, seed: 1 });
    const failed = checks.filter(({ status }) => status === "failed");
    expect(failed.map(({ name }) => name)).toEqual(["parameters"]);
    expect(failed[0]!.detail).toMatch(detail);
  });

  it.each([
    ["demands of sizes", "E", "network E(; T) { require T >= 2 input x: [T] output y = x - mean(x) }"],
    [
      "a loss that some sizes make infinite",
      "F",
      'import { CTC } from "std/ctc" network F(C; T, U) { input x: [T, C] input z: index(C)[U] use c = CTC(C) loss = c(log_softmax(x[:floor(T / 2)], axis = C), z) }',
    ],
  ])("finds nothing in a network with %s", async (_, cell, source) => {
    const options = { cell, dimensions: cell === "F" ? { C: 3 } : {}, target: "js" } as const;
    const { checks } = await verifyModule(compile(source, options).files[0]!.text, { runs: 1, seed: 1 });
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(checks.find(({ name }) => name === "gradient")!.status).toBe("passed");
  });

  it("refuses what is no module, and wrong options", async () => {
    await expect(verifyModule("export const a = 1;\n")).rejects.toThrow(/no compiled cell/u);
    await expect(verifyModule("throw new Error('boom');\nexport {};\n")).rejects.toThrow(
      /could not be loaded: Error: boom/u,
    );
    await expect(verifyModule(text.replace('dtype: "f32"', 'dtype: "f16"'))).rejects.toThrow(/manifest\.dtype/u);
    await expect(verifyModule(text, { runs: 0 })).rejects.toThrow(/runs must be a positive integer/u);
  });
});

describe("a module with declared derivatives", () => {
  const compileLif = (options: object): string =>
    compile(standardCell("lif"), { cell: "LIF", dimensions: { I: 2, H: 3 }, target: "js", ...options }).files[0]!.text;
  const lif = compileLif({ jvp: true, hvp: true });
  const checkOf = async (module: string, name: string) =>
    (await verifyModule(module, { runs: 1, seed: 1 })).checks.find((check) => check.name === name)!;

  it("says so, and is checked in what does not need differences", async () => {
    const { passed, manifest, checks } = await verifyModule(lif, { runs: 1, seed: 1 });
    expect(manifest.declaredDerivatives).toEqual(["spike"]);
    expect(passed).toBe(true);
    const gradient = checks.find(({ name }) => name === "gradient")!;
    expect(gradient.status).toBe("skipped");
    expect(gradient.detail).toContain("by all tensors, which is declared (`spike` or `stop_gradient`)");
    expect(checks.filter(({ status }) => status !== "passed")).toEqual([gradient]);
    for (const name of ["jvp", "hvp", "linearity"]) {
      expect(checks.find((check) => check.name === name)!.compared, name).toBeGreaterThan(1);
    }
    expect(checks.find(({ name }) => name === "jvp")!.detail).toContain(
      "backward and jvp are compared with each other",
    );
  });

  it("that has no jvp is checked for linearity, and told what jvp would add", async () => {
    const module = compileLif({ dtype: "f64" });
    expect((await checkOf(module, "linearity")).status).toBe("passed");
    expect((await checkOf(module, "gradient")).detail).toContain("checked for linearity only: compiled with jvp too");
  });

  it("does not get away with a wrong gradient", async () => {
    const mutant = kernelMutants(lif).find(({ line }) => / - /u.test(line) && /grad|fround/u.test(line))!;
    expect((await verifyModule(mutant.text, { runs: 1, bail: true })).passed).toBe(false);
  });

  it("does not get away with a gradient that is not linear", async () => {
    const wrong = lif.replace(/(\n *)(backward_[\w]*\[[^\]]*\]) = /u, "$1$2 = 1 + ");
    expect(wrong).not.toBe(lif);
    expect((await checkOf(wrong, "linearity")).status).toBe("failed");
  });

  it("may have derivatives whose terms cancel inside", async () => {
    const source = `cell A(N) {
      input x: [N] state w: [N] param g: [N] ~ ones
      sharp = (w + exp(0.1 * x)) ^ (1 + 30 * softplus(g))
      w' = sharp / sum(sharp)
      output y = w'
    }`;
    const module = compile(source, { dimensions: { N: 3 }, target: "js", jvp: true }).files[0]!.text;
    expect((await checkOf(module, "linearity")).status).toBe("passed");
  });

  it("by some tensors only is compared with differences by the others", async () => {
    const source = `cell A(N) {
      input x: [N] state h: [N] param a, b: [N] ~ constant(0.5)
      h' = tanh(a * h + x * stop_gradient(b))
      output y = h'
    }`;
    const module = compile(source, { dimensions: { N: 3 }, target: "js", dtype: "f64" }).files[0]!.text;
    const good = await checkOf(module, "gradient");
    expect(good.status).toBe("passed");
    expect(good.detail).toMatch(/gradient by b, which is declared \(`stop_gradient`\); checked for linearity only/u);
    const wrong = module.replace(/(grad_param_a\[\w+\] = done < 1 \? )/u, "$1 1.01 * ");
    expect(wrong).not.toBe(module);
    expect((await checkOf(wrong, "gradient")).detail).toMatch(/^the gradient by param a/u);
  });
});

it.each([1e4, 1e9])("results of the size of %s are no explosion, whatever their params are", async (size) => {
  const source = `cell Sales(H) { input x: [H] param W: [H, H] output y = ${size} * (2 + tanh(W @ x)) }`;
  const { text } = compile(source, { dimensions: { H: 2 }, target: "js", dtype: "f32" }).files[0]!;
  const { checks } = await verifyModule(text, { runs: 1, seed: 3 });
  expect(checks.find(({ name }) => name === "gradient")).toMatchObject({ status: "passed" });
  expect(checks.filter(({ status }) => status === "failed" || status === "inconclusive")).toEqual([]);
});

describe("a cell that explodes", () => {
  const source = `cell Swing(H) {
    input x: [H]
    state q, v: [H]
    param k: [H] ~ 1
    param c: [H, H]
    a, b = (q, v) then (a + 0.1 * b, b - 0.1 * (k * sin(a') + c @ a' - x)) for 100
    q' = a
    v' = b
    output y = q'
  }`;
  const exploding = compile(source, { cell: "Swing", dimensions: { H: 2 }, target: "js", dtype: "f64" }).files[0]!.text;

  it("raises no false alarm", async () => {
    const { checks } = await verifyModule(exploding, { runs: 1, seed: 134209 });
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(checks.find(({ name }) => name === "gradient")?.compared).toBeGreaterThan(0);
  });

  it("hides no wrong sign in what its gradient is made of", async () => {
    const wrong = exploding.replace(/(\$cos(?:_\d+)? = )([^;]+);/gu, "$1-($2);");
    expect(wrong).not.toBe(exploding);
    const { checks } = await verifyModule(wrong, { runs: 1, seed: 134209 });
    expect(checks.find(({ name }) => name === "gradient")?.status).toBe("failed");
  });

  it("is told where nothing can be said", async () => {
    const grown = compile("cell Grow(H) { input x: [H] param w: [H] output y = 1e6 * sin(1e5 * (x + w)) }", { dimensions: { H: 2 }, target: "js", dtype: "f32" }); // prettier-ignore
    const { passed, checks } = await verifyModule(grown.files[0]!.text, { runs: 1, seed: 1 });
    expect(passed).toBe(false);
    expect(checks.filter(({ status }) => status === "failed")).toEqual([]);
    expect(checks.find(({ name }) => name === "gradient")).toMatchObject({ status: "inconclusive", compared: 0 });
  });
});
