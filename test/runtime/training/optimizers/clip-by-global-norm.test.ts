import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipByGlobalNorm } from "../../../../runtime/training/optimizers/clip-by-global-norm.js";

describe("clipByGlobalNorm", () => {
  it("shortens long gradients and leaves short ones alone", () => {
    fc.assert(
      fc.property(
        fc.float64Array({ min: -1e3, max: 1e3, noNaN: true, maxLength: 5 }),
        fc.float64Array({ min: -1e3, max: 1e3, noNaN: true, maxLength: 5 }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        (a, b, maxNorm) => {
          const before = [...a, ...b];
          const norm = clipByGlobalNorm({ a, b }, maxNorm);
          expect(norm).toBeCloseTo(Math.hypot(...before), 6);
          if (norm <= maxNorm) expect([...a, ...b].every((g, i) => Math.abs(g - before[i]!) <= 1e-4)).toBe(true);
          else expect(Math.hypot(...a, ...b) / maxNorm).toBeCloseTo(1, 4);
        },
      ),
    );
  });

  it.each([1e-300, 1e-200, 1e200, 1e300])("measures gradients of %d, whose squares are no numbers any more", (size) => {
    const a = new Float64Array([3 * size]);
    const b = new Float64Array([0, -4 * size]);
    expect(clipByGlobalNorm({ a, b }, 5) / size).toBeCloseTo(5, 12);
    const clipped = size > 1 ? [3, -4] : [3 * size, -4 * size];
    for (const [i, g] of [a[0]!, b[1]!].entries()) expect(g / clipped[i]!).toBeCloseTo(1, 12);
    expect(b[0]).toBe(0);
  });

  it("leaves gradients without a norm as they are", () => {
    const a = new Float64Array([1, NaN, Infinity]);
    expect(clipByGlobalNorm({ a }, 1)).toBeNaN();
    expect([...a]).toEqual([1, NaN, Infinity]);
    const b = new Float64Array([1, -Infinity]);
    expect(clipByGlobalNorm({ b }, 1)).toBe(Infinity);
    expect([...b]).toEqual([1, -Infinity]);
    for (const wrong of [0, NaN, "1", undefined])
      expect(() => clipByGlobalNorm({ a }, wrong as never)).toThrow(RangeError);
  });
});
