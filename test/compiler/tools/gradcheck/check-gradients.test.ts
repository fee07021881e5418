import { beforeAll, describe, expect, test } from "vitest";
import {
  cell,
  CellError,
  checkGradients,
  CompileOptionsError,
  NotFiniteError,
  UncheckableError,
} from "../../../../compiler/index.js";
import type { GradientReport, LoadedCell } from "../../../../compiler/index.js";
import { asModule } from "../../../../runtime/index.js";
import { failures } from "../../../support/gradient-failures.js";

const source = `
cell Everything(H, V) {
  input x: [H]
  input k: index(V)
  context m: [S, H]
  state h: [H] = tanh(start + mean(m, axis = 0))
  state c: [H]
  param start: [H] ~ normal(1)
  param table: [V, H] ~ orthogonal
  param gain: [H] ~ ones
  a  = relu(x + table[k] + h)
  h' = tanh(gain * a + c) * abs(h)
  c' = c + log(gain) * sum(softmax(m @ h') @ m)
  output y = max(h', 0.1)
}
`;

const methodsOf = ({ tensors }: GradientReport): string[] =>
  [...new Set(tensors.flatMap(({ methods }) => methods.map((m) => `${m.precision} ${m.method}`)))].sort();

describe("a text", () => {
  test("is checked at random sizes, in both precisions and by every method", async () => {
    const report = await checkGradients(source, { seed: 1, runs: 3 });
    expect(failures(report)).toEqual([]);
    expect(report).toMatchObject({ passed: true, cell: "Everything", fault: undefined });
    expect(report.tensors.map(({ role, name }) => `${role} ${name}`).sort()).toEqual(
      ["context m", "input x", "param gain", "param start", "param table", "state c", "state h"].sort(),
    );
    expect(methodsOf(report)).toEqual([
      "f32 differences",
      "f32 float64",
      "f32 forward mode",
      "f64 complex step",
      "f64 differences",
      "f64 forward mode",
      "f64 second differences",
    ]);
    const sizes = new Set(report.tensors.flatMap(({ methods }) => methods.map(({ worst }) => worst?.dimensions["H"])));
    expect(sizes.size).toBeGreaterThan(1);
  });

  test("of rounds is checked at random numbers of them", async () => {
    const text = "cell Deep(H, L) { input x: [H] param W: [L, H, H] r = x then tanh(W[k] @ r) for k < L output y = r }";
    const report = await checkGradients(text, { seed: 1, runs: 3, precisions: ["f64"] });
    expect(failures(report)).toEqual([]);
    const counts = report.tensors.flatMap(({ methods }) => methods.map(({ worst }) => worst?.dimensions["L"]));
    expect(counts.every((count) => Number.isInteger(count))).toBe(true);
  });

  test("gives the same report for the same seed", async () => {
    const options = { seed: 5, runs: 1, precisions: ["f64"] } as const;
    expect(await checkGradients(source, options)).toEqual(await checkGradients(source, options));
  });

  test("at kinks says so instead of comparing", async () => {
    const report = await checkGradients("cell C(N) { input x: [N] output y = abs(x) }", { kinks: 1, runs: 8 });
    const methods = report.tensors.flatMap((tensor) => tensor.methods);
    expect(failures(report)).toEqual([]);
    for (const method of ["complex step", "differences"]) {
      expect(methods.find((m) => m.method === method)?.kinks).toBeGreaterThan(0);
    }
  });

  test("with stop_gradient is compared with the derivative that is declared", async () => {
    const text = "cell C(N) { input x: [N] param p: [N] ~ ones output y = stop_gradient(x) * p + x }";
    const report = await checkGradients(text);
    expect(failures(report)).toEqual([]);
    const methods = new Map(report.tensors.map((tensor) => [tensor.name, methodsOf({ ...report, tensors: [tensor] })]));
    expect(methods.get("x")).toEqual(["f32 float64", "f32 forward mode", "f64 complex step", "f64 forward mode", "f64 second complex step"]); // prettier-ignore
    // What the stop does not reach is compared with differences all the same.
    expect(methods.get("p")).toEqual(["f32 differences", "f32 float64", "f32 forward mode", "f64 complex step", "f64 differences", "f64 forward mode", "f64 second differences"]); // prettier-ignore
  });

  test("with a softmax is compared with differences, though a softmax stops a gradient inside", async () => {
    const report = await checkGradients("cell C(N) { input x: [N] output y = softmax(x) }", { precisions: ["f64"] });
    expect(methodsOf(report)).toContain("f64 differences");
  });

  test("that is wrong, or whose options are", async () => {
    await expect(checkGradients("cell A(N) { input x: [N] output y = z }")).rejects.toThrow(CellError);
    await expect(checkGradients(source, { cell: "Nothing" })).rejects.toThrow(CompileOptionsError);
    await expect(checkGradients(source, { dimensions: { Q: 1 } })).rejects.toThrow(/no dimension "Q"/u);
    await expect(checkGradients(source, { runs: 0 })).rejects.toThrow(/runs must be an integer of at least 1, got 0/u);
    await expect(checkGradients(source, { tolerance: NaN })).rejects.toThrow(/tolerance must be a positive number/u);
    await expect(checkGradients(source, { speed: 1 } as never)).rejects.toThrow(/unknown option speed/u);
    await expect(checkGradients(source, { precisions: [] })).rejects.toThrow(/a list of "f32" or "f64", got an empty/u);
  });

  test("that was compiled before takes no options of how it is compiled", async () => {
    const compiled = await cell("cell A(N) { input x: [N] output y = x * x }", { dimensions: { N: 2 } });
    for (const options of [
      { precisions: ["f64"] },
      { target: "js" },
      { dimensions: { N: 3 } },
      { cell: "A" },
    ] as const) {
      await expect(checkGradients(compiled, options)).rejects.toThrow(/how a text is compiled/u);
    }
  });

  test("with nothing to check, or more than can be", async () => {
    await expect(checkGradients("cell C { input k: index(3) output y = 1 }")).rejects.toThrow(UncheckableError);
    const large = checkGradients(source, { dimensions: { H: 1000, V: 10_000 } });
    await expect(large).rejects.toThrow(/Everything with H=1000 V=10000 has \d+ numbers in a call/u);
  });

  test("whose values overflow", async () => {
    const text = "cell C(N) { input x: [N] state h: [N] h' = exp(exp(exp(exp(x + 3 + h)))) output y = h' }";
    const problem = await checkGradients(text, { runs: 1 }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(NotFiniteError);
    expect((problem as Error).message).toMatch(/C \(N=\d\): y, h not finite at any of 10 random points/u);
  });

  test("whose gradient compares values that are computed again has a bar in float32 all the same", async () => {
    const text = "cell C(I, H) { param W: [H, I] ~ uniform(1) output y = min(W / H, axis = 1) }";
    const report = await checkGradients(text, { dimensions: { I: 3, H: 2 }, runs: 1 });
    expect(failures(report)).toEqual([]);
    const float32 = report.tensors[0]?.methods.filter(({ precision }) => precision === "f32") ?? [];
    expect(float32.map(({ worst }) => worst !== undefined && worst.bar < 1e-3)).toEqual([true, true, true]);
  });

  test("whose values are sometimes no numbers is checked where they are", async () => {
    const report = await checkGradients("cell C { input x: real output y = sqrt(x) }", {
      runs: 4,
      precisions: ["f64"],
    });
    expect(failures(report)).toEqual([]);
    expect(report.skipped).toBeGreaterThan(0);
  });

  test("in which an infinite derivative meets a zero, at the equation where it begins", async () => {
    const text = "cell C {\n  input x: real\n  param p: real\n  q = sqrt(0 * p)\n  output y = q + x\n}";
    const report = await checkGradients(text, { runs: 1, precisions: ["f64"] });
    expect(failures(report)).toContain("p, f64 complex step");
    expect(report.fault).toMatchObject({ operation: "sqrt", equation: "q", place: { line: 4, text: "sqrt(0 * p)" } });
    expect(Number.isFinite(report.fault?.analytic)).toBe(false);
  });
});

describe("a module", () => {
  let module: LoadedCell;
  beforeAll(async () => {
    module = await cell(source, { dimensions: { H: 3, V: 4 }, dtype: "f64", jvp: true });
  });

  /** The module, with its gradient changed. */
  const spoiled = (change: (gradient: Record<string, Record<string, Float64Array>>) => void): LoadedCell => ({
    ...module,
    instantiate: (options) => {
      const instance = module.instantiate(options);
      return {
        ...instance,
        backward: (cotangents) => {
          const gradient = instance.backward?.(cotangents);
          change(gradient as unknown as Record<string, Record<string, Float64Array>>);
          return gradient as never;
        },
      };
    },
  });

  test("from cell() is compared with its source", async () => {
    const report = await checkGradients(module, { seed: 3 });
    expect(failures(report)).toEqual([]);
    expect(methodsOf(report)).toEqual(["f64 complex step", "f64 differences", "f64 forward mode"]);
  });

  test("alone is compared with differences of itself", async () => {
    const { manifest, instantiate, instantiateAsync } = module;
    const report = await checkGradients({ manifest, instantiate, instantiateAsync });
    expect(failures(report)).toEqual([]);
    expect(methodsOf(report)).toEqual(["f64 differences", "f64 forward mode"]);
    expect(await checkGradients(asModule({ manifest, instantiate, instantiateAsync }))).toEqual(report);
  });

  test("in float32 alone too, as far as float32 goes", async () => {
    const single = await cell(source, { dimensions: { H: 3, V: 4 } });
    const { manifest, instantiate, instantiateAsync } = single;
    const report = await checkGradients({ manifest, instantiate, instantiateAsync });
    expect(failures(report)).toEqual([]);
    expect(methodsOf(report)).toEqual(["f32 differences"]);
    expect(methodsOf(await checkGradients(single))).toEqual(["f32 complex step", "f32 differences", "f32 float64"]);
  });

  test("with a wrong number in one gradient is found, and the code is blamed", async () => {
    const wrong = spoiled(({ params }) => (params!["gain"]![0]! *= 1.01));
    const report = await checkGradients(wrong, { seed: 1, coordinates: 3 });
    expect(report.passed).toBe(false);
    expect(report.tensors.filter((tensor) => !tensor.passed).map(({ name }) => name)).toEqual(["gain"]);
    expect(report.fault).toMatchObject({ stage: "code", place: undefined });
    expect(failures(report)).toEqual(["gain, f64 complex step", "gain, f64 forward mode", "gain, f64 differences"]);
  });

  test("with a gradient that is no number is found", async () => {
    const wrong = spoiled(({ initial }) => (initial!["c"]![0] = NaN));
    const { tensors } = await checkGradients(wrong, { seed: 1 });
    const worst = tensors.find(({ name }) => name === "c")?.methods[0]?.worst;
    expect(worst).toMatchObject({ error: Infinity, analytic: NaN });
  });

  test("without gradients is refused", async () => {
    const plain = await cell(source, { dimensions: { H: 1, V: 1 }, gradient: false });
    await expect(checkGradients(plain)).rejects.toThrow(/needs a module compiled with gradient/u);
  });
});
