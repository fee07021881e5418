/** exp and log beside those of the host, whose last bits may be others. */
import { expect, it } from "vitest";
import { exponentialOf, logarithmOf } from "../../../runtime/decoding/plain-logarithms.js";

it("are those of the host, to a few bits", () => {
  for (let i = 0; i < 2000; i++) {
    const x = -((i / 40) ** 1.6);
    expect(Math.abs(exponentialOf(x) - Math.exp(x))).toBeLessThanOrEqual(4e-15 * Math.exp(x));
    const y = 2 ** ((i - 1000) / 3);
    expect(Math.abs(logarithmOf(y) - Math.log(y))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log(y))));
  }
  expect([exponentialOf(0), exponentialOf(-Infinity), exponentialOf(-800), exponentialOf(NaN)]).toEqual([1, 0, 0, NaN]);
  expect(logarithmOf(1)).toBe(0);
});
