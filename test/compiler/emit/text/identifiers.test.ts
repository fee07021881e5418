import { expect, test } from "vitest";
import { Identifiers } from "../../../../compiler/emit/text/identifiers.js";

test("what is around is taken, but for what comes there later", () => {
  const outer = new Identifiers(["end"]);
  outer.of("buffer x", "x");
  const inner = new Identifiers([], outer);
  outer.of("region v", "v");
  expect([inner.of("1", "x"), inner.of("2", "end"), inner.of("3", "v"), inner.of("4", "v")]).toEqual([
    "x_2",
    "end_2",
    "v",
    "v_2",
  ]);
  expect(inner.of("1", "x")).toBe("x_2");
  expect(new Identifiers([], outer).of("1", "v")).toBe("v_2");
});

test("reserved words are taken at every level", () => {
  expect(new Identifiers([], new Identifiers()).of("for")).toBe("for_2");
});
