import { describe, expect, it, test } from "vitest";
import { differentiate } from "../../../../compiler/tools/gradcheck/differences.js";
import { measureNoise } from "../../../../compiler/tools/gradcheck/measure-noise.js";

const single = 2 ** -24;

describe("a smooth function", () => {
  it.each([
    ["a sine", (t: number) => Math.sin(1 + t), Math.cos(1), 1e-12],
    ["one that is steep", (t: number) => Math.tanh(1000 * t), 1000, 1e-9],
    ["one that grows", (t: number) => Math.exp(20 * t), 20, 1e-11],
    ["one that is flat", () => 3, 0, 1e-12],
    ["one with an edge near by", (t: number) => Math.log(1e-4 + t), 1e4, 1e-7],
    ["one with a kink near by", (t: number) => Math.abs(t + 1e-6), 1, 1e-13],
    ["one with a jump near by", (t: number) => Math.floor(t + 0.999) + t, 1, 1e-12],
    ["a join without a kink", (t: number) => (t > 0 ? t : Math.expm1(t)), 1, 1e-8],
    ["a small change of a large number", (t: number) => 1e8 + Math.sin(t), 1, 1e-5],
  ] as const)("%s", (_, f, derivative, largestBar) => {
    const { kind, value, error, left, right } = differentiate(f);
    expect(kind).toBe("smooth");
    expect(error).toBeLessThan(largestBar);
    expect(Math.abs(value - derivative)).toBeLessThanOrEqual(error);
    expect([left, right]).toEqual([value, value]);
  });

  it("in float32 has a bar as wide as its rounding asks for", () => {
    const { fround } = Math;
    const { value, error } = differentiate((t) => fround(Math.sin(fround(1 + t))), { precision: single, step: 1 / 4 });
    expect(Math.abs(value - Math.cos(1))).toBeLessThanOrEqual(error);
    expect(error).toBeLessThan(1e-4);
    expect(error).toBeGreaterThan(1e-7);
  });

  it("the bar holds for two thousand functions", () => {
    for (let i = 0; i < 2000; i++) {
      const [a, b, c] = [3 * Math.sin(1.1 * i), 2 * Math.cos(0.7 * i), 4 * Math.sin(2.3 * i)];
      const f = (t: number): number => Math.tanh(a + b * Math.sin(c * (t + 0.3))) * Math.exp(Math.sin(a * t));
      const inner = Math.tanh(a + b * Math.sin(0.3 * c));
      const derivative = (1 - inner * inner) * b * c * Math.cos(0.3 * c) + inner * a;
      const { value, error } = differentiate(f);
      expect(Math.abs(value - derivative), `function ${i}`).toBeLessThanOrEqual(error);
      expect(error, `function ${i}`).toBeLessThan(1e-9);
    }
  });

  it("a goal saves evaluations", () => {
    const f = (t: number): number => Math.sin(1 + t);
    const [all, few] = [differentiate(f), differentiate(f, { goal: 1e-6 })];
    expect(few.evaluations).toBeLessThan(all.evaluations);
    expect(few.error).toBeLessThanOrEqual(1e-6);
  });
});

describe("a kink", () => {
  it.each([
    ["at 0", (t: number) => Math.abs(t), -1, 1],
    ["nearer than any step", (t: number) => Math.abs(t + 1e-12), -1, 1],
    ["on a slope", (t: number) => Math.max(0, t) + Math.sin(1 + t), Math.cos(1), 1 + Math.cos(1)],
  ])("%s has two sides", (_, f, left, right) => {
    const found = differentiate(f);
    expect(found.kind).toBe("kink");
    expect(found.left).toBeCloseTo(left, 3);
    expect(found.right).toBeCloseTo(right, 3);
  });

  it("is found in float32", () => {
    const relu = (t: number): number => Math.max(0, Math.fround(t)) + 1;
    expect(differentiate(relu, { precision: single, step: 1 / 4 })).toMatchObject({ kind: "kink" });
  });

  it("smaller than the goal is none", () => {
    const f = (t: number): number => t + 1e-6 * Math.abs(t);
    expect(differentiate(f).kind).toBe("kink");
    expect(differentiate(f, { goal: 1e-5 }).kind).toBe("smooth");
  });
});

test.each([
  ["a step", (t: number) => Math.floor(t), "jump"],
  ["a step with a value in its middle", (t: number) => Math.sign(t), "jump"],
  ["a root at 0", (t: number) => Math.sqrt(t), "edge"],
  ["no value at all", () => NaN, "edge"],
] as const)("%s has no derivative", (_, f, kind) => {
  expect(differentiate(f)).toMatchObject({ kind, value: NaN, error: Infinity });
});

describe("noise", () => {
  it("is that of the rounding", () => {
    let bits = 1;
    const jitter = (): number => ((bits = (bits * 16807) % 2147483647) / 2147483647 - 0.5) * Math.sqrt(12);
    const measured = Array.from({ length: 200 }, () =>
      measureNoise((t) => Math.sin(1 + t) + 1e-6 * jitter(), 2 ** -53),
    );
    const mean = measured.reduce((sum, value) => sum + value, 0) / measured.length;
    expect(mean).toBeGreaterThan(0.7e-6);
    expect(mean).toBeLessThan(1.3e-6);
  });

  it("is never less than one rounding", () => {
    expect(measureNoise(() => 8, 2 ** -53)).toBe(2 ** -50);
  });

  it("of values on a coarser grid than the arguments is seen though a power of two divides the factor", () => {
    const { fround } = Math;
    const noise = measureNoise((t) => fround(1000 * fround(0.3 + t) + 3000) - 3000, single);
    expect(noise).toBeGreaterThan(2 ** -12 / 10);
    expect(noise).toBeLessThan(2 ** -12);
  });
});
