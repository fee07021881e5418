import { expect, test } from "vitest";
import { checkSource, parseSource } from "../../../../compiler/driver/check-source.js";
import { isSameProgram } from "../../../../compiler/tools/upgrade/same-program.js";

const cellOf = (items: string): string => `cell A(H, rate: real) { input x: [H] state h: [H] ${items} }`;

/** Whether a cell with these items is one with the others. */
function isSame(before: string, after: string): boolean {
  const cells = [...checkSource(parseSource(cellOf(before), {})).program.cells.values()];
  return isSameProgram(cellOf(before), cellOf(after), cells, {});
}

const own = "param b: [H] ~ rate h' = h + 2 * b output y = h' + b";

test.each([
  ["another order of equations", "output y = h' + b h' = h + 2 * b param b: [H] ~ rate", true],
  ["another value", "param b: [H] ~ rate h' = h + 3 * b output y = h' + b", false],
  ["another initialiser", "param b: [H] ~ 2 * rate h' = h + 2 * b output y = h' + b", false],
  ["another order of operands", "param b: [H] ~ rate h' = h + b * 2 output y = h' + b", false],
  ["another name of a tensor", "param c: [H] ~ rate h' = h + 2 * c output y = h' + c", false],
  ["errors", "param b: [H] ~ rate h' = h + 2 * b output y = h' + c", false],
])("%s", (_, other, expected) => {
  expect(isSame(own, other)).toBe(expected);
});
