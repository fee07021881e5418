import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";
import { runDocumentation } from "../support/run-documentation.js";

test("every example of spec/verifying.md does what it says", async () => {
  const { printed, expected } = await runDocumentation("spec/verifying.md", { recell });
  expect(expected.length).toBeGreaterThan(8);
  expect(printed).toEqual(expected);
});
