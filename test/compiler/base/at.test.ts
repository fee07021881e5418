/** Taking what must be there, and saying what is not. */
import { expect, it } from "vitest";
import { at, lookUp } from "../../../compiler/base/at.js";
import { InvariantError } from "../../../compiler/base/diagnostics/invariant.js";

it("gives what is there, also where it is nothing much", () => {
  expect([at([0, 1], 0), at([""], 0), at([false], 0), at([null], 0), at(new Float32Array([2]), 0)]).toEqual([
    0,
    "",
    false,
    null,
    2,
  ]);
  expect(lookUp(new Map([["a", 0]]), "a")).toBe(0);
});

it("refuses what is not", () => {
  for (const i of [2, -1, 0.5]) expect(() => at([0, 1], i)).toThrow(new InvariantError(`no item ${i} among 2`));
  expect(() => lookUp(new Map([["a", 0]]), "b")).toThrow(new InvariantError("nothing is known of b"));
});
