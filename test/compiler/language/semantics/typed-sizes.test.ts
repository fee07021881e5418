import { expect, test } from "vitest";
import { printComparison } from "../../../../compiler/language/semantics/typed-sizes.js";
import { dim } from "../../../support/dims.js";

test("a comparison of sizes as it is said, both sides in their own form", () => {
  expect(printComparison({ left: dim("2*T"), operator: "<=", right: dim("S + 3") })).toBe("2*T <= S + 3");
});
