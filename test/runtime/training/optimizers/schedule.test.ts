import { expect, it } from "vitest";
import { constant, cosine, oneCycle, plateau, type Schedule, stepDecay } from "../../../../runtime/index.js";
import { halfTurnCosine, power, smallExponential } from "../../../../runtime/training/elementwise/plain-math.js";

const rates = (schedule: Schedule, ...updates: number[]): number[] => {
  const memory = Float64Array.from(schedule.memory ?? []);
  return updates.map((done) => Number(schedule.at(done, memory).toPrecision(12)));
};

it("schedules are functions of the updates done", () => {
  expect(rates(constant(0.3), 0, 9)).toEqual([0.3, 0.3]);
  expect(rates(stepDecay(1, { every: 3, factor: 0.5 }), 0, 2, 3, 5, 6)).toEqual([1, 1, 0.5, 0.5, 0.25]);
  expect(rates(cosine(2, { updates: 8 }), 0, 2, 4, 8, 99)).toEqual([2, 1.70710678119, 1, 0, 0]);
  expect(rates(cosine(2, { updates: 10, warmup: 3, last: 1 }), 0, 1, 2, 3, 10)).toEqual([0.5, 1, 1.5, 2, 1]);
  // The figures of PyTorch's OneCycleLR(max_lr=1, total_steps=10).
  expect(rates(oneCycle(1, { updates: 10 }), 0, 1, 2, 9)).toEqual([0.04, 0.52, 1, 0.000004]);
});

it("schedules tell themselves apart by all their options", () => {
  const texts = [
    constant(1), constant(2), stepDecay(1, { every: 3 }), stepDecay(1, { every: 4 }), stepDecay(1, { every: 3, factor: 0.5 }),
    cosine(1, { updates: 9 }), cosine(2, { updates: 9 }), cosine(1, { updates: 9, warmup: 2 }), cosine(1, { updates: 9, last: 0.1 }),
    oneCycle(1, { updates: 9 }), oneCycle(1, { updates: 9, rise: 0.5 }), oneCycle(1, { updates: 9, divide: 2 }),
    oneCycle(1, { updates: 9, divideLast: 2 }), plateau(1), plateau(1, { patience: 2 }), plateau(1, { threshold: 0.5 }), plateau(1, { least: 0.1 }),
  ].map(({ description }) => description); // prettier-ignore
  expect(new Set(texts).size).toBe(texts.length);
  expect(cosine(1, { updates: 9 }).description).toBe('cosine(1, {"updates":9,"warmup":0,"last":0})');
});

it("a plateau waits, falls, and waits again", () => {
  const schedule = plateau(1, { patience: 2, factor: 0.1, least: 0.05 });
  const memory = Float64Array.from(schedule.memory!);
  const seen = [3, 2, 2, 2, 2, 2, 2, 2, 1].map((loss) => {
    schedule.observe!(loss, memory);
    return schedule.at(0, memory);
  });
  expect(seen).toEqual([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.05, 0.05]);
});

it("wrong options are refused", () => {
  expect(() => cosine(1, { updates: 0 })).toThrow(/^cosine: updates must be a positive integer, got 0/u);
  expect(() => constant(-1)).toThrow(/^constant: learningRate must be/u);
  expect(() => plateau(1, { factor: 1 })).toThrow(/^plateau: factor must be/u);
  expect(() => cosine(1, { updates: 5, warmup: 5 })).toThrow(RangeError);
  expect(() => stepDecay(-1, { every: 1 })).toThrow(RangeError);
  expect(() => oneCycle(1, { updates: 5, rise: 2 })).toThrow(RangeError);
  expect(() => plateau(1, { patiance: 2 } as never)).toThrow(/unknown option patiance/u);
});

it("functions that are the same on every engine are right, too", () => {
  for (let i = 0; i <= 64; i++) {
    expect(Math.abs(halfTurnCosine(i / 64) - Math.cos((Math.PI * i) / 64))).toBeLessThan(4e-16);
    expect(Math.abs(smallExponential(-i / 64) - Math.exp(-i / 64))).toBeLessThan(3e-16);
    expect(Math.abs(power(0.999, i * 50) / 0.999 ** (i * 50) - 1)).toBeLessThan(1e-12);
  }
});
