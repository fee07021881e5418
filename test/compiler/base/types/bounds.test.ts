/** What is proven for all sizes, and what is not though it holds, or as it does not hold. */
import { expect, test } from "vitest";
import { provenAtLeast } from "../../../../compiler/base/types/bounds.js";
import { dim } from "../../../support/dims.js";

test.each([
  ["H", 1, true],
  ["H - 1", 0, true],
  ["H - 1", 1, false],
  ["H * K - H", 0, true],
  ["H * H - 2 * H + 1", 0, true],
  ["H - K", 0, false],
  ["floor(T / 2)", 0, true],
  ["floor(T / 2)", 1, false],
  ["T - 2 * floor(T / 2)", 0, true],
  ["floor((T + 1) / 2) - floor(T / 2)", 0, true],
])("%s is at least %i: %s", (text, bound, proven) => {
  expect(provenAtLeast(dim(text), bound)).toBe(proven);
});

test("what is known besides", () => {
  const none = { least: () => 0 };
  expect(provenAtLeast(dim("T"), 1, none)).toBe(false);
  expect(provenAtLeast(dim("T - 3"), 0, { ...none, facts: [dim("T - 3")] })).toBe(true);
  expect(provenAtLeast(dim("floor(T / 2)"), 2, { ...none, facts: [dim("T - 4")] })).toBe(true);
  expect(provenAtLeast(dim("S - T"), 0, { ...none, facts: [dim("S - 2 * T")] })).toBe(true);
});
