import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../runtime/base/random.js";

describe("createRandom", () => {
  it("gives the numbers that it always gave", () => {
    const random = createRandom(7);
    expect([random.word(), random.word(), random.uniform(), random.normal(), random.integer(10)])
      .toMatchInlineSnapshot(`
      [
        75613596,
        1432289788,
        0.054952342790145825,
        -0.834849251270996,
        0,
      ]
    `);
  });

  it("stays in its ranges", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.integer({ min: 1, max: 2 ** 32 }),
        (seed, low, width, bound) => {
          const random = createRandom(seed);
          for (let i = 0; i < 20; i++) {
            const value = random.uniform(low, low + width);
            expect(value).toBeGreaterThanOrEqual(low);
            if (low + width > low) expect(value).toBeLessThan(low + width);
            expect(random.integer(bound)).toBeLessThan(bound);
          }
        },
      ),
    );
  });

  it("has the moments of its distributions", () => {
    const random = createRandom(1);
    const moments = (draw: () => number): [number, number] => {
      const values = Array.from({ length: 100_000 }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
    };
    const [uniformMean, uniformVariance] = moments(() => random.uniform());
    expect(uniformMean).toBeCloseTo(0.5, 2);
    expect(uniformVariance).toBeCloseTo(1 / 12, 2);
    const [normalMean, normalVariance] = moments(() => random.normal(2));
    expect(normalMean).toBeCloseTo(0, 1);
    expect(normalVariance).toBeCloseTo(4, 1);
  });

  it("gives unrelated sequences for neighbouring seeds", () => {
    const take = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 64 }, () => random.uniform() - 0.5);
    };
    const [a, b] = [take(1), take(2)];
    const correlation = a.reduce((sum, value, i) => sum + value * b[i]!, 0) / 64 / (1 / 12);
    expect(Math.abs(correlation)).toBeLessThan(0.4);
    expect(new Set([...a, ...b]).size).toBe(128);
  });

  it("shuffles without losing anything", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer()), (seed, items) => {
        expect(
          createRandom(seed)
            .shuffle([...items])
            .sort(),
        ).toEqual([...items].sort());
      }),
    );
  });

  it("refuses seeds and bounds that make no sense", () => {
    expect(() => createRandom(0.5)).toThrow(RangeError);
    expect(() => createRandom(1).integer(0)).toThrow(RangeError);
  });
});
