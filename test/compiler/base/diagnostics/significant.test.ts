import { expect, it } from "vitest";
import { significant } from "../../../../compiler/base/diagnostics/significant.js";

it.each([
  [99.4, 2, "99"],
  [99.6, 2, "100"],
  [-999.7, 3, "-1000"],
  [123_456, 3, "123000"],
  [0.5, 2, "0.50"],
  [9.996, 3, "10.0"],
  [0, 3, "0.00"],
  [1.25e-9, 2, "1.3e-9"],
  [1e23, 2, "99999999999999991611392"],
  [Infinity, 2, "Infinity"],
  [NaN, 2, "NaN"],
])("%d with %d digits is %s", (value, digits, text) => {
  expect(significant(value, digits)).toBe(text);
});
