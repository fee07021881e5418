/** Sets in which each name is decided: what is forgotten, or decided twice, does not compile (`npm run types`). */
import { expect, it } from "vitest";
import { decided } from "../../../compiler/base/decided.js";

type Name = "sum" | "copy" | "exp";

it("is the set of what holds", () => {
  expect([...decided<Name>()(["sum", "exp"], ["copy"])]).toEqual(["sum", "exp"]);
});

it("refuses a name that is forgotten, or that both lists have", () => {
  // @ts-expect-error: `exp` stands in neither list
  decided<Name>()(["sum"], ["copy"]);
  // @ts-expect-error: `sum` stands in both
  decided<Name>()(["sum", "exp"], ["copy", "sum"]);
  // @ts-expect-error: nothing is called `tan`
  decided<Name>()(["sum", "exp"], ["copy", "tan"]);
  expect([...decided<Name>()([], ["copy", "exp", "sum"])]).toEqual([]);
});
