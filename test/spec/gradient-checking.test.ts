import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";
import { runDocumentation } from "../support/run-documentation.js";

test("every example of spec/gradient-checking.md does what it says", async () => {
  const { printed, expected } = await runDocumentation("spec/gradient-checking.md", { recell });
  expect(expected.length).toBeGreaterThan(3);
  expect(printed).toEqual(expected);
});
