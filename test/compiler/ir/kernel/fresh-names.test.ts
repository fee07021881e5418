/** Names that are not taken: the same as by asking from the beginning each time, without doing so. */
import { expect, test } from "vitest";
import { FreshNames, MadeNames } from "../../../../compiler/ir/kernel/fresh-names.js";

test("the first that is free, with names between that others took", () => {
  const taken = new Set(["x", "x3", "y"]);
  const names = new FreshNames((name) => taken.has(name));
  const picked = ["x", "x", "x", "y", "z"].map((hint) => {
    const name = names.pick(hint);
    taken.add(name);
    return name;
  });
  expect(picked).toEqual(["x2", "x4", "x5", "y2", "z"]);
});

test("of one name always the same is made, and none that is taken", () => {
  const made = new MadeNames(["x0", "y"]);
  expect(["x0", "x1", "x0", "y", "x02"].map((hint) => made.of(hint))).toEqual(["x02", "x1", "x02", "y2", "x022"]);
});

test("a thousand names with one hint ask about twice a thousand", () => {
  const taken = new Set<string>();
  let questions = 0;
  const names = new FreshNames((name) => {
    questions++;
    return taken.has(name);
  }, "_");
  for (let i = 0; i < 1000; i++) taken.add(names.pick("v"));
  expect(taken.has("v_1000")).toBe(true);
  expect(questions).toBeLessThanOrEqual(2000);
});
