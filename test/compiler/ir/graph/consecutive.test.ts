import { expect, test } from "vitest";
import { consecutive } from "../../../../compiler/ir/graph/consecutive.js";
import { type Dim, dimConstant } from "../../../../compiler/base/types/dim.js";

const part = (start: number, length: number) => ({ start: dimConstant(start), length: dimConstant(length) });
const lengthOf = ({ length }: { readonly length: Dim }): Dim => length;

test.each([
  ["in any order", [part(2, 3), part(0, 2), part(5, 1)], [0, 2, 5], true],
  ["with a gap", [part(0, 2), part(3, 3)], [0], false],
  ["not to the end", [part(0, 2), part(2, 2)], [0, 2], false],
  ["with another beside", [part(0, 3), part(3, 3), part(3, 1)], [0, 3], true],
  ["not from the beginning", [part(1, 5)], [], false],
])("%s", (_, parts, starts, whole) => {
  const found = consecutive(parts, lengthOf, dimConstant(6));
  expect(found.ordered.map(({ start }) => start)).toEqual(starts.map((start) => dimConstant(start)));
  expect(found.whole).toBe(whole);
});

test("each part is looked at once", () => {
  let looks = 0;
  const parts = Array.from({ length: 2000 }, (_, i) => ({
    get start(): Dim {
      looks++;
      return dimConstant(i);
    },
  })).reverse();
  expect(consecutive(parts, () => dimConstant(1), dimConstant(2000)).whole).toBe(true);
  expect(looks).toBeLessThanOrEqual(3 * parts.length);
});
