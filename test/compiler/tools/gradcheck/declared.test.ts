/** Functions that state their derivative: it is the rule of a check, and its distance to the true one is reported. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cell, checkGradients, type GradientReport } from "../../../../compiler/index.js";
import { checkRules } from "../../../../compiler/tools/gradcheck/check-gradients.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { derivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { loadModule } from "../../../../runtime/index.js";
import { kernelMutants } from "../../../support/mutate-kernels.js";
import { standardCell } from "../../../support/models.js";

/** The derivative of tanh with the wrong sign, and that of a product as it is. */
const squash = "fn squash(v: [n]): [n] { y = tanh(v) return y derivative(dv) = (1 + y * y) * dv }";
const scaled = "fn scaled(v: [n], a: real): [n] { return a * v derivative(dv, da) = a * dv + da * v }";

const inCell = (functions: string, next: string): string => `${functions}
cell A(I, H) { input x: [I] state h: [H] param W: [H, I] param a: real ~ ones h' = ${next} output y = h' }`;

const methodsOf = ({ tensors }: GradientReport): string[] =>
  [...new Set(tensors.flatMap(({ methods }) => methods.map((m) => `${m.precision} ${m.method}`)))].sort();

const statedMethods = ["f32 float64", "f32 forward mode", "f64 complex step", "f64 forward mode", "f64 second complex step"]; // prettier-ignore

describe("a declared derivative", () => {
  test("of a spike is the rule, and as far from the true one as can be", async () => {
    const report = await checkGradients(standardCell("lif"), { seed: 1, file: "lif.cell" });
    expect(report.passed).toBe(true);
    // In one step the gradient itself does not jump, so its differences are those of what is declared.
    expect(methodsOf(report)).toEqual([...statedMethods, "f64 second differences"]);
    expect(report.declared).toHaveLength(1);
    const [spike] = report.declared;
    expect(spike).toMatchObject({ name: "spike", distance: 1, kinks: 0, worst: { argument: "v", true: 0 } });
    expect(spike!.place).toMatchObject({ line: 7, column: 4, text: "spike" });
    const { declared, at } = spike!.worst!;
    expect(declared).toBeCloseTo(1 / (1 + 10 * Math.abs(at)) ** 2, 12);
  });

  test("that is wrong is reported with the two numbers", async () => {
    const report = await checkGradients(inCell(`${squash}\n${scaled}`, "squash(W @ x + scaled(h, a))"), { seed: 7 });
    expect(report.passed).toBe(true);
    expect(methodsOf(report)).toEqual(statedMethods);
    const [wrong, right] = ["squash", "scaled"].map((name) => report.declared.find((found) => found.name === name)!);
    expect(wrong!.distance).toBeGreaterThan(0.1);
    const { declared, true: truth, at } = wrong!.worst!;
    expect(declared).toBeCloseTo(1 + Math.tanh(at) ** 2, 12);
    expect(truth).toBeCloseTo(1 - Math.tanh(at) ** 2, 12);
    expect(right!.distance).toBeLessThan(1e-12);
    expect(right!.compared).toBeGreaterThan(20);
  });

  test("that is the true one is compared with differences too", async () => {
    const report = await checkGradients(inCell(scaled, "tanh(W @ x + scaled(h, a))"), { seed: 3, runs: 2 });
    expect(report.passed).toBe(true);
    expect(methodsOf(report)).toEqual(["f32 differences", "f32 float64", "f32 forward mode", "f64 complex step", "f64 differences", "f64 forward mode", "f64 second differences"]); // prettier-ignore
    expect(report.declared[0]!.distance).toBeLessThan(1e-12);
  });

  test("whose own derivative is another than the second one is the rule for that as well", async () => {
    const half = "fn half(v: [n]): [n] { return v * v / 2 derivative(dv) = stop_gradient(v) * dv }";
    const report = await checkGradients(inCell(half, "half(W @ x + a * h)"), { seed: 4, runs: 2, precisions: ["f64"] });
    expect(report.passed).toBe(true);
    expect(methodsOf(report)).toEqual(["f64 complex step", "f64 differences", "f64 forward mode", "f64 second complex step"]); // prettier-ignore
  });

  test("of a function with a kink is compared beside it", async () => {
    const source = "fn f(v: [n]): [n] { return abs(v) derivative(dv) = dv } cell A(N) { input x: [N] output y = f(x) }";
    const report = await checkGradients(source, { seed: 1, kinks: 0.5, runs: 4, precisions: ["f64"] });
    expect(report.passed).toBe(true);
    expect(report.declared[0]!.kinks).toBeGreaterThan(0);
    expect(report.declared[0]!.compared).toBeGreaterThan(0);
  });

  test("is found in initial states, with indices, and in other derivatives", async () => {
    const source = `
fn row(E: [v, d], i: index(v)): [d] { return E[i] derivative(dE) = dE[i] }
fn window(v: [n]): [n] { return if v > 0 then 1 else 0 derivative(_dv) = 0 }
fn bump(v: [n]): [n] { return v * v derivative(dv) = window(v) * dv }
cell A(V, H) {
  input k: index(V)
  param E: [V, H]
  param q: [H]
  state h: [H] = bump(q)
  h' = tanh(row(E, k) + 0.5 * h)
  output y = h'
}`;
    const report = await checkGradients(source, { seed: 1, precisions: ["f64"] });
    expect(report.passed).toBe(true);
    const byName = new Map(report.declared.map((found) => [found.name, found]));
    expect([...byName.keys()].sort()).toEqual(["bump", "row", "window"]);
    expect(byName.get("row")).toMatchObject({ distance: 0 });
    expect(byName.get("bump")!.distance).toBeGreaterThan(0.1);
    expect(byName.get("window")).toMatchObject({ compared: 0, distance: undefined });
  });

  test("in random cells is followed by reverse mode, forward mode and second derivatives", async () => {
    const all = fc.sample(arbitraryCell(), { seed: 5, numRuns: 60 });
    const cells = all.filter(({ source }) => source.includes("derivative(")).slice(0, 5);
    expect(cells).toHaveLength(5);
    let measured = 0;
    for (const { source, cell: name } of cells) {
      const report = await checkGradients(source, {
        cell: name,
        runs: 1,
        precisions: ["f64"],
        target: "js",
        allowUncompared: true,
      });
      expect({ source, passed: report.passed }).toEqual({ source, passed: true });
      for (const { name: fn, distance } of report.declared) {
        if (distance === undefined) continue;
        measured++;
        if (["gated", "times", "shifted"].includes(fn)) expect(distance, source).toBeLessThan(1e-9);
      }
    }
    expect(measured).toBeGreaterThan(2);
  });

  test("is not reported where there is none", async () => {
    const report = await checkGradients("cell A(H) { input x: [H] output y = tanh(x) }", { runs: 1 });
    expect(report.declared).toEqual([]);
    expect(methodsOf(report)).toContain("f64 differences");
  });
});

describe("a gradient that does not follow the declaration", () => {
  const source = inCell(squash, "squash(W @ x + a * h)");
  const options = { dimensions: { I: 2, H: 3 }, gradient: true, target: "js", dtype: "f64" } as const;

  test("is found in compiled code", async () => {
    const loaded = await cell(source, options);
    const mutants = kernelMutants(loaded.text).filter(({ line }) => /^const v2? = .* [-+*] /u.test(line));
    let found = 0;
    for (const { text } of mutants) {
      const report = await checkGradients({ ...loaded, ...(await loadModule(text)), text }, { runs: 2 });
      if (report.fault?.stage === "code") found++;
    }
    expect(mutants.length).toBeGreaterThan(1);
    expect(found).toBe(mutants.length);
  });

  test("is located in the declaration", () => {
    const { scalar } = derivativeRules;
    const mul: typeof scalar.mul = (site) => {
      const [left, right] = scalar.mul(site);
      return [left, right && ((v) => site.b.map("neg", right(v)))];
    };
    // Here no product is differentiated but the declared one.
    const { fault } = checkRules(inCell(squash, "squash(W @ x + h) + 0 * a"), {
      ...derivativeRules,
      scalar: { ...scalar, mul },
    });
    expect(fault).toMatchObject({ stage: "rule", operation: "squash", place: { text: "(1 + y * y) * dv" } });
  });
});

describe("a module with declared derivatives, without its source", () => {
  const options = { dimensions: { I: 2, H: 3 }, gradient: true, dtype: "f64", cell: "LIF" } as const;

  test("is compared with its forward mode", async () => {
    const { manifest, instantiate, instantiateAsync } = await cell(standardCell("lif"), {
      ...options,
      jvp: true,
      hvp: true,
    });
    const report = await checkGradients({ manifest, instantiate, instantiateAsync }, { runs: 2 });
    expect(report.passed).toBe(true);
    expect(methodsOf(report)).toEqual(["f64 forward mode"]);
    expect(report.declared).toMatchObject([{ name: "spike", place: undefined, distance: undefined }]);
  });

  test("and without forward mode is refused", async () => {
    const { manifest, instantiate, instantiateAsync } = await cell(standardCell("lif"), options);
    await expect(checkGradients({ manifest, instantiate, instantiateAsync })).rejects.toThrow(
      /declared \(spike\).* compile it with jvp/u,
    );
  });
});
