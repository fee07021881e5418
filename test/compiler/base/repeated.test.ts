/** Names that stand twice are told once. */
import { expect, it } from "vitest";
import { repeated } from "../../../compiler/base/repeated.js";

it("tells each once, and nothing of the others", () => {
  expect(repeated(["a", "b", "c", "b", "a", "b"])).toEqual(["b", "a"]);
  expect(repeated(["a", "b"])).toEqual([]);
});
