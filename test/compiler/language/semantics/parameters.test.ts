/** How functions say what they are given. */
import { expect, it } from "vitest";
import { type Builtin, complexFunctions, cumulatives, elementwiseFunctions, normalizations, reductions, shapeFunctions, timeFunctions } from "../../../../compiler/language/semantics/builtins.js"; // prettier-ignore
import { drawFunctions } from "../../../../compiler/language/semantics/draw-functions.js";
import { byName, needed, optional } from "../../../../compiler/language/semantics/parameters.js";
import { placeFunctions } from "../../../../compiler/language/semantics/places-and-back.js";

it("is data: whether a call may leave it out, and whether it has a position", () => {
  expect([...needed("x"), ...optional("axis"), ...byName("pad")]).toEqual([
    { name: "x" },
    { name: "axis", optional: true },
    { name: "pad", optional: true, named: true },
  ]);
});

const tables: readonly Readonly<Record<string, Pick<Builtin, "parameters">>>[] = [complexFunctions, cumulatives, drawFunctions, elementwiseFunctions, normalizations, placeFunctions, reductions, shapeFunctions, timeFunctions]; // prettier-ignore

// Positions would change their meaning where one in front is left out.
it.each(tables.flatMap((table) => Object.entries(table)))("those of %s may be left out from the end", (_, builtin) => {
  const ranks = builtin.parameters.map(({ optional: canBeLeftOut, named }) => (named ? 2 : canBeLeftOut ? 1 : 0));
  expect(ranks).toEqual([...ranks].sort());
  expect(builtin.parameters.every(({ name }) => /^(?:\w+|…)$/u.test(name))).toBe(true);
});
