import { networkAxes } from "../../../../compiler/base/types/call-axes.js";
import { describe, expect, test } from "vitest";
import { drawTimedCall } from "../../../../compiler/tools/bench/timed-call.js";
import { printProfile } from "../../../../compiler/tools/bench/print-profile.js";
import { type Profile, profileProgram } from "../../../../compiler/tools/bench/profile-program.js";
import { hasActivations, onlyPlace, withoutActivations } from "../../../../compiler/tools/bench/variants.js";
import { invariant } from "../../../../compiler/base/diagnostics/invariant.js";
import { emitModule, lowerSource } from "../../../../compiler/driver/pipeline.js";
import type { KernelProgram } from "../../../../compiler/ir/kernel/kernel-program.js";
import type { Program } from "../../../../compiler/program/program.js";
import { alignerOver } from "../../../support/aligner-program.js";
import { loadModule } from "../../../../runtime/module/load-js.js";

function lower(source: string, cell: string, dimensions: Record<string, number>): Program {
  const { program: found } = lowerSource(source, { cell, dimensions }, "all sizes");
  invariant(found !== undefined, "the source has errors");
  return found;
}

const gru = lower(`import { GRU } from "std/gru"\n`, "GRU", { I: 3, H: 5 });
const attention = lower(
  `cell Attention(V, N) {
    input token: index(V)
    context memory: [S, N]
    state h: [N]
    param E: [V, N] ~ normal(1)
    a = softmax(memory @ h)
    h' = tanh(h + E[token] + transpose(memory) @ a)
    output y = h'
  }`,
  "Attention",
  { V: 7, N: 4 },
);

const moduleOptions = { dtype: "f32", fma: false, wasmFile: false, gradient: true, jvp: false, hvp: false } as const;

describe.each(["js", "wasm"] as const)("variants of %s kernels", (target) => {
  const outputs = async (rewrite?: (kernel: KernelProgram) => KernelProgram): Promise<number[]> => {
    const module = await loadModule(emitModule(gru, { ...moduleOptions, target }, rewrite).text);
    const instance = module.instantiate({ steps: 4 });
    instance.init(1);
    const { forward } = drawTimedCall(module.manifest, { batch: 1, steps: 4, sizes: {} }, 2);
    return [...instance.forward(forward)["y"]!];
  };

  test("a part alone leaves the results of the others out", async () => {
    const whole = await outputs();
    expect(whole.every((value) => value !== 0)).toBe(true);
    const before = await outputs((kernel) => onlyPlace(kernel, "forward", "before"));
    expect(before.every((value) => value === 0)).toBe(true);
    expect(await outputs((kernel) => onlyPlace(kernel, "backward", undefined))).toEqual(whole);
  });

  test("clamps instead of activations give other numbers, within their range", async () => {
    const clamped = await outputs((kernel) => {
      expect(hasActivations(kernel, "forward")).toBe(true);
      const changed = withoutActivations(kernel, "forward");
      expect(hasActivations(changed, "forward")).toBe(false);
      return changed;
    });
    expect(clamped).not.toEqual(await outputs());
    expect(clamped.every(Number.isFinite)).toBe(true);
  });
});

describe("profiles", () => {
  test.each([
    [gru, "wasm", "f32", {}],
    [attention, "js", "f64", { S: 6 }],
  ] as const)("of a cell", async (cell, target, dtype, sizes) => {
    const told: number[] = [];
    const settings = { target, dtype, fma: false, batch: 2, steps: 3, sizes, seconds: 0.05 };
    const profile = await profileProgram(cell, settings, (_part, done) => told.push(done));
    expect(profile).toMatchObject({ cell: cell.name, kernels: target, batch: 2, steps: 3, sizes });
    expect(profile.functions.map(({ name }) => name)).toEqual(["step", "forward", "forward and backward"]);
    const { ceiling } = profile;
    for (const { median, minimum, perStep, products, operations, bytes, ...rates } of profile.functions) {
      expect(minimum).toBeLessThanOrEqual(median);
      for (const figure of [minimum, perStep!, operations, bytes]) expect(figure).toBeGreaterThan(0);
      const { speed, flow, shareOfArithmetic, shareOfCopy } = rates;
      expect(speed).toBeCloseTo(((products + operations) * 1e6) / minimum, -2);
      expect(flow).toBeCloseTo((bytes * 1e6) / minimum, -2);
      expect([shareOfArithmetic, shareOfCopy]).toEqual([speed / ceiling.arithmetic, flow / ceiling.copy]);
    }
    expect(profile.gradient).toBe(profile.functions[2]!.minimum / profile.functions[1]!.minimum);
    for (const { time, parts, activations } of profile.parts) {
      for (const part of [...parts, ...(activations === undefined ? [] : [activations])]) {
        expect(part.share).toBe(part.time / time);
      }
    }
    const [step, forward] = profile.functions;
    expect(forward!.products).toBe(3 * step!.products);
    expect(profile.parts.map(({ entry }) => entry)).toEqual(["forward", "backward"]);
    // The parts together do what the whole does.
    const [ofForward, ofBackward] = profile.parts.map(({ parts }) =>
      parts.reduce((sum, part) => sum + part.products + part.operations, 0),
    );
    expect(ofForward).toBeGreaterThanOrEqual(forward!.products + forward!.operations);
    const both = profile.functions[2]!;
    expect(ofBackward).toBeLessThan(both.products + both.operations);
    expect(told.length).toBeGreaterThan(0);
    expect(Math.max(...told)).toBeLessThanOrEqual(1);
  });
});

test("a profile of a program of several loops that has no steps and cannot stream", async () => {
  const sizes = { U: 4, V: 3 };
  const settings = { target: "js", dtype: "f32", fma: false, batch: 2, steps: 9, sizes, seconds: 0.01 } as const;
  const profile = await profileProgram(alignerOver(networkAxes(["V"])[0]!), settings);
  expect(profile.functions.map(({ name }) => name)).toEqual(["forward", "forward and backward"]);
  // Of two examples: products of 3 by 3 in loops of 3, 3 and 4 rounds, of 3 by 2 once for each entry of the sequences.
  expect(profile.functions[0]!.products).toBe(2 * 2 * (10 * 9 + 7 * 6));
  expect(printProfile(profile)).not.toContain("step");
  expect(JSON.stringify(profile)).not.toMatch(/step/iu);
});

test("a profile as text", () => {
  const work = { products: 19_600_000, operations: 100_000, bytes: 27_500_000 };
  const profile: Profile = {
    cell: "LSTM",
    dimensions: { I: 64, H: 128 },
    target: "wasm",
    fma: true,
    kernels: "wasm",
    dtype: "f32",
    batch: 1,
    steps: 100,
    sizes: { S: 8 },
    ceiling: { arithmetic: 50e9, copy: 100e9, copied: 681_000 },
    functions: [
      {
        ...{ name: "forward", median: 811, minimum: 0.25, perStep: 8.11, ...work },
        ...{ speed: 24e9, shareOfArithmetic: 0.49, flow: 34e9, shareOfCopy: 0.34 },
      },
    ],
    gradient: 3.1,
    parts: [
      {
        entry: "forward",
        time: 1000,
        parts: [
          { name: "before", time: 250, share: 0.25, ...work },
          { name: "after", time: 0, share: 0, ...work },
          { name: "around", time: 10, share: 0.01, products: 0, operations: 0, bytes: 0 },
        ],
        activations: { time: 120, share: 0.12 },
      },
      { entry: "backward", time: 4000, parts: [], activations: undefined },
    ],
  };
  const text = printProfile(profile);
  expect(text).toContain("LSTM I=64 H=128 S=8, f32, wasm; 1 example, 100 steps\n");
  expect(text).toContain("50 GFLOP/s in registers, 100 GB/s copying 681 kB\n");
  expect(text).toContain("this host runs no fused multiply-add");
  expect(text).toMatch(/^forward +811 µs +250 ns +8\.11 µs +19\.7 M +24 +49 % +27\.5 MB +34 +34 %$/mu);
  expect(text).toContain("gradient / forward: 3.10\n");
  expect(text).toMatch(/^where forward goes, 1\.00 ms +share +time +GFLOP\/s$/mu);
  expect(text).toMatch(/^before the loop +25 % +250 µs +79$/mu);
  expect(text).toMatch(/^after the loop +0 % +0 ns$/mu);
  expect(text).toMatch(/^calls and copies +1 % +10\.0 µs$/mu);
  expect(text).toMatch(/^of these, activations +12 % +120 µs$/mu);
  expect(text).toMatch(/^where backward goes, 4\.00 ms/mu);
});

test("rates just below a power of ten and negative times are printed without an exponent", () => {
  const profile: Profile = {
    cell: "A",
    dimensions: {},
    sizes: {},
    dtype: "f32",
    fma: false,
    target: "wasm",
    kernels: "wasm",
    batch: 1,
    steps: 1,
    ceiling: { arithmetic: 99.6e9, copy: 123.4e9, copied: 999.7e3 },
    functions: [],
    gradient: 1,
    parts: [
      {
        entry: "forward",
        time: 999.7,
        parts: [],
        activations: { share: -0.1, time: -1234.5 },
      },
    ],
  };
  const text = printProfile(profile);
  expect(text).toContain("100 GFLOP/s in registers, 123 GB/s copying 1.00 MB");
  expect(text).toContain("where forward goes, 1.00 ms");
  expect(text).toContain("-1.23 ms");
});
