/** States that are integers: against shifted states of reals, in streams, snapshots, gradients, and on both targets. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { checkGradients } from "../../../compiler/index.js";
import { lower } from "./support.js";
import { expectSameBitsOnTargets } from "../../support/same-targets.js";

/** The last M inputs, one place written in each step. */
const ring = `cell Ring(H, M) {
  input x: [H]
  state k: index(M)
  state past: [M, H]
  param W: [H, H]
  past'[n] = if n == k then tanh(W @ x) else past[n]
  k' = (k + 1) mod M
  output y = past'[k']
  output oldest = sum(past'[(k' + n) mod M] * (n + 1) for n < M)
}`;
/** The same by moving all of them. */
const shifted = `cell Shifted(H, M) {
  input x: [H]
  state past: [M, H]
  param W: [H, H]
  past' = concat(past[1:], tanh(W @ x)[new])
  output y = past'[0]
  output oldest = sum(past'[n] * (n + 1) for n)
}`;

const dimensions = { H: 2, M: 3 };
const options = { dimensions, dtype: "f64" } as const;
const x = Float64Array.from({ length: 14 }, (_, i) => Math.sin(2 * i));

describe("states that are indices", () => {
  it("begin at their last place, as delays and rounds do, on both targets", async () => {
    const text = `cell Last(V) {
      input t: index(V)
      state k: index(V) = V - 1
      k' = t
      p = delay(t, by = 2, first = V - 1)
      r = V - 1 then (r + t) mod V for 3
      output y = [real(k), real(p), real(r)]
    }`;
    for (const target of ["js", "wasm"] as const) {
      const instance = (await cell(text, { dimensions: { V: 5 }, target })).instantiate({ steps: 3 });
      const { y } = instance.forward({ t: Int32Array.of(1, 2, 3) } as never) as unknown as { y: Float32Array };
      expect([...y]).toEqual([4, 4, 2, 1, 4, 0, 2, 1, 3]);
    }
    const begin = (first: string) => (): unknown =>
      lower(`cell A(V) { input t: index(V) state k: index(V) = ${first} k' = t output y = real(k) }`);
    // With V = 1 there is no place V - 2, and none is V.
    for (const first of ["V - 2", "V", "0 - 1"]) expect(begin(first), first).toThrow();
  });

  it("are several, begun by a formula, by a table or by one place, on both targets", async () => {
    const text = `turn = [2, 0, 1]
    cell Several(N) {
      input t: index(N)[3]
      state p[n]: index(3)[3] = 2 - n
      state q: index(3)[2, 3] = turn
      state r: index(N)[3] = N - 1
      p'[n] = turn[p[n]]
      q' = if t[0] == 0 then turn else 1
      r' = t
      output y = [real(p), real(q[1]), real(r)]
    }`;
    for (const target of ["js", "wasm"] as const) {
      const instance = (await cell(text, { dimensions: { N: 9 }, target })).instantiate({ steps: 3 });
      const { y, final } = instance.forward({ t: Int32Array.of(0, 1, 2, 5, 6, 7, 8, 8, 8) } as never) as unknown as {
        readonly y: Float32Array;
        readonly final: Readonly<Record<string, Int32Array>>;
      };
      expect([...y]).toEqual([2, 1, 0, 2, 0, 1, 8, 8, 8, 1, 0, 2, 2, 0, 1, 0, 1, 2, 0, 2, 1, 1, 1, 1, 5, 6, 7]);
      expect(final["q"]).toEqual(Int32Array.of(1, 1, 1, 1, 1, 1));
    }
  });

  it("are places in a ring: the same as moving everything, gradients too", async () => {
    const [a, b] = await Promise.all([ring, shifted].map((text) => cell(text, options)));
    const [results, gradients] = [[], []] as [unknown[], unknown[]];
    for (const module of [a!, b!]) {
      const instance = module.instantiate({ steps: 7 });
      instance.params["W"]!.set([0.5, -1, 0.25, 2]);
      const { y, oldest } = instance.forward({ x } as never) as unknown as Record<string, Float64Array>;
      results.push([[...y!], [...oldest!]]);
      const { x: dx, params } = instance.backward!({ y, oldest } as never) as unknown as Record<string, Float64Array>;
      gradients.push([[...dx!], [...(params as unknown as { W: Float64Array }).W]]);
    }
    expect(results[0]).toEqual(results[1]);
    for (const [i, own] of (gradients[0] as number[][]).entries())
      for (const [j, value] of own.entries()) expect(value).toBeCloseTo((gradients[1] as number[][])[i]![j]!, 12);
  });

  it("are integers to callers: in results, streams and snapshots, and no others are taken", async () => {
    const module = await cell(ring, options);
    expect(module.manifest.states).toMatchObject([
      { name: "k", dtype: "index", bound: 3, initial: "zeros" },
      { name: "past", initial: "zeros" },
    ]);
    const instance = module.instantiate({ steps: 7 });
    const { final } = instance.forward({ x } as never) as unknown as { final: Record<string, unknown> };
    expect(final["k"]).toEqual(Int32Array.of(1));
    instance.reset({ k: [2] } as never);
    instance.step({ x: x.subarray(0, 2) } as never);
    const snapshot = instance.snapshot() as unknown as { states: Record<string, unknown> };
    expect(snapshot.states["k"]).toEqual(Int32Array.of(0));
    const again = module.instantiate({ steps: 7 });
    again.restore(snapshot as never);
    const step = { x: x.subarray(2, 4) } as never;
    expect(instance.step(step)).toEqual(again.step(step));
    for (const [k, message] of [
      [[3], "reset: k[0] must be an integer from 0 to 2, got 3"],
      [[0.5], "reset: k[0] must be an integer from 0 to 2, got 0.5"],
      [Float64Array.of(0.5), "reset: k[0] must be an integer from 0 to 2, got 0.5"],
      [new Uint8Array(2).buffer, "reset: k must be an array of integers of shape [batch 1], got an ArrayBuffer"],
    ] as const)
      expect(() => instance.reset({ k } as never)).toThrow(message);
    expect(() => instance.backward!({ final: { k: [1] } } as never)).toThrow("unknown name k");
  });

  it("have no derivative, and all others are right beside them", async () => {
    const { tensors } = await checkGradients(ring, { dimensions, runs: 1, coordinates: 2, seed: 3 });
    expect(tensors.map(({ name }) => name).sort()).toEqual(["W", "past", "x"]);
    expect(tensors.flatMap(({ methods }) => methods.filter(({ passed }) => !passed))).toEqual([]);
  });

  it("begin where they are told, and are given to used cells", async () => {
    const text = `cell Counter { input x: real state k: index(4) = 2 k' = (k + 1) mod 4 output y = x + real(k) }
      cell Outer { input x: real state from: index(4) use a = Counter() from' = a.k' output y = a(x, k = from) }`;
    const instance = (await cell(text, { cell: "Outer" })).instantiate({ steps: 5 });
    const { y } = instance.forward({ x: [0, 0, 0, 0, 0] } as never) as unknown as { y: Float32Array };
    expect([...y]).toEqual([0, 1, 2, 3, 0]);
    const counter = (await cell(text.slice(0, text.indexOf("cell Outer")))).instantiate({
      steps: 3,
    });
    const own = counter.forward({ x: [0, 0, 0] } as never) as unknown as { y: Float32Array };
    expect([...own.y]).toEqual([2, 3, 0]);
  });

  it("count the steps, in streams and chunks, unless something else is called `step`", async () => {
    const text = "cell A(N) { input x: real output y = x + real(step mod N) output z = real(step' ) }";
    const module = await cell(text, { dimensions: { N: 3 } });
    expect(module.manifest.states).toMatchObject([{ name: "step", dtype: "index", bound: 2 ** 24, initial: "zeros" }]);
    const instance = module.instantiate({ steps: 5 });
    const whole = instance.forward({ x: [0, 0, 0, 0, 0] } as never) as unknown as Record<string, Float32Array>;
    expect([[...whole["y"]!], [...whole["z"]!]]).toEqual([
      [0, 1, 2, 0, 1],
      [1, 2, 3, 4, 5],
    ]);
    instance.reset({ step: [2 ** 24 - 2] } as never);
    const steps = Array.from({ length: 3 }, () => {
      const { z } = instance.step({ x: [0] } as never) as unknown as Record<string, Float32Array>;
      return z![0];
    });
    expect(steps).toEqual([2 ** 24 - 1, 0, 1]);
    for (const own of [
      "cell A(step) { input x: [step] output y = x * step }",
      "cell A { input x: real input step: real output y = x * step }",
      "cell A(N) { input x: [N] output y[step] = x[step] * step }",
      "cell A(N) { input x: [N] step = sum(x) output y = x * step }",
    ])
      expect(lower(own).states).toEqual([]);
  });

  it("have the same bits on both targets", async () => {
    const [js, wasm] = await Promise.all((["js", "wasm"] as const).map((target) => cell(ring, { dimensions, target })));
    expectSameBitsOnTargets(js!, wasm!, 5);
  });
});
