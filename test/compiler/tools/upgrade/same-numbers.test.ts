import { expect, test } from "vitest";
import { checkSource, parseSource } from "../../../../compiler/driver/check-source.js";
import { unlikeNumbers } from "../../../../compiler/tools/upgrade/same-numbers.js";

const cellOf = (items: string): string => `cell A(H, rate: real) { context m: [S, H] input x: [H] ${items} }`;

/** Why a cell with these items does not give what one with the others does. */
function unlike(before: string, after: string): Promise<string | undefined> {
  const [cell] = checkSource(parseSource(cellOf(before), {})).program.cells.values();
  return unlikeNumbers(cellOf(before), cellOf(after), cell!, {});
}

const own = "param W: [H, H] state p: [H] p' = x output y = W @ p + rate * sum(m, axis = 0)";
const delayed = (by: number): string => `fixed W: [H, H] p = delay(x, by = ${by}) output y = W @ p + rate * sum(m, axis = 0)`; // prettier-ignore

test("the same numbers by other states and roles", async () => {
  expect(await unlike(own, delayed(1))).toBeUndefined();
});

test.each([
  ["other numbers", delayed(2), "it gives other numbers"],
  ["errors", "output y = W @ x", "what it would be does not compile"],
])("%s", async (_, other, why) => {
  expect(await unlike(own, other)).toBe(why);
});
