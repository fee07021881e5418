/** Cells that draw, against their equations: derivatives, passes, both targets, the checks of a module by itself, and networks. */
import { describe, expect, it } from "vitest";
import { checkGradients, verifyModule } from "../../../compiler/index.js";
import { cell } from "../../../compiler/driver/in-process.js";
import { describeModule } from "../../../compiler/driver/describe-module.js";
import { programOfCell } from "../../../compiler/program/cell-program.js";
import { drawCall, drawExtents } from "../../../compiler/tools/calls/draw-call.js";
import { backendsAgree, passesPreserveMeaning } from "../../../compiler/tools/testing/index.js";
import { createRandom } from "../../../runtime/base/random.js";
import { lower } from "./support.js";

/** Everything that draws, in a used cell too, with rates that are learned. */
const source = `
cell Noisy(H) {
  input x: [H]
  param s: [H] ~ 0.5
  output y = noise(x, s)
}
cell A(I, H) {
  input x: [I]
  state h: [H]
  state m: [H] = mask([H], 0.7)
  param W: [H, I]
  param U: [H, H]
  param p: [H] ~ 0.3
  use noisy = Noisy(H)
  u = tanh(W @ dropout(x, 0.3) + U @ (m * h) + uniform([H], 0.1, 0.2))
  h' = zoneout(h, noisy(u), 0.2 + 0.1 * tanh(p))
  m' = m
  output y = h' + normal([H], p, 0.3) * bernoulli([H], 0.5)
  output place = real(sample(h')) * sum(p)
}`;
const dimensions = { I: 2, H: 3 };

describe("cells that draw", () => {
  it("have the derivatives of their equations, with what is drawn given", async () => {
    const report = await checkGradients(source, { cell: "A", dimensions, runs: 1, coordinates: 2 });
    expect(report.passed, JSON.stringify(report)).toBe(true);
  });

  it("mean the same after every pass and on both targets", async () => {
    const { manifest } = await cell(source, { cell: "A", dimensions });
    const random = createRandom(5);
    const extents = drawExtents(manifest, { batch: 3, steps: 4, sizes: {} }, (most) => 1 + random.integer(most));
    const call = drawCall(manifest, extents, random, {
      number: () => random.uniform(-1, 1),
      isDrawn: ({ role, initial }) => role !== "state" || initial === "zeros",
    });
    passesPreserveMeaning(source, call, { cell: "A", dimensions });
    const backends = (["js", "wasm"] as const).map((target) => ({ target, dtype: "f64" }) as const);
    await backendsAgree(source, call, { cell: "A", dimensions, backends });
  });

  it("make modules that verify finds nothing in", async () => {
    const module = await cell(source, { cell: "A", dimensions, jvp: true });
    const { passed, checks } = await verifyModule(module, { runs: 1 });
    expect(passed, JSON.stringify(checks.filter(({ status }) => status === "failed"))).toBe(true);
  });

  it("say in the manifest what they draw", () => {
    const program = programOfCell(lower(source, dimensions));
    const options = { target: "js", fma: false, wasmFile: false, dtype: "f32", gradient: true, jvp: false, hvp: false } as const; // prettier-ignore
    const { random, states } = describeModule(program, options);
    expect(
      random?.map(({ name, axes, law, training, initial, counter }) => [
        name,
        axes.join(),
        law,
        training,
        initial,
        counter,
      ]),
    ).toEqual([
      ["noisy.y 0", "B,T", "normal", true, false, "noisy.step"],
      ["h' 0", "B,T", "uniform", true, false, "step"],
      ["initial m 0", "B", "uniform", true, true, undefined],
      ["place 0", "B,T", "uniform", false, false, "step"],
      ["u 0", "B,T", "uniform", true, false, "step"],
      ["u 1", "B,T", "uniform", false, false, "step"],
      ["y 0", "B,T", "normal", false, false, "step"],
      ["y 1", "B,T", "uniform", false, false, "step"],
    ]);
    expect(states.map(({ name }) => name)).toEqual(["h", "m", "noisy.step", "step"]);
  });
});

describe("networks that draw", () => {
  const network = `
cell Drop(I, H) {
  input x: [I]
  state h: [H]
  state m: [H] = mask([H], 0.5)
  param W: [H, I]
  h' = zoneout(h, tanh(W @ dropout(x, 0.3) + m * h), 0.2)
  m' = m
  output y = h'
}
network Net(I, H; T >= 1) {
  input x: [T, I]
  use low = Drop(I, H)
  use high = Drop(H, H)
  a = low(dropout(x, 0.25))
  b = high(a)
  output y = b
  output noise = normal([T, H])
}`;

  it("draw for their runs and their equations, on both targets alike", async () => {
    const made = [];
    for (const target of ["js", "wasm"] as const) {
      const module = await cell(network, { cell: "Net", dimensions, target, jvp: true });
      const shown = module.manifest.random?.map(({ name, axes, shape, counter }) => [name, [...axes.slice(1), ...shape].join(), counter]); // prettier-ignore
      expect(shown).toEqual([
        ["a 0", "T,2", "step"],
        ["noise 0", "T,3", "step"],
        ["low.initial m 0", "3", undefined],
        ["low.h' 0", "T,3", "low.step"],
        ["low.h' 1", "T,2", "low.step"],
        ["high.initial m 0", "3", undefined],
        ["high.h' 0", "T,3", "high.step"],
        ["high.h' 1", "T,3", "high.step"],
      ]);
      const instance = module.instantiate({ batch: 2, sizes: { T: 4 } } as never) as unknown as NetInstance;
      instance.init(1);
      const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
      const options = { seed: 9, train: true };
      const whole = instance.forward({ x, ...options, sizes: { T: [4, 3] } });
      const y = [...whole.y!];
      made.push([...y, ...whole.noise!]);
      const alone = instance.forward({ x: x.subarray(8, 14), batch: 1, sizes: { T: 3 }, ...options, examples: [1] });
      expect([...alone.y!]).toEqual(y.slice(12, 21));
      instance.forward({ x, ...options });
      const dy = Float32Array.from({ length: 24 }, (_, i) => Math.cos(i));
      const W = Float32Array.from({ length: 6 }, (_, i) => Math.sin(3 * i));
      const gradient = instance.backward({ y: dy }).params["low.W"]!;
      const product = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
        Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);
      const tangent = instance.jvp({ x, ...options }, { params: { "low.W": W } }).y!;
      expect(product(tangent, dy)).toBeCloseTo(product(gradient, W), 4);
    }
    expect(made[0]).toEqual(made[1]);
  });
});

type Tensors = Readonly<Record<string, Float32Array>>;
interface NetInstance {
  init(seed: number): void;
  forward(values: object): Tensors;
  backward(values: object): { readonly params: Tensors };
  jvp(values: object, tangents: object): Tensors;
}
